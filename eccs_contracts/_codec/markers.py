"""What generated code writes into `Annotated[...]`: constraints and marks.

Tools that know the package annotated_types (pydantic, FastAPI, hypothesis) find its constraints in ours: they are
groups in its sense, which unpack when they are asked. So this package does not need to import it, which would take
as long as all the rest.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar


class Marker:
    """A mark with a value; those of one class and value are equal."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and other.value == self.value

    def __hash__(self) -> int:
        return hash((type(self), self.value))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.value!r})"


class _Constraint(Marker):
    """A constraint that annotated_types knows by the same name."""

    __slots__ = ()
    __is_annotated_types_grouped_metadata__: ClassVar[bool] = True

    def __iter__(self) -> Iterator[Any]:
        import annotated_types

        yield getattr(annotated_types, type(self).__name__)(self.value)


class MinLen(_Constraint):
    """The schema's `minLength`: characters, or bytes."""

    __slots__ = ()


class MaxLen(_Constraint):
    """The schema's `maxLength`: characters, or bytes."""

    __slots__ = ()


class Ge(_Constraint):
    """The schema's `minimum`."""

    __slots__ = ()


class Le(_Constraint):
    """The schema's `maximum`."""

    __slots__ = ()


class Format(Marker):
    """The schema's `format`: "email", "single-line" or "text"."""

    __slots__ = ()


class Pattern(Marker):
    """The schema's `pattern`: a regular expression that matches the whole text."""

    __slots__ = ()


class Personal(Marker):
    """The schema tags the field as PII: no message and no `repr` shows its values."""

    __slots__ = ()

    def __init__(self) -> None:
        super().__init__(None)

    def __repr__(self) -> str:
        return "Personal()"
