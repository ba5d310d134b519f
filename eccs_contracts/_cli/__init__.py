"""`eccs-contracts`: what an operator does with topics, groups, messages and dead letters.

Exit codes: 0 ok, 1 findings or refused, 2 usage, 3 cannot reach.
"""

from __future__ import annotations

import sys

import click

from eccs_contracts.errors import ConfigurationError, ContractsError, InfrastructureError


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="eccs-contracts")
def cli() -> None:
    """Topics, groups, messages and dead letters of the ECCS e-mail contract.

    The broker is KAFKA_BOOTSTRAP_SERVERS, the registry SCHEMA_REGISTRY_URL, the audit record of redrives is kept at
    MONGODB_URI. Exit codes: 0 ok, 1 findings or refused, 2 usage, 3 cannot reach.
    """


def main(arguments: list[str] | None = None) -> int:
    """Run one command; the exit code."""
    from eccs_contracts._cli import consume, dlq, groups, produce, redrive, topics

    for module in (topics, groups, produce, consume, dlq):
        for command in module.COMMANDS:
            cli.add_command(command)
    for command in redrive.COMMANDS:
        dlq.dlq.add_command(command)
    try:
        result = cli.main(arguments, prog_name="eccs-contracts", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (ContractsError, OSError) as error:
        print(f"eccs-contracts: {error}", file=sys.stderr)
        return _code(error)
    except (click.Abort, KeyboardInterrupt):
        return 130
    return result if isinstance(result, int) else 0


def _code(error: Exception) -> int:
    if isinstance(error, InfrastructureError):
        return 3
    return 2 if isinstance(error, ConfigurationError) else 1
