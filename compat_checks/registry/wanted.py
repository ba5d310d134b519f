"""What a registry should have, and what it has: the two sides that a plan is made of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from compat_checks.classes import frozen
from compat_checks.contracts import load_contracts
from compat_checks.errors import UsageError
from compat_checks.history import published
from compat_checks.parse import parse_schema
from compat_checks.registry.client import RegistryClient
from compat_checks.registry.plan import Seen
from compat_checks.registry.values import Content
from compat_checks.schema import Schema
from compat_checks.source import Source


@frozen
class Wish:
    """A version that should be there.

    Attributes:
        number: of ours, from 1; references of other wishes use it.
        label: "v2".
        schema: its tree.
    """

    number: int
    label: str
    content: Content
    schema: Schema


@frozen
class Wanted:
    """A subject as it should be: its level, and its versions, oldest first."""

    subject: str
    level: str
    versions: tuple[Wish, ...]


@frozen
class There:
    """A live version of a registry, and its tree."""

    number: int
    id: int
    content: Content
    schema: Schema


@frozen
class Observed:
    """A subject as a registry has it: none of its versions where it does not know it."""

    seen: Seen
    versions: tuple[There, ...]


def of_contracts(folder: Path) -> tuple[Wanted, ...]:
    """The published versions and levels of a folder of schemas.

    Raises:
        CompatChecksError: the contracts or the history cannot be read.
    """
    return tuple(
        Wanted(subject.name, subject.compatibility, tuple(_published(folder, subject.name)))
        for subject in load_contracts(folder).subjects
    )


def of_registry(client: RegistryClient, subjects: Sequence[str]) -> tuple[Wanted, ...]:
    """What a registry has of some subjects, and of those that they refer to; all of it where none are named.

    The level is the one that holds there, whether it is the subject's own or the global one.

    Raises:
        UsageError: a subject is not there.
        RegistryError: the registry does not answer.
        InvalidSchema: a schema that is not Avro.
    """
    known = set(client.subjects())
    if unknown := [one for one in subjects if one not in known]:
        raise UsageError(f"{client.shown} has no subject {', '.join(unknown)}")
    found: dict[str, Wanted] = {}
    rest = sorted(subjects or known, reverse=True)
    while rest:
        name = rest.pop()
        if name not in found:
            wanted = found[name] = _of_subject(client, name)
            rest += [use.subject for one in wanted.versions for use in one.content.references]
    return tuple(found[name] for name in sorted(found))


def observe(client: RegistryClient, subjects: Iterable[str]) -> dict[str, Observed]:
    """The state of some subjects.

    Raises:
        RegistryError: the registry does not answer.
        InvalidSchema: a schema that is not Avro.
    """
    default = client.level() or "BACKWARD"
    return {subject: _observed(client, subject, default) for subject in subjects}


def _published(folder: Path, subject: str) -> Iterator[Wish]:
    for one in published(folder, subject):
        schema = parse_schema(Source(one.text, str(one.path)))
        yield Wish(one.version, f"v{one.version}", Content(one.text), schema)


def _of_subject(client: RegistryClient, subject: str) -> Wanted:
    there = observe(client, [subject])[subject]
    wishes = (Wish(one.number, f"v{one.number}", one.content, one.schema) for one in there.versions)
    return Wanted(subject, there.seen.effective, tuple(wishes))


def _observed(client: RegistryClient, subject: str, default: str) -> Observed:
    own = client.level(subject)
    versions = tuple(There(one.version, one.id, one.content, client.tree(one)) for one in (client.versions(subject)))
    numbers = client.numbers(subject, deleted=True)
    highest = max((*numbers, *(one.number for one in versions)), default=0)
    state = tuple((one.number, one.content.guid) for one in versions)
    return Observed(Seen(subject, own, own or default, client.mode(subject), state, highest), versions)
