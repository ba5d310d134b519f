"""`python -m services.email_service`: serve until SIGTERM. With `openapi`: print the description of the API.

Exit codes: 0 stopped with everything answered, 2 usage, 3 a dependency does not answer.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Mapping
from typing import Any, Final, NoReturn

from eccs_contracts import AsyncEmailRequestsProducer, EmailRequest
from eccs_contracts.errors import BrokerUnavailable, ConfigurationError, InfrastructureError, UnknownSchema
from eccs_contracts.safe_output import visible
from eccs_contracts.serde import Registry
from services.email_service.app import create_app, create_operations_app
from services.email_service.models import SEND_REQUEST
from services.email_service.parts import make_parts
from services.email_service.sending import request_of
from services.email_service.settings import Settings, load_settings, producer_config
from services.logs import Log
from services.startup import await_dependencies, end_on_signals
from services.web import serving
from services.web.serving import Site

_ANY: Final = {"MONGODB_URI": "mongodb://localhost", "JWT_SECRET": "-" * 32}


def main(arguments: list[str]) -> int:
    """Run the command; the exit code."""
    commands: dict[tuple[str, ...], Callable[[], int]] = {(): run, ("openapi",): show}
    command = commands.get(tuple(arguments))
    if command is None:
        print("email-service: usage: python -m services.email_service [openapi]", file=sys.stderr)
        return 2
    try:
        return command()
    except ConfigurationError as error:
        print(f"email-service: {visible(str(error))}", file=sys.stderr)
        return 2
    except (InfrastructureError, UnknownSchema) as error:
        print(f"email-service: {visible(str(error))}", file=sys.stderr)
        return 3


def run() -> int:
    """Serve until a signal."""
    end_on_signals()
    settings = load_settings()
    registry = Registry.from_env()
    producer = AsyncEmailRequestsProducer(producer_config(settings), registry)
    try:
        _wait_for(settings, producer)
        serve(settings, producer)
        producer.close()
    finally:
        producer.stop()
    return 0


def show() -> int:
    """Print the description of the API, with the limits of the environment; needs nothing else."""
    print(json.dumps(describe(os.environ), indent=2, ensure_ascii=False))
    return 0


def describe(env: Mapping[str, str]) -> dict[str, Any]:
    """The OpenAPI document of a service with these settings."""
    known = {name: value for name, value in env.items() if not name.startswith("JWT_")}
    settings = load_settings({**known, **_ANY})
    return create_app(make_parts(settings, _Nobody(), Log(settings.log_level))).openapi()


class _Nobody:
    """Takes nothing: whoever only describes the API sends nothing."""

    def send(self, *_: object, **__: object) -> NoReturn:
        """Refuse."""
        raise BrokerUnavailable("there is no broker here")

    serialize = check = leave_reports = poll = send


def serve(settings: Settings, producer: AsyncEmailRequestsProducer) -> None:
    """Serve until SIGTERM or SIGINT: take no more, answer what is under way, and return."""
    parts = make_parts(settings, producer, Log(settings.log_level))
    interface = Site(create_app(parts), settings.address)
    operations = Site(create_operations_app(parts), settings.operations) if settings.operations else None
    serving.serve(interface, parts.log, operations)


def _wait_for(settings: Settings, producer: AsyncEmailRequestsProducer) -> None:
    """See the broker and the registry answer in time, and the schema registered; raises what the last try raised."""
    example = request_of(SEND_REQUEST["examples"][0], "startup")
    assert isinstance(example, EmailRequest)  # noqa: S101  the contract's own example
    checks = {
        "the Kafka broker (KAFKA_BOOTSTRAP_SERVERS)": producer.check,
        "the schema registry (SCHEMA_REGISTRY_URL)": lambda _: producer.serialize(example),
    }
    await_dependencies(checks, settings.startup_timeout)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
