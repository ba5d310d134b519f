"""Bring a registry to what the contracts say, or to what another registry has: plan, look at the plan, carry it out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from compat_checks.classes import replace
from compat_checks.errors import CompatChecksError, PlanRefused, RegistryError, RegistryRefused
from compat_checks.registry.client import RegistryClient
from compat_checks.registry.plan import Kind, Plan, Register, Remark, SetLevel, Step, differences
from compat_checks.registry.planning import make_plan
from compat_checks.registry.wanted import Wanted, observe, of_contracts, of_registry


def plan_contracts(folder: Path, client: RegistryClient, *, force: bool = False) -> Plan:
    """What a registry lacks of the contracts of a folder; nothing is written.

    Args:
        folder: with contracts.toml and the history.
        client: of the registry.
        force: plan also what the levels do not let through.

    Raises:
        CompatChecksError: the contracts are not in order.
        RegistryError: the registry does not answer.
    """
    from compat_checks.checking import problems

    if found := problems(folder):
        raise CompatChecksError("; ".join(found))
    return _plan(of_contracts(folder), client, force=force)


def promote(
    source: RegistryClient, target: RegistryClient, subjects: Sequence[str] = (), *, force: bool = False
) -> Plan:
    """What a registry lacks of what another one has; nothing is written.

    Args:
        source: of the registry that has it.
        target: of the one that shall have it.
        subjects: by name; what they refer to comes along. All where none are named.
        force: plan also what the levels do not let through.

    Raises:
        UsageError: the source has no such subject.
        RegistryError: one of them does not answer.
        InvalidSchema: a schema that is not Avro.
    """
    return _plan(of_registry(source, subjects), target, force=force)


def apply_plan(plan: Plan, client: RegistryClient) -> Iterator[str]:
    """Carry out a plan; a line for each step that is done. Nothing is deleted.

    When a step fails, a level that was loosened for it is set as planned before the error is raised.

    Raises:
        PlanRefused: the plan says so itself, or the registry is not as the plan has seen it; nothing is written.
        RegistryError: the registry does not answer, or refuses a step.
    """
    if plan.refusals:
        raise PlanRefused("; ".join(f"{one.subject}: {one.text}" for one in plan.refusals))
    if plan.registry != client.shown:
        raise PlanRefused(f"the plan was made for {plan.registry}, and this is {client.shown}; plan again")
    now = observe(client, [one.subject for one in plan.seen])
    if changed := differences(plan.seen, [one.seen for one in now.values()]):
        raise PlanRefused(f"the registry changed since the plan was made: {'; '.join(changed)}; plan again")
    if objections := _objections(plan, client):
        raise PlanRefused("; ".join(f"{one.subject}: {one.text}" for one in objections))
    for index, step in enumerate(plan.steps):
        try:
            _carry_out(step, client)
        except RegistryError:
            _settle(plan.steps[index + 1 :], step.subject, client)
            raise
        yield f"{step.subject}: {step}"


def apply(folder: Path, client: RegistryClient) -> Iterator[str]:
    """Plan and carry out; a line for each subject. Applying again changes nothing.

    Raises:
        PlanRefused: a version is not let through, or cannot be registered; nothing is written.
        CompatChecksError: the contracts are not in order.
        RegistryError: the registry does not answer, or refuses.
    """
    plan = plan_contracts(folder, client)
    for _ in apply_plan(plan, client):
        pass
    for subject, now in observe(client, [one.subject for one in plan.seen]).items():
        new = sum(isinstance(one, Register) and one.subject == subject for one in plan.steps)
        ids = [one.id for one in now.versions]
        yield f"{subject}: {len(ids)} versions, {new} new, ids {ids}, {now.seen.effective}"


def _plan(wanted: Sequence[Wanted], client: RegistryClient, *, force: bool) -> Plan:
    observed = observe(client, [one.subject for one in wanted])
    plan = make_plan(client.shown, wanted, observed, force=force)
    return replace(plan, remarks=(*plan.remarks, *_objections(plan, client)))


def _objections(plan: Plan, client: RegistryClient) -> list[Remark]:
    """What the registry itself has against the first new version of each subject.

    It can be asked only about a version that follows what it has, under the level that it has, with references that
    it has; what comes behind that was checked when the plan was made.
    """
    highest = {one.subject: one.highest for one in plan.seen}
    met: set[str] = set()
    found: list[Remark] = []
    for step in plan.steps:
        if step.subject in met:
            continue
        met.add(step.subject)
        if isinstance(step, SetLevel):
            continue
        if any(use.version > highest.get(use.subject, use.version) for use in step.content.references):
            continue
        if messages := _complaints(step, client):
            text = f"the registry would not take {step.label}: {messages[0]}"
            found.append(Remark(step.subject, Kind.REGISTRY, text, refuses=True))
    return found


def _complaints(step: Register, client: RegistryClient) -> list[str]:
    try:
        return client.complaints(step.subject, step.content)
    except RegistryRefused as error:
        # Apicurio's call does not resolve references, although registering does.
        return [] if step.content.references else [str(error)]


def _carry_out(step: Step, client: RegistryClient) -> None:
    if isinstance(step, SetLevel):
        client.set_level(step.subject, step.level)
        return
    client.register(step.subject, step.content)
    made = client.version(step.subject)
    if made.version != step.version:
        raise RegistryError(
            f"{step.subject}: {step.label} was to become version {step.version}, and the newest is version "
            f"{made.version}; somebody else registers, too; plan again"
        )


def _settle(rest: Sequence[Step], subject: str, client: RegistryClient) -> None:
    """Set the level of a subject for good, as far as the registry still answers; the first error is what counts."""
    for step in rest:
        if isinstance(step, SetLevel) and step.subject == subject:
            try:
                client.set_level(subject, step.level)
            except RegistryError:
                return
