"""`eccs-contracts`: what an operator does with topics, groups, messages and dead letters.

Exit codes: 0 ok, 1 findings or refused, 2 usage, 3 cannot reach, 130 interrupted.
"""

from __future__ import annotations

import os
import sys
from typing import Final

import click

from eccs_contracts.errors import ConfigurationError, ContractsError, InfrastructureError
from eccs_contracts.safe_output import safe_streams, visible

_INTERRUPTED: Final = 130  # as shells count: 128 and the number of the signal
_COMPLETE: Final = "_ECCS_CONTRACTS_COMPLETE"
_TRACEBACK: Final = "ECCS_TRACEBACK"


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
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
        return _run(arguments)
    except click.ClickException as error:
        error.message = visible(error.message)
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt) as error:
        return _say(": ".join(["interrupted", *_hint(error)]), _INTERRUPTED)
    except (ContractsError, OSError) as error:
        return _say(str(error), _code(error))
    except Exception as error:
        if os.environ.get(_TRACEBACK):
            raise
        return _say(f"a defect of this program ({type(error).__name__}); {_TRACEBACK}=1 shows where", 1)


def _run(arguments: list[str] | None) -> int:
    from eccs_contracts._cli import consume, dlq, groups, produce, redrive, topics

    for module in (topics, groups, produce, consume, dlq):
        for command in module.COMMANDS:
            cli.add_command(command)
    for command in redrive.COMMANDS:
        dlq.dlq.add_command(command)
    result = cli.main(arguments, prog_name="eccs-contracts", standalone_mode=False)
    return result if isinstance(result, int) else 0


def _say(text: str, code: int) -> int:
    print(f"eccs-contracts: {visible(text)}", file=sys.stderr)
    return code


def _hint(error: BaseException) -> list[str]:
    """What to do after an interruption, where the command said it; click wraps the interruption in its own."""
    cause = error.__cause__ if isinstance(error, click.Abort) else error
    return [str(cause)] if cause and cause.args else []


def _code(error: Exception) -> int:
    if isinstance(error, InfrastructureError):
        return 3
    return 2 if isinstance(error, ConfigurationError) else 1
