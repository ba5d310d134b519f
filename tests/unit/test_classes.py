"""Our classes of values beside the standard library's, which they stand for."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from dataclasses import field as their_field
from dataclasses import replace as their_replace
from functools import cached_property
from typing import ClassVar

import pytest

from compat_checks.classes import as_dict, field, frozen, mutable, replace


@frozen
class Ours:
    """A value."""

    UNIT: ClassVar[str] = "m"

    name: str
    size: int = 1
    notes: dict[str, int] = field(default_factory=dict, compared=False)
    secret: str = field(default="", shown=False)

    @cached_property
    def label(self) -> str:
        """What it is called."""
        return f"{self.name}, {self.size} {self.UNIT}"


@dataclass(frozen=True)
class Theirs:
    """The same."""

    name: str
    size: int = 1
    notes: dict[str, int] = their_field(default_factory=dict, compare=False)
    secret: str = their_field(default="", repr=False)


@mutable(eq=False, kw_only=True)
class Base:
    """A node."""

    kind: str = "none"
    inner: list[Base] = field(default_factory=list)


@mutable(eq=False, kw_only=True)
class Leaf(Base):
    """A node with a value; `kind` has another default."""

    kind: str = "leaf"
    value: int


@mutable
class Count:
    """A value that changes."""

    total: int = 0


def test_a_value_is_shown_as_a_dataclass_is() -> None:
    """Its fields by name, but for those that are not shown."""
    assert repr(Ours("a", 2, {"b": 3}, "pw")) == repr(Theirs("a", 2, {"b": 3}, "pw")).replace("Theirs", "Ours")


@pytest.mark.parametrize(
    ("one", "other"),
    [(("a",), ("a", 1)), (("a", 2), ("a", 1)), (("a", 1, {"x": 1}), ("a",)), (("a", 1, {}, "pw"), ("a",))],
)
def test_values_are_equal_where_dataclasses_are(one: tuple[object, ...], other: tuple[object, ...]) -> None:
    """Field by field, but for those that do not count; equal ones have one hash."""
    ours, theirs = (Ours(*one), Ours(*other)), (Theirs(*one), Theirs(*other))  # type: ignore[arg-type]  # of any type
    assert (ours[0] == ours[1]) is (theirs[0] == theirs[1])
    assert (hash(ours[0]) == hash(ours[1])) is (theirs[0] == theirs[1])


def test_what_differs_in_some_fields_and_what_is_in_it() -> None:
    """`replace` and `as_dict` give what the standard library's give."""
    ours, theirs = replace(Ours("a"), size=5, secret="x"), their_replace(Theirs("a"), size=5, secret="x")
    assert as_dict(ours) == asdict(theirs)
    assert as_dict(Leaf(value=1, inner=[Base()])) == {
        "kind": "leaf",
        "inner": [{"kind": "none", "inner": []}],
        "value": 1,
    }


def test_a_frozen_value_stays_as_it_is() -> None:
    """Fields cannot be written or deleted, nor others be added; what is computed once is kept all the same."""
    one = Ours("a")
    with pytest.raises(AttributeError, match=r"Ours\.size cannot be changed"):
        one.size = 2  # type: ignore[misc]  # what is tested
    with pytest.raises(AttributeError, match=r"Ours\.name cannot be changed"):
        del one.name
    assert (one.label, one.label is one.label) == ("a, 1 m", True)


def test_defaults_are_made_anew() -> None:
    """Two values do not share what a factory makes."""
    assert Ours("a").notes is not Ours("a").notes


def test_keyword_only_fields_are_inherited_and_compared_by_identity() -> None:
    """A field with a default may stand before one without; a base's field may get another default."""
    leaf = Leaf(value=3)
    assert (leaf.kind, leaf.value, leaf.inner, leaf == Leaf(value=3)) == ("leaf", 3, [], False)
    with pytest.raises(TypeError, match="value"):
        Leaf()  # type: ignore[call-arg]  # what is tested
    with pytest.raises(TypeError, match="positional"):
        Leaf(3)  # type: ignore[call-arg, arg-type]  # what is tested


def test_a_value_that_holds_itself_can_be_shown() -> None:
    """As three dots."""
    node = Base()
    node.inner.append(node)
    assert repr(node) == "Base(kind='none', inner=[...])"


def test_a_mutable_value_has_no_hash_and_no_other_attributes() -> None:
    """It equals another one of the same fields."""
    one = Count()
    one.total += 1
    assert one == Count(1)
    with pytest.raises(TypeError, match="unhashable"):
        hash(one)
    with pytest.raises(AttributeError):
        one.sum = 3  # type: ignore[attr-defined]  # what is tested
