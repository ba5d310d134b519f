"""What is to be done to a registry, as a value that can be shown, saved, reviewed and carried out later."""

from __future__ import annotations

import hashlib
import json
import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Any, Final

from compat_checks.classes import as_dict, frozen
from compat_checks.errors import UsageError
from compat_checks.registry.values import Content, Reference
from compat_checks.source import Json

FORMAT: Final = "compat-checks-plan"
FORMAT_VERSION: Final = 1
_WIDTH: Final = 80


class Kind(StrEnum):
    """What a remark is about."""

    EXTRA = "extra"  # the registry has a version that we do not know
    GAP = "gap"  # it lacks an old version, which cannot be registered behind newer ones
    REVERT = "revert"  # our newest version is there, and is not its newest
    SPELLING = "spelling"  # it has our schema with its attributes in another order
    LEVEL = "level"
    INCOMPATIBLE = "incompatible"
    FORCED = "forced"
    REGISTRY = "registry"
    MODE = "mode"
    REFERENCE = "reference"


@frozen
class Remark:
    """Something about a subject that a person should know.

    Attributes:
        refuses: whether the plan is not carried out because of it.
    """

    subject: str
    kind: Kind
    text: str
    refuses: bool = False


@frozen
class SetLevel:
    """A step: set the level of a subject.

    Attributes:
        was: its own level before the step; None where it had none.
        why: for people.
    """

    subject: str
    level: str
    was: str | None
    why: str = ""

    def __str__(self) -> str:
        why = f" ({self.why})" if self.why else ""
        return f"level {self.was or 'not set'} -> {self.level}{why}"


@frozen
class Register:
    """A step: register a schema.

    Attributes:
        label: what we call the version, "v2".
        version: the number that the registry will give it.
        changes: what differs from the version before it, a sentence each.
    """

    subject: str
    label: str
    version: int
    content: Content
    changes: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"register {self.label} as version {self.version}"


Step = SetLevel | Register


@frozen
class Seen:
    """The state of a subject that a plan was made against.

    Attributes:
        level: its own; None where it has none.
        effective: the level that holds.
        versions: number and GUID of each live version.
        highest: the largest number that was ever given; 0 for a new subject.
    """

    subject: str
    level: str | None
    effective: str
    mode: str
    versions: tuple[tuple[int, str], ...]
    highest: int


@frozen
class Plan:
    """Steps in the order in which they are carried out.

    Attributes:
        registry: the address, without secrets.
        seen: what the registry was like.
    """

    registry: str
    seen: tuple[Seen, ...]
    steps: tuple[Step, ...] = ()
    remarks: tuple[Remark, ...] = ()

    @property
    def fingerprint(self) -> str:
        """Of what the registry was like."""
        text = json.dumps([as_dict(one) for one in self.seen], sort_keys=True)
        return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"

    @property
    def refusals(self) -> tuple[Remark, ...]:
        """Why it must not be carried out; empty where it may."""
        return tuple(one for one in self.remarks if one.refuses)

    @property
    def drift(self) -> tuple[Remark, ...]:
        """What else a person should know."""
        return tuple(one for one in self.remarks if not one.refuses)

    def lines(self) -> Iterator[str]:
        """For people: at most 80 columns, unless a name is longer."""
        for subject in (one.subject for one in self.seen):
            steps = [one for one in self.steps if one.subject == subject]
            remarks = [one for one in self.remarks if one.subject == subject]
            if steps or remarks:
                yield subject
                yield from _steps(steps)
                yield from (line for one in remarks for line in _wrapped(f"{'x' if one.refuses else '!'} {one.text}"))
        yield self._summary()

    def to_json(self) -> dict[str, Json]:
        """For a file, or a pipeline."""
        return {
            "format": FORMAT,
            "version": FORMAT_VERSION,
            "registry": self.registry,
            "fingerprint": self.fingerprint,
            "seen": [as_dict(one) for one in self.seen],
            "steps": [_step_json(one) for one in self.steps],
            "remarks": [as_dict(one) for one in self.remarks],
        }

    @classmethod
    def from_json(cls, value: Json) -> Plan:
        """Back from what `to_json` gave.

        Raises:
            UsageError: it is no plan, one of another version of this tool, or one that was altered.
        """
        if not isinstance(value, dict) or value.get("format") != FORMAT:
            raise UsageError('this is no plan; "compat-checks plan --out FILE" makes one')
        if value.get("version") != FORMAT_VERSION:
            raise UsageError(
                f"the plan is of version {value.get('version')}, this tool reads {FORMAT_VERSION}; plan again"
            )
        try:
            plan = cls(
                str(value["registry"]),
                tuple(_seen(one) for one in value["seen"]),
                tuple(_step(one) for one in value["steps"]),
                tuple(Remark(**{**one, "kind": Kind(one["kind"])}) for one in value["remarks"]),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise UsageError(f"the plan is damaged ({error}); plan again") from None
        if plan.fingerprint != value.get("fingerprint"):
            raise UsageError("the plan was altered: its fingerprint is not that of what it has seen; plan again")
        return plan

    def _summary(self) -> str:
        if self.refusals:
            return f"refused: {_count(len(self.refusals), 'reason')} above, nothing is written to {self.registry}"
        if not self.steps:
            return f"nothing to do at {self.registry}"
        return f"{_count(len(self.steps), 'step')} at {self.registry}"


def differences(before: Sequence[Seen], now: Sequence[Seen]) -> list[str]:
    """What changed in a registry since a plan was made, a line each."""
    current = {one.subject: one for one in now}
    found: list[str] = []
    for old in before:
        new = current[old.subject]
        if old.level != new.level or old.effective != new.effective:
            found.append(f"{old.subject}: the level is now {new.effective}, it was {old.effective}")
        if old.mode != new.mode:
            found.append(f"{old.subject}: the mode is now {new.mode}, it was {old.mode}")
        gone, came = _numbers(old) - _numbers(new), _numbers(new) - _numbers(old)
        found += [f"{old.subject}: version {number} was registered" for number in sorted(came)]
        found += [f"{old.subject}: version {number} is gone" for number in sorted(gone)]
        if not gone and not came and (old.versions, old.highest) != (new.versions, new.highest):
            found.append(f"{old.subject}: its versions were deleted and registered anew")
    return found


def _numbers(seen: Seen) -> set[int]:
    return {number for number, _ in seen.versions}


def _steps(steps: Iterable[Step]) -> Iterator[str]:
    for step in steps:
        if isinstance(step, Register):
            yield from _wrapped(f"+ {step}")
            yield from (line for one in step.changes for line in _wrapped(f"- {one}", "      "))
        else:
            yield from _wrapped(f"~ {step}")


def _wrapped(text: str, indent: str = "  ") -> list[str]:
    return textwrap.wrap(
        text,
        _WIDTH,
        initial_indent=indent,
        subsequent_indent=f"{indent}  ",
        break_long_words=False,
        break_on_hyphens=False,
    )


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _step_json(step: Step) -> dict[str, Json]:
    return {"step": "register" if isinstance(step, Register) else "set-level", **as_dict(step)}


def _step(value: Mapping[str, Any]) -> Step:
    rest = {key: item for key, item in value.items() if key != "step"}
    if value["step"] == "set-level":
        return SetLevel(**rest)
    if value["step"] != "register":
        raise ValueError(f"there is no step {value['step']}")
    content = rest["content"]
    references = tuple(Reference(**one) for one in content["references"])
    made = Content(**{**content, "references": references})
    return Register(**{**rest, "content": made, "changes": tuple(rest["changes"])})


def _seen(value: Mapping[str, Any]) -> Seen:
    return Seen(**{**value, "versions": tuple((number, guid) for number, guid in value["versions"])})
