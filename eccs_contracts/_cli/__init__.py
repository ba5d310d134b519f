"""`eccs-contracts`: what an operator does with topics and messages.

Exit codes: 0 ok, 1 findings or failed, 2 usage, 3 cannot reach.
"""

from __future__ import annotations

import sys

import click

from eccs_contracts.errors import ContractsError, InfrastructureError


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="eccs-contracts")
def cli() -> None:
    """Topics and messages of the ECCS e-mail contract.

    The broker is KAFKA_BOOTSTRAP_SERVERS, the registry SCHEMA_REGISTRY_URL.
    """


def main(arguments: list[str] | None = None) -> int:
    """Run one command; the exit code."""
    from eccs_contracts._cli import messages, topics

    for module in (topics, messages):
        for command in module.COMMANDS:
            cli.add_command(command)
    try:
        result = cli.main(arguments, prog_name="eccs-contracts", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except InfrastructureError as error:
        print(f"eccs-contracts: {error}", file=sys.stderr)
        return 3
    except (ContractsError, OSError) as error:
        print(f"eccs-contracts: {error}", file=sys.stderr)
        return 1
    except (click.Abort, KeyboardInterrupt):
        return 130
    return result if isinstance(result, int) else 0
