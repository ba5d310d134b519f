"""The service under adversarial requests: the fast part; `python -m tests.benchmark.http attack` fires 10,000."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from services.local_stack import Stack
from tests.benchmark.http.attack import SETTINGS, attack
from tests.benchmark.http.shots import SHOTS
from tests.benchmark.http.tokens import good_token
from tests.integration.api_harness import GOOD, Api, running_api

pytestmark = pytest.mark.stack


@pytest.fixture(scope="module")
def app(stack: Stack) -> Iterator[Api]:
    """The application with the settings that the attack is written for."""
    with running_api(stack.environment, **SETTINGS) as api:
        yield api


def test_every_kind_of_attack_is_4xx_and_leaves_nothing_in_kafka(app: Api, stack: Stack) -> None:
    """Ten of each kind."""
    report = attack(app, stack.environment, 10 * len(SHOTS), seed=1)

    assert report.wrong == []
    assert report.written == 0


def test_what_the_attack_starts_from_is_accepted(app: Api) -> None:
    """So that it is the attack, and not the way it is sent, that is refused."""
    assert app.send(GOOD, good_token()).status_code == 202
