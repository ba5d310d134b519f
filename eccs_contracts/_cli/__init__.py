"""`eccs-contracts`: what an operator does with topics, groups, messages and dead letters.

Exit codes: 0 ok, 1 findings or refused, 2 usage, 3 cannot reach, 128 + N stopped by signal N (130 is Ctrl-C).
A closed pipe (`... | head`) ends a command with 0.
"""

from __future__ import annotations

import os
import signal
import sys
from typing import Final

import click

from eccs_contracts._cli._ending import PipedGroup, ReaderGone, Terminated, leave_output, stopped_by_signals
from eccs_contracts.errors import ConfigurationError, ContractsError, InfrastructureError
from eccs_contracts.safe_output import safe_streams, visible

_COMPLETE: Final = "_ECCS_CONTRACTS_COMPLETE"
_SIGNALLED: Final = 128  # as shells count: added to the number of the signal
_TRACEBACK: Final = "ECCS_TRACEBACK"


@click.group(cls=PipedGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="eccs-contracts")
def cli() -> None:
    """Topics, groups, messages and dead letters of the ECCS e-mail contract.

    The broker is KAFKA_BOOTSTRAP_SERVERS, the registry SCHEMA_REGISTRY_URL, the audit record of redrives is kept at
    MONGODB_URI. Exit codes: 0 ok, 1 findings or refused, 2 usage, 3 cannot reach.
    """


def main(arguments: list[str] | None = None) -> int:
    """Run one command; the exit code. Whatever happens, no traceback reaches a user."""
    if _COMPLETE in os.environ:  # a shell asks for our own words, which click writes as bytes
        return _main(arguments)
    with safe_streams():
        return _main(arguments)


def _main(arguments: list[str] | None) -> int:
    try:
        with stopped_by_signals():
            return _run(arguments)
    except ReaderGone:
        leave_output()
        return 0
    except click.ClickException as error:
        error.message = visible(error.message)  # type: ignore[misc]  # click's own texts are on one line
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt) as error:
        return _say(": ".join(["interrupted", *_hint(error)]), _SIGNALLED + _signal(error))
    except (ContractsError, OSError) as error:
        leave_output()
        return _say(str(error), _code(error))
    except Exception as error:
        if os.environ.get(_TRACEBACK):
            raise
        return _say(f"a defect of this program ({type(error).__name__}); {_TRACEBACK}=1 shows where", 1)


def _run(arguments: list[str] | None) -> int:
    from eccs_contracts._cli import consume, dlq, edit, groups, produce, redrive, topics

    for module in (topics, groups, produce, consume, dlq):
        for command in module.COMMANDS:
            cli.add_command(command)
    for command in (*redrive.COMMANDS, *edit.COMMANDS):
        dlq.dlq.add_command(command)
    result = cli.main(arguments, prog_name="eccs-contracts", standalone_mode=False)
    return result if isinstance(result, int) else 0


def _say(text: str, code: int) -> int:
    print(f"eccs-contracts: {visible(text)}", file=sys.stderr)
    return code


def _hint(error: BaseException) -> list[str]:
    """What to do after an interruption, if the command said it."""
    cause = _interruption(error)
    return [str(cause)] if cause and cause.args else []


def _signal(error: BaseException) -> int:
    """Return the number of the signal that stopped the command; a command may have replaced the exception by a hint."""
    cause = _interruption(error)
    while cause is not None and not isinstance(cause, Terminated):
        cause = cause.__cause__ or cause.__context__
    return cause.number if cause is not None else signal.SIGINT


def _interruption(error: BaseException) -> BaseException | None:
    """Return what interrupted a command; click raises its own exception from it."""
    return error.__cause__ if isinstance(error, click.Abort) else error


def _code(error: Exception) -> int:
    if isinstance(error, InfrastructureError):
        return 3
    return 2 if isinstance(error, ConfigurationError) else 1
