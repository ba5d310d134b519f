"""Planning: what is done, in which order, and what is refused before anything is written."""

from __future__ import annotations

import json

import pytest

from compat_checks.errors import PlanRefused
from compat_checks.registry.apply import plan_contracts
from compat_checks.registry.client import RegistryClient
from compat_checks.registry.plan import Kind, Register, SetLevel
from tests.unit.registry.conftest import Publish
from tests.unit.registry.orders import SUBJECT, carry_out, kinds, order, steps


class TestSteps:
    """What is done, and when."""

    def test_versions_are_registered_in_order_and_the_level_is_set(
        self, publish: Publish, client: RegistryClient
    ) -> None:
        """Nothing is written by planning."""
        plan = plan_contracts(publish(order("a"), order("a", "b?"), level="FULL"), client)

        assert steps(plan) == ["register v1 as version 1", "register v2 as version 2", "level not set -> FULL"]
        assert client.subjects() == []
        assert carry_out(plan, client) == [f"{SUBJECT}: {one}" for one in steps(plan)]
        assert (client.numbers(SUBJECT), client.level(SUBJECT)) == ([1, 2], "FULL")

    def test_the_plan_after_apply_is_empty(self, publish: Publish, client: RegistryClient) -> None:
        """And says so in one line."""
        folder = publish(order("a"), order("a", "b?"))
        carry_out(plan_contracts(folder, client), client)
        plan = plan_contracts(folder, client)

        assert (plan.steps, plan.remarks) == ((), ())
        assert list(plan.lines()) == [f"nothing to do at {client.shown}"]

    def test_only_what_is_missing_is_registered(self, publish: Publish, client: RegistryClient) -> None:
        """With what changed since the version before."""
        carry_out(plan_contracts(publish(order("a")), client), client)
        plan = plan_contracts(publish(order("a"), order("a", "b?")), client)

        assert [type(one) for one in plan.steps] == [Register]
        assert len([line for line in plan.lines() if line.startswith("      - ") and "`b`" in line]) == 1

    def test_a_level_is_loosened_before_the_write_that_needs_it(self, publish: Publish, client: RegistryClient) -> None:
        """BACKWARD would not let the second version through."""
        plan = plan_contracts(publish(order("a"), order("a", "b"), level="FORWARD"), client)

        assert steps(plan) == [
            "register v1 as version 1",
            "level not set -> FORWARD (v2 needs it)",
            "register v2 as version 2",
        ]
        carry_out(plan, client)
        assert client.numbers(SUBJECT) == [1, 2]

    def test_a_level_is_tightened_behind_the_writes(self, publish: Publish, client: RegistryClient) -> None:
        """NONE lets them through, and FULL is set at the end."""
        client.set_level(SUBJECT, "NONE")
        plan = plan_contracts(publish(order("a"), order("a", "b?"), level="FULL"), client)

        assert [type(one) for one in plan.steps] == [Register, Register, SetLevel]
        assert steps(plan)[-1] == "level NONE -> FULL"

    def test_attributes_in_another_order_are_no_difference(self, publish: Publish, client: RegistryClient) -> None:
        """Somebody else registered it; it is told, and left alone."""
        client.register(SUBJECT, json.dumps({**order("a"), "x": 1, "y": 2}))
        client.set_level(SUBJECT, "BACKWARD")
        plan = plan_contracts(publish(order("a", y=2, x=1)), client)

        assert (plan.steps, kinds(plan)) == ((), [Kind.SPELLING])

    def test_a_doc_is_a_difference(self, publish: Publish, client: RegistryClient) -> None:
        """A client that looks up the exact schema would not find it otherwise."""
        client.register(SUBJECT, json.dumps(order("a")))
        plan = plan_contracts(publish(order("a"), {**order("a"), "doc": "better"}), client)

        assert steps(plan)[0] == "register v2 as version 2"

    def test_metadata_of_the_registry_is_no_difference(self, publish: Publish, client: RegistryClient) -> None:
        """Contracts say nothing about it."""
        carry_out(plan_contracts(publish(order("a")), client), client)
        client._transport.call("PUT", f"/config/{SUBJECT}", {"overrideMetadata": {"properties": {"x": "1"}}})
        carry_out(plan_contracts(publish(order("a"), order("a", "b?")), client), client)

        assert plan_contracts(publish(order("a"), order("a", "b?")), client).steps == ()


class TestRemarks:
    """What a person should know, and what stops the plan."""

    def test_a_version_that_nobody_published_is_drift(self, publish: Publish, client: RegistryClient) -> None:
        """It stays: nothing is deleted."""
        carry_out(plan_contracts(publish(order("a")), client), client)
        client.register(SUBJECT, json.dumps(order("a", "x?")))
        plan = plan_contracts(publish(order("a")), client)

        assert plan.steps == ()
        assert plan.drift[0].text == "version 2 (id 2) is in the registry and not in our history"
        assert plan.refusals == ()

    def test_a_level_that_differs_is_drift_and_set(self, publish: Publish, client: RegistryClient) -> None:
        """Whoever changed it should know."""
        carry_out(plan_contracts(publish(order("a"), level="FULL"), client), client)
        client.set_level(SUBJECT, "NONE")
        plan = plan_contracts(publish(order("a"), level="FULL"), client)

        assert steps(plan) == ["level NONE -> FULL"]
        assert [one.text for one in plan.drift] == ["its level is NONE, it should be FULL"]

    def test_a_revert_that_the_registry_ignores_is_told(self, publish: Publish, client: RegistryClient) -> None:
        """v3 is v1 again: the registry would answer with version 1, and keep 2 as the newest."""
        carry_out(plan_contracts(publish(order("a"), order("a", "b?"), level="FULL"), client), client)
        plan = plan_contracts(publish(order("a"), order("a", "b?"), order("a"), level="FULL"), client)

        assert (plan.steps, kinds(plan)) == ((), [Kind.REVERT])
        assert "version 2 stays the newest" in plan.remarks[0].text

    def test_a_revert_within_the_history_is_told(self, publish: Publish, client: RegistryClient) -> None:
        """Also where all of it is new."""
        folder = publish(order("a"), order("a", "b?"), order("a"))
        plan = plan_contracts(folder, client)
        carry_out(plan, client)

        assert kinds(plan) == [Kind.REVERT]
        assert client.numbers(SUBJECT) == [1, 2]
        assert plan_contracts(folder, client).steps == ()

    def test_an_old_version_is_not_registered_behind_newer_ones(self, publish: Publish, client: RegistryClient) -> None:
        """It would become the newest."""
        client.register(SUBJECT, json.dumps(order("a", "b?")))
        client.set_level(SUBJECT, "BACKWARD")
        plan = plan_contracts(publish(order("a"), order("a", "b?")), client)

        assert (plan.steps, kinds(plan)) == ((), [Kind.GAP])

    def test_a_history_that_its_level_forbids_is_refused(self, publish: Publish, client: RegistryClient) -> None:
        """With the version, the reader that breaks and the reason; nothing is written."""
        plan = plan_contracts(publish(order("a"), order("a", "b")), client)

        (refusal,) = plan.refusals
        assert refusal.text == (
            "v2 may not be registered under BACKWARD: new readers cannot read what version 1 wrote: "
            "READER_FIELD_MISSING_DEFAULT_VALUE at /fields/1 (b); publish a version that the level lets through, "
            "or force it"
        )
        with pytest.raises(PlanRefused, match="v2 may not be registered"):
            carry_out(plan, client)
        assert client.subjects() == []

    def test_what_is_forced_is_told(self, publish: Publish, client: RegistryClient) -> None:
        """NONE holds for that version only."""
        plan = plan_contracts(publish(order("a"), order("a", "b"), order("a", "b", "c?")), client, force=True)

        assert steps(plan) == [
            "register v1 as version 1",
            "level not set -> NONE (v2 needs it)",
            "register v2 as version 2",
            "register v3 as version 3",
            "level NONE -> BACKWARD",
        ]
        assert kinds(plan) == [Kind.FORCED]
        carry_out(plan, client)
        assert (client.numbers(SUBJECT), client.level(SUBJECT)) == ([1, 2, 3], "BACKWARD")

    def test_a_version_in_between_that_forbids_ours_is_seen(self, publish: Publish, client: RegistryClient) -> None:
        """Somebody registered an order without `a`, so that ours cannot read it."""
        carry_out(plan_contracts(publish(order("a")), client), client)
        client.set_level(SUBJECT, "NONE")
        client.register(SUBJECT, json.dumps(order("z?")))
        client.set_level(SUBJECT, "BACKWARD")
        plan = plan_contracts(publish(order("a"), order("a", "b?")), client)

        assert sorted(kinds(plan)) == [Kind.EXTRA, Kind.INCOMPATIBLE, Kind.REGISTRY]
        assert "what version 2 wrote" in plan.refusals[0].text

    def test_a_read_only_subject_is_refused(self, publish: Publish, client: RegistryClient) -> None:
        """Before the first write."""
        client._transport.call("PUT", f"/mode/{SUBJECT}", {"mode": "READONLY"})
        fresh = plan_contracts(publish(order("a")), client)
        client._transport.call("DELETE", f"/mode/{SUBJECT}")
        carry_out(plan_contracts(publish(order("a")), client), client)
        client._transport.call("PUT", f"/mode/{SUBJECT}", {"mode": "READONLY"})
        level_only = plan_contracts(publish(order("a"), level="FULL"), client)

        assert [one.kind for one in (*fresh.refusals, *level_only.refusals)] == [Kind.MODE, Kind.MODE]

    def test_lines_fit_a_terminal(self, publish: Publish, client: RegistryClient) -> None:
        """80 columns."""
        plan = plan_contracts(publish(order("a"), order("a", "b")), client)
        lines = list(plan.lines())

        assert max(len(line) for line in lines) <= 80
        assert lines[-1] == f"refused: 1 reason above, nothing is written to {client.shown}"
