"""Promote: what one registry has, brought to another."""

from __future__ import annotations

import pytest

from compat_checks.errors import UsageError
from compat_checks.registry.apply import apply_plan, promote
from compat_checks.registry.client import RegistryClient
from compat_checks.registry.plan import Kind
from compat_checks.registry.values import Content, Reference

INNER = '{"type":"record","name":"Inner","fields":[{"name":"x","type":"int"}]}'
INNER_2 = '{"type":"record","name":"Inner","fields":[{"name":"x","type":"int"},{"name":"y","type":"int","default":0}]}'
OUTER = '{"type":"record","name":"Outer","fields":[{"name":"i","type":"Inner"}]}'


def _outer(version: int) -> Content:
    return Content(OUTER, (Reference("inner", version, "Inner"),))


@pytest.fixture
def source(client: RegistryClient) -> RegistryClient:
    """A registry with two versions of a type, and one that refers to each."""
    client.register("inner", INNER)
    client.register("outer", _outer(1))
    client.register("inner", INNER_2)
    client.register("outer", _outer(2))
    client.set_level("inner", "FULL")
    return client


def test_everything_is_brought(source: RegistryClient, other: RegistryClient) -> None:
    """Versions and levels; what is referred to comes first."""
    plan = promote(source, other)

    assert [f"{one.subject}: {one}" for one in plan.steps] == [
        "inner: register v1 as version 1",
        "inner: register v2 as version 2",
        "inner: level not set -> FULL",
        "outer: register v1 as version 1",
        "outer: register v2 as version 2",
        "outer: level not set -> BACKWARD",
    ]
    list(apply_plan(plan, other))
    assert [one.content for one in other.versions("outer")] == [one.content for one in source.versions("outer")]
    assert promote(source, other).steps == ()


def test_what_a_subject_refers_to_comes_along(source: RegistryClient, other: RegistryClient) -> None:
    """Although it was not named."""
    plan = promote(source, other, ["outer"])

    assert {one.subject for one in plan.steps} == {"inner", "outer"}


def test_references_have_the_numbers_of_the_target(source: RegistryClient, other: RegistryClient) -> None:
    """There, somebody was first with another version."""
    other.register("inner", INNER.replace('"x","type":"int"', '"x","type":"int","doc":"first"'))
    plan = promote(source, other)
    list(apply_plan(plan, other))

    assert [one.version for one in other.versions("inner")] == [1, 2, 3]
    assert [one.content.references[0].version for one in other.versions("outer")] == [2, 3]
    assert [one.kind for one in plan.drift] == [Kind.EXTRA, Kind.LEVEL]
    assert promote(source, other).steps == ()


def test_only_what_lacks_is_brought(source: RegistryClient, other: RegistryClient) -> None:
    """With what changes, a line each."""
    list(apply_plan(promote(source, other), other))
    source.register("inner", INNER_2.replace('"y"', '"y","doc":"told"'))
    plan = promote(source, other)

    lines = list(plan.lines())
    assert lines[:2] == ["inner", "  + register v3 as version 3"]
    assert "doc of `y`" in lines[2]


def test_metadata_and_rules_are_brought(client: RegistryClient, other: RegistryClient) -> None:
    """They are part of what a schema is."""
    rules = '{"domainRules":[{"name":"r","kind":"CONDITION"}]}'
    client.register("a", Content(INNER, (), '{"properties":{"owner":"mail"}}', rules))
    list(apply_plan(promote(client, other), other))

    assert other.version("a").content == client.version("a").content


def test_a_subject_that_is_not_there_is_wrong_usage(client: RegistryClient, other: RegistryClient) -> None:
    """It is named."""
    with pytest.raises(UsageError, match="has no subject nobody"):
        promote(client, other, ["nobody"])


def test_a_stricter_target_is_asked_first(client: RegistryClient, other: RegistryClient) -> None:
    """What the level of the source does not let follow there is refused before the first write."""
    client.register("a", INNER)
    other.register("a", INNER.replace("int", "string"))
    plan = promote(client, other)

    assert [one.kind for one in plan.refusals] == [Kind.INCOMPATIBLE, Kind.REGISTRY]
