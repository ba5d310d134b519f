"""The report for a terminal."""

from __future__ import annotations

import json
import re

import pytest

from compat_checks.classes import replace
from compat_checks.findings import Finding, Severity
from compat_checks.report import Options, color_wanted
from compat_checks.report.region import region_of
from compat_checks.report.snippet import snippet
from compat_checks.report.text import render
from compat_checks.review import Review
from compat_checks.source import Place, Source
from tests.unit.report.reviews import ORDER, PLACE, REQUIRED, REVIEWS, subject

_ESCAPE = re.compile(r"\x1b\[[0-9;]*m")


def _review(place: Place, message: str = "wrong") -> Review:
    finding = Finding(rule="RULE", severity=Severity.ERROR, message=message, place=place, element="R")
    return Review("lint", "schemas", findings=(finding,))


def _marked(source: Source, pointer: str, width: int = 73) -> list[tuple[str, str]]:
    region = region_of(Place(source, pointer))
    assert region
    return [(line.text, line.marks) for line in snippet(source, region, width)]


@pytest.mark.parametrize("name", ["none", "one", "many", "waived", "lint"])
def test_it_fits_80_columns(name: str) -> None:
    """Messages are wrapped, and lines of the file are cut."""
    assert [line for line in render(REVIEWS[name], Options()).split("\n") if len(line) > 80] == []


@pytest.mark.parametrize("width", [40, 60, 120])
def test_it_fits_other_widths(width: int) -> None:
    """All but what must not be broken: ids and paths."""
    lines = render(_review(PLACE / "fields" / 4 / "type", "word " * 100), Options(width=width)).split("\n")

    assert [line for line in lines if len(line) > width] == []


def test_colour_adds_nothing_but_escapes() -> None:
    """The text is the same without them."""
    plain, colored = (render(REVIEWS["many"], Options(color=wanted)) for wanted in (False, True))

    assert "\x1b" not in plain
    assert colored != plain
    assert _ESCAPE.sub("", colored) == plain


@pytest.mark.parametrize(
    ("environ", "is_terminal", "expected"),
    [
        ({}, True, True),
        ({}, False, False),
        ({"NO_COLOR": "1"}, True, False),
        ({"NO_COLOR": ""}, True, True),
        ({"FORCE_COLOR": "1"}, False, True),
        ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, True, False),
        ({"TERM": "dumb"}, True, False),
    ],
)
def test_colour_is_for_terminals(environ: dict[str, str], is_terminal: bool, expected: bool) -> None:
    """NO_COLOR is stronger than FORCE_COLOR, and FORCE_COLOR than what the stream is."""
    assert color_wanted(environ, is_terminal=is_terminal) is expected


def test_carets_stand_below_the_value() -> None:
    """From its first character to its last."""
    [(text, marks)] = _marked(ORDER, "/fields/2/type")

    assert text[marks.index("^") : len(marks)] == '"int"'


def test_wide_characters_have_wide_carets() -> None:
    """A terminal gives a Chinese character two columns, and a combining accent none."""
    [(text, marks)] = _marked(Source('["寸法", "e\u0301"]'), "/1")

    assert (text, marks) == ('["寸法", "e\u0301"]', "         ^^^")


def test_a_long_value_is_shown_by_its_ends() -> None:
    """The first three lines, three dots and the last."""
    source = Source(json.dumps(list(range(50)), indent=1))

    assert _marked(source, "") == [("[", "^"), (" 0,", " ^^"), (" 1,", " ^^"), ("", ""), ("]", "^")]


def test_a_value_is_cut_after_60_characters() -> None:
    """A default may be a customer's name; nobody needs it whole."""
    [(text, _)] = _marked(Source(json.dumps({"default": "x" * 100})), "/default", 200)

    assert text == f'{{"default": "{"x" * 58}…"}}'


def test_a_megabyte_on_one_line_is_shown_around_the_value() -> None:
    """Fields before it and after it are not looked at."""
    text = json.dumps({"fields": [{"name": f"field{number}"} for number in range(50_000)]})
    [(shown, marks)] = _marked(Source(text), "/fields/40000/name")

    assert shown[marks.index("^") : len(marks)] == '"field40000"'
    assert (shown[0], shown[-1], len(shown) <= 60) == ("…", "…", True)


def test_tabs_and_windows_line_ends_do_not_shift_carets() -> None:
    """A tab is shown as two spaces, and a carriage return not at all."""
    assert _marked(Source('{\r\n\t"a": 1\r\n}'), "/a") == [('  "a": 1', "       ^")]


def test_a_schema_cannot_steer_the_terminal() -> None:
    """Escape sequences and marks that turn the text around are shown as what they are."""
    place = Place(Source('{"doc": "\u202e\x9b31m"}', "a\x1b.avsc")) / "doc"

    report = render(_review(place, "\x1b[2J\x07"), Options())

    assert {character for character in report if not character.isprintable()} == {"\n"}


def test_a_pointer_that_leads_nowhere_shows_what_is_around_it() -> None:
    """A rule that points too far loses its finding no place."""
    assert region_of(PLACE / "fields" / 2 / "nothing" / 1) == region_of(PLACE / "fields" / 2)


def test_a_place_in_a_text_that_is_not_json_has_no_lines() -> None:
    """The path is still told."""
    assert region_of(Place(Source("version = [", "contracts.toml"), "/version")) is None


def test_the_waiver_can_be_copied() -> None:
    """The block has the fingerprint of the finding."""
    report = render(Review("check", "schemas", (subject(REQUIRED),)), Options())

    assert f'    fingerprint = "{REQUIRED.fingerprint}"\n' in report


def test_fail_on_warning_fails_for_a_warning() -> None:
    """The last word follows the option."""
    words = [render(REVIEWS["one"], Options(fail_on=one)).split("\n\n")[2][:13] for one in Severity]

    assert words == ["check passed:", "check failed:", "check failed:"]


def test_a_thousand_subjects_without_news_take_a_line() -> None:
    """The first three are named."""
    names = [replace(subject(), subject=f"s{number}") for number in range(1000)]

    report = render(Review("check", "schemas", tuple(names)), Options())

    assert report.split("\n")[0] == "unchanged: s0, s1, s2, … and 997 more"
