"""Plan, apply and promote, with every registry as the one that is written to."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from compat_checks.registry.apply import apply, apply_plan, plan_contracts, promote
from compat_checks.registry.client import RegistryClient
from compat_checks.registry.plan import Kind
from compat_checks.registry.server import EmbeddedRegistry
from compat_checks.registry.values import Content, Reference
from tests.contract.registry.backends import Backend
from tests.contract.registry.schemas import A_B, A_OPTIONAL_B, A, record

_SCHEMAS = Path("tests/email_contracts/schemas")


@pytest.fixture
def target(backend: Backend) -> Iterator[RegistryClient]:
    """What is written to."""
    with RegistryClient(backend.url) as opened:
        yield opened


@pytest.fixture
def source() -> Iterator[RegistryClient]:
    """An embedded registry of its own, to promote from."""
    with EmbeddedRegistry() as running, RegistryClient(running.url) as opened:
        yield opened


class TestApplying:
    """Each step is what the registry takes."""

    def test_our_contracts_are_applied_once(self, target: RegistryClient) -> None:
        """The plan after that is empty."""
        lines = list(apply(_SCHEMAS, target))

        assert [line.partition(", ids")[0] for line in lines] == [
            "email_requests-value: 2 versions, 2 new",
            "email_requests_retry-value: 1 versions, 1 new",
            "email_dlq-value: 1 versions, 1 new",
        ]
        assert plan_contracts(_SCHEMAS, target).steps == ()
        assert target.level("email_requests-value") == "FULL_TRANSITIVE"

    def test_a_promoted_subject_has_versions_level_and_references(
        self, source: RegistryClient, target: RegistryClient, subject: str
    ) -> None:
        """What is referred to comes first."""
        inner, outer = record("x", name="Inner"), record({"name": "i", "type": "Inner"}, name="Outer")
        source.register(subject, inner)
        source.register(f"{subject}-user", Content(outer, (Reference(subject, 1, "Inner"),)))
        source.set_level(subject, "FULL")
        list(apply_plan(promote(source, target, [f"{subject}-user"]), target))

        assert target.level(subject) == "FULL"
        assert target.version(f"{subject}-user").content.references == (Reference(subject, 1, "Inner"),)
        assert promote(source, target, [f"{subject}-user"]).steps == ()

    def test_a_level_is_loosened_for_a_version_that_needs_it(
        self, source: RegistryClient, target: RegistryClient, subject: str
    ) -> None:
        """The target is at BACKWARD, the source at FORWARD."""
        target.register(subject, A)
        target.set_level(subject, "BACKWARD")
        source.register(subject, A)
        source.set_level(subject, "FORWARD")
        source.register(subject, A_B)
        plan = promote(source, target, [subject])

        assert [str(one) for one in plan.steps] == [
            "level BACKWARD -> FORWARD (v2 needs it)",
            "register v2 as version 2",
        ]
        list(apply_plan(plan, target))
        assert (target.numbers(subject), target.level(subject)) == ([1, 2], "FORWARD")

    def test_what_the_level_forbids_is_refused_by_both(
        self, source: RegistryClient, target: RegistryClient, subject: str
    ) -> None:
        """Our engine and the registry say no, before anything is written."""
        target.register(subject, A)
        target.set_level(subject, "BACKWARD")
        source.register(subject, A_B)
        plan = promote(source, target, [subject])

        assert [one.kind for one in plan.refusals] == [Kind.INCOMPATIBLE, Kind.REGISTRY]
        assert target.numbers(subject) == [1]

    def test_a_deleted_number_is_not_given_again(
        self, source: RegistryClient, target: RegistryClient, subject: str
    ) -> None:
        """The plan knows which one comes next."""
        target.register(subject, A)
        target.register(subject, A_OPTIONAL_B)
        target._transport.call("DELETE", f"/subjects/{subject}/versions/2")
        source.register(subject, A)
        source.register(subject, record("a", {"name": "c", "type": "int", "default": 1}))
        plan = promote(source, target, [subject])

        assert str(plan.steps[0]) == "register v2 as version 3"
        list(apply_plan(plan, target))
        assert target.numbers(subject) == [1, 3]
