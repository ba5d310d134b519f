"""`python -m services.dlq_console`: serve until SIGTERM.

Exit codes: 0 stopped, a redrive at work stopped between two batches; 2 usage; 3 a dependency does not answer.
"""

from __future__ import annotations

import sys
from contextlib import closing

from eccs_contracts.dead_letters.store import AuditStore
from eccs_contracts.errors import ConfigurationError, InfrastructureError
from eccs_contracts.safe_output import visible
from eccs_contracts.serde import Registry
from services.dlq_console.app import create_app, create_operations_app, make_parts
from services.dlq_console.settings import load_settings
from services.startup import await_dependencies, end_on_signals
from services.web.serving import Site, serve


def main(arguments: list[str]) -> int:
    """Run the command; the exit code."""
    if arguments:
        print("dlq-console: usage: python -m services.dlq_console", file=sys.stderr)
        return 2
    try:
        run()
    except ConfigurationError as error:
        print(f"dlq-console: {visible(str(error))}", file=sys.stderr)
        return 2
    except InfrastructureError as error:
        print(f"dlq-console: {visible(str(error))}", file=sys.stderr)
        return 3
    return 0


def run() -> None:
    """Serve until a signal."""
    end_on_signals()
    settings = load_settings()
    registry = Registry.from_env()
    with closing(AuditStore.from_env()) as store:
        parts = make_parts(settings, registry, store)
        with closing(parts.letters):
            checks = {
                "the Kafka broker (KAFKA_BOOTSTRAP_SERVERS)": lambda _: parts.letters.check(),
                "the schema registry (SCHEMA_REGISTRY_URL)": lambda _: registry.check(),
                "MongoDB (MONGODB_URI)": lambda _: store.prepare(),
            }
            await_dependencies(checks, settings.startup_timeout)
            interface = Site(create_app(parts), settings.address)
            operations = Site(create_operations_app(parts), settings.operations) if settings.operations else None
            serve(interface, parts.log, operations)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
