"""Which port answers probes, with and without a port of their own; nothing is behind the application."""

from __future__ import annotations

import dataclasses
from typing import Any, cast

from starlette.testclient import TestClient

from eccs_contracts.errors import InfrastructureError
from eccs_contracts.serde import Registry
from services.dlq_console.app import create_app, create_operations_app, make_parts
from services.dlq_console.letters import Letters
from services.dlq_console.settings import load_settings
from services.dlq_console.visits import Parts
from tests.console_harness import SECRET

_ENV = {"KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:9", "JWT_SECRET": SECRET, "SECURE_COOKIE": "false"}
_PATHS = ("/health", "/livez", "/readyz", "/", "/sign-in")


class _Away:
    """A broker that does not answer."""

    def check(self) -> None:
        raise InfrastructureError("the broker does not answer")


def _parts(**settings: str) -> Parts:
    loaded = load_settings({**_ENV, "LOG_LEVEL": "error", **settings})
    parts = make_parts(loaded, cast("Registry", None), cast("Any", None))
    return dataclasses.replace(parts, letters=cast("Letters", _Away()))


def _statuses(app: Any) -> list[int]:
    client = TestClient(app, follow_redirects=False)
    return [client.get(path).status_code for path in _PATHS]


def test_without_a_port_of_their_own_the_interface_answers_all() -> None:
    """As it always did."""
    assert _statuses(create_app(_parts())) == [200, 200, 503, 303, 200]


def test_with_a_port_of_their_own_each_port_has_its_part() -> None:
    """The interface keeps its health; nobody signs in at the other one."""
    parts = _parts(OPERATIONS_PORT="9004")

    assert _statuses(create_app(parts)) == [200, 404, 404, 303, 200]
    assert _statuses(create_operations_app(parts)) == [200, 200, 503, 404, 404]
