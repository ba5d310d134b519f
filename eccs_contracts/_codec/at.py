"""Where in a record the slow path is, and what it found there."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, NoReturn

from eccs_contracts.errors import DecodeError, EncodeError, Problem, ValidationError

_SHOWN: Final = 60  # characters of a value or a key that a message shows
MASK: Final = "***"


@dataclass(slots=True)  # not frozen: many are made, and setting frozen attributes is slow
class At:
    """A place in a record.

    Attributes:
        path: fields by their wire names, indexes and keys: "_retry.attempt", "templateData[name]".
        personal: whether values here are personal data, which no message shows.
    """

    path: str = ""
    personal: bool = False

    def field(self, name: str, *, personal: bool) -> At:
        """A field of the record that stands here."""
        return At(f"{self.path}.{name}" if self.path else name, self.personal or personal)

    def item(self, key: object) -> At:
        """An item of the array or map that stands here; an address in a key is masked."""
        from eccs_contracts.masking import mask_text

        return At(f"{self.path}[{_short(mask_text(str(key)))}]", self.personal)

    def refuse(self, expected: str, value: object) -> NoReturn:
        """Say that a value cannot be written; the value itself is never shown."""
        message = f"{self._name}: {expected} is expected, not {type(value).__name__}"
        raise EncodeError(message, field=self.path)

    def misfit(self, expected: str) -> NoReturn:
        """Say that a value of the right class cannot be written: out of range, or without a zone."""
        message = f"{self._name}: {expected} is expected, and the value does not fit"
        raise EncodeError(message, field=self.path)

    def broken(self, reason: str, offset: int) -> NoReturn:
        """Say that bytes cannot be read."""
        message = f"{self._name}: at byte {offset}: {reason}"
        raise DecodeError(message, field=self.path, offset=offset)

    @property
    def _name(self) -> str:
        return self.path or "the record"


@dataclass(slots=True)
class Report:
    """What is wrong with a value: all of it, in the order of the fields."""

    problems: list[Problem] = field(default_factory=list)

    def add(self, at: At, rule: str, value: object) -> None:
        """Note a broken rule; the value is shortened, or masked where it is personal data."""
        self.problems.append(Problem(at.path, rule, MASK if at.personal else _short(repr(value))))

    def absent(self, at: At) -> None:
        """Note a field that must be there."""
        self.problems.append(Problem(at.path, "a value is required", "missing"))

    def unknown(self, at: At, name: object, model: str) -> None:
        """Note a field that the record does not have; nothing says whether its value is personal data."""
        self.problems.append(Problem(at.field(_short(str(name)), personal=True).path, f"no field of {model}", "given"))

    def close(self, model: str) -> None:
        """Raise what was found.

        Raises:
            ValidationError: anything was.
        """
        if self.problems:
            raise ValidationError(model, tuple(self.problems))


def _short(text: str) -> str:
    safe = text if text.isprintable() else text.encode("unicode_escape").decode("ascii")
    return safe if len(safe) <= _SHOWN else f"{safe[:_SHOWN]}..."
