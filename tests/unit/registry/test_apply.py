"""Saved plans, what is refused of them, and what is left behind when a step fails."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from compat_checks.errors import PlanRefused, RegistryRefused, UsageError
from compat_checks.registry.apply import apply, plan_contracts
from compat_checks.registry.client import RegistryClient
from compat_checks.registry.plan import Plan
from tests.unit.registry.conftest import Publish
from tests.unit.registry.orders import SUBJECT, carry_out, order


class TestSaved:
    """A plan is a value: it can be reviewed, and carried out later."""

    def test_it_comes_back_from_json(self, publish: Publish, client: RegistryClient) -> None:
        """Steps, remarks and what it has seen."""
        plan = plan_contracts(publish(order("a"), order("a", "b"), level="FORWARD"), client)

        assert Plan.from_json(json.loads(json.dumps(plan.to_json()))) == plan

    def test_a_stale_plan_is_refused_with_what_changed(self, publish: Publish, client: RegistryClient) -> None:
        """Nothing is written."""
        folder = publish(order("a"), order("a", "b?"))
        plan = plan_contracts(folder, client)
        client.register(SUBJECT, json.dumps(order("a")))
        client.set_level(SUBJECT, "FULL")

        with pytest.raises(PlanRefused) as caught:
            carry_out(plan, client)
        assert "the level is now FULL, it was BACKWARD" in str(caught.value)
        assert "version 1 was registered" in str(caught.value)
        assert client.numbers(SUBJECT) == [1]

    def test_a_plan_is_for_one_registry(self, publish: Publish, client: RegistryClient, other: RegistryClient) -> None:
        """Another one that happens to look the same is not meant."""
        plan = plan_contracts(publish(order("a")), client)

        with pytest.raises(PlanRefused, match="the plan was made for"):
            carry_out(plan, other)
        assert other.subjects() == []

    @pytest.mark.parametrize(
        ("change", "words"),
        [
            ({"format": "x"}, "this is no plan"),
            ({"version": 9}, "of version 9"),
            ({"fingerprint": "sha256:0"}, "was altered"),
            ({"seen": [{}]}, "is damaged"),
            ({"steps": [{"step": "delete"}]}, "is damaged"),
        ],
    )
    def test_what_is_no_plan_is_wrong_usage(
        self, publish: Publish, client: RegistryClient, change: dict[str, Any], words: str
    ) -> None:
        """With the way out."""
        value = plan_contracts(publish(order("a")), client).to_json()

        with pytest.raises(UsageError, match=words):
            Plan.from_json({**value, **change})

    def test_a_plan_is_an_object(self) -> None:
        """A list is none."""
        with pytest.raises(UsageError, match="this is no plan"):
            Plan.from_json([])


class TestFailing:
    """What is left behind when a step fails."""

    def test_a_loosened_level_is_set_for_good(self, publish: Publish, client: RegistryClient) -> None:
        """The version that needed it is too large for the registry."""
        big = {**order("a", "b"), "x": "y" * 1_100_000}
        plan = plan_contracts(publish(order("a"), big), client, force=True)

        with pytest.raises(RegistryRefused, match="larger"):
            carry_out(plan, client)
        assert (client.numbers(SUBJECT), client.level(SUBJECT)) == ([1], "BACKWARD")


def test_apply_plans_and_carries_out(publish: Publish, client: RegistryClient) -> None:
    """A line for each subject, and the same again without anything new."""
    folder = publish(order("a"), order("a", "b?"))

    assert list(apply(folder, client)) == [f"{SUBJECT}: 2 versions, 2 new, ids [1, 2], BACKWARD"]
    assert list(apply(folder, client)) == [f"{SUBJECT}: 2 versions, 0 new, ids [1, 2], BACKWARD"]


def test_our_own_contracts_are_applied(client: RegistryClient) -> None:
    """As the local stack does it: all published versions of the request, the first subject."""
    count = len(list(Path("schemas/history/email_requests-value").glob("v*.avsc")))
    lines = list(apply(Path("schemas"), client))

    assert lines[0].startswith(f"email_requests-value: {count} versions, {count} new, ids [1, ")
    assert plan_contracts(Path("schemas"), client).steps == ()
