"""The semantic version that a change asks for."""

import pytest

from compat_checks.diff import changes
from compat_checks.semver import breaks_level, required, too_low
from tests.unit.changes.building import field, tree

PLAIN = tree(field("a"))
DOC = tree(field("a", doc="Says more."))
MORE = tree(field("a"), field("b", default=""))
LESS = tree()


@pytest.mark.parametrize(
    ("previous", "new", "breaks", "expected"),
    [
        ("1.2.3", PLAIN, False, "1.2.3"),
        ("1.2.3", DOC, False, "1.2.4"),
        ("1.2.3", MORE, False, "1.3.0"),
        ("1.2.3", LESS, True, "2.0.0"),
        ("9.9.9", MORE, False, "9.10.0"),
        ("0.2.3", LESS, True, "0.3.0"),
        ("0.2.3", DOC, False, "0.2.4"),
    ],
)
def test_the_gravest_change_decides(previous: str, new: object, breaks: bool, expected: str) -> None:
    """Major for a break, minor for structure, patch for words; before 1.0.0 a break is minor."""
    assert isinstance(new, type(PLAIN))
    assert required(previous, changes(PLAIN, new), breaks) == expected


@pytest.mark.parametrize(
    ("level", "expected"),
    [("NONE", False), ("BACKWARD", False), ("FORWARD", True), ("FULL", True), ("BACKWARD_TRANSITIVE", False)],
)
def test_a_break_is_a_break_of_the_declared_level(level: str, expected: bool) -> None:
    """A field without a default is removed: new readers do not care, old ones do."""
    assert breaks_level(level, LESS, [PLAIN]) is expected


def test_a_transitive_level_looks_at_all_versions() -> None:
    """The default is gone that v1 needs."""
    newest = tree(field("a"), field("b"))

    assert breaks_level("BACKWARD", newest, [PLAIN, MORE]) is False
    assert breaks_level("BACKWARD_TRANSITIVE", newest, [PLAIN, MORE]) is True


@pytest.mark.parametrize(
    ("declared", "expected"),
    [
        ("1.1.0", "contracts.toml says 1.1.0; this change asks for 1.10.0 at least"),
        ("1.9.9", "contracts.toml says 1.9.9; this change asks for 1.10.0 at least"),
        ("1.10.0", ""),
        ("2.0.0", ""),
    ],
)
def test_a_declared_version_may_be_higher_but_not_lower(declared: str, expected: str) -> None:
    """Numbers are compared, not texts."""
    assert too_low(declared, "1.10.0") == expected
