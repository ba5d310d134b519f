"""Values of Avro that Python has no type for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Generic, TypeVar

T_co = TypeVar("T_co", covariant=True)


@dataclass(frozen=True, slots=True)
class Branch(Generic[T_co]):
    """A value of a union that has several branches of one Python class, such as int and long.

    What stands bare where a branch is expected is written as the first branch that takes it.

    Attributes:
        NAME: the branch: a primitive type, or the full name of a fixed.
        value: the value.
    """

    NAME: ClassVar[str]
    value: T_co


class IntBranch(Branch[T_co]):
    """A value of the branch int, or of a logical type on it."""

    __slots__ = ()
    NAME = "int"


class LongBranch(Branch[T_co]):
    """A value of the branch long, or of a logical type on it."""

    __slots__ = ()
    NAME = "long"


class FloatBranch(Branch[T_co]):
    """A value of the branch float."""

    __slots__ = ()
    NAME = "float"


class DoubleBranch(Branch[T_co]):
    """A value of the branch double."""

    __slots__ = ()
    NAME = "double"


class BytesBranch(Branch[T_co]):
    """A value of the branch bytes, or of a logical type on it."""

    __slots__ = ()
    NAME = "bytes"


class StringBranch(Branch[T_co]):
    """A value of the branch string, or of a logical type on it."""

    __slots__ = ()
    NAME = "string"


@dataclass(frozen=True, slots=True, kw_only=True)
class Duration:
    """An amount of time in three units that do not add up (Avro specification 1.12, "Duration").

    Attributes:
        months: from 0 to 2**32 - 1, as the others.
        days: not a part of the months: how many days a month has depends on the month.
        milliseconds: not a part of the days: some days are longer than others.
    """

    months: int = 0
    days: int = 0
    milliseconds: int = 0
