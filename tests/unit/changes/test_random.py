"""What holds for any two schemas."""

from collections.abc import Iterator
from contextlib import suppress

from compat_checks.diff import changes
from compat_checks.errors import InvalidSchema
from compat_checks.matching import matches
from compat_checks.parse import parse_schema
from compat_checks.resolution import check_pair
from compat_checks.schema import Enum, Fixed, Record, Schema, walk
from tests.property.schemas import pairs

PAIRS = 600


def _trees(seed: int) -> Iterator[tuple[Schema, Schema]]:
    """Pairs of trees, of the texts that are schemas."""
    for old, new in pairs(seed, PAIRS):
        try:
            trees = parse_schema(old), parse_schema(new)
        except InvalidSchema:
            continue
        yield trees


def test_a_schema_does_not_differ_from_itself() -> None:
    """Read twice, so that no node is the same object."""
    for old, _ in pairs(11, PAIRS):
        with suppress(InvalidSchema):
            assert changes(parse_schema(old), parse_schema(old)) == ()


def test_schemas_without_a_structural_change_understand_each_other() -> None:
    """Both ways; nothing that matters to a reader is left out of a diff."""
    unchanged = 0
    for old, new in _trees(12):
        if not any(change.structural for change in changes(old, new)):
            unchanged += 1
            selves = check_pair(old, old).compatible, check_pair(new, new).compatible
            assert (check_pair(new, old).compatible, check_pair(old, new).compatible) == selves
    assert unchanged > 20


def test_a_difference_is_one_in_either_direction() -> None:
    """What was added one way is removed the other way."""
    for old, new in _trees(13):
        assert bool(changes(old, new)) == bool(changes(new, old))


def test_a_walk_over_one_schema_meets_every_named_type_once() -> None:
    """However they refer to each other."""
    for _, new in _trees(14):
        named = [id(node) for node in walk(new) if isinstance(node, Record | Enum | Fixed)]
        met = [id(match.new) for match in matches(new, new) if isinstance(match.new, Record | Enum | Fixed)]

        assert sorted(met) == sorted(named)
