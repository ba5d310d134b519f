"""The comment of a pull request, as a markdown parser reads it."""

from __future__ import annotations

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

from compat_checks.classes import replace
from compat_checks.findings import Finding, Severity
from compat_checks.report import Options
from compat_checks.report.escape import code, fenced, prose, row
from compat_checks.report.markdown import MAX_COMMENT, render
from compat_checks.review import Review
from tests.unit.report.golden import rendered
from tests.unit.report.reviews import BROKEN, REQUIRED, REVIEWS, subject

PARSER = MarkdownIt("commonmark").enable(["table", "strikethrough"])
NASTY = [
    "a|b",
    "a\\|b",
    "`x` and ``y``",
    "<script>alert(1)</script>",
    "*a* _b_ ~~c~~ [d](e) ![f](g)",
    "&lt; &#35; &amp;",
    "# not a heading",
    "- not a list",
    "1. not a list",
    "    not code",
    "_retry",
    "https://example.org",
    " leading",
    "\\",
    "`",
]


def _text(tokens: list[Token]) -> str:
    """What a reader sees: text and code, without tags and comments."""
    inline = [child for token in tokens for child in token.children or []]
    return "".join(child.content for child in inline if child.type in ("text", "code_inline", "text_special"))


def _cells(tokens: list[Token]) -> list[str]:
    starts = [at for at, token in enumerate(tokens) if token.type in ("td_open", "th_open")]
    return [_text([tokens[at + 1]]) for at in starts]


@pytest.mark.parametrize("text", NASTY)
def test_a_value_reads_as_it_is(text: str) -> None:
    """As code, outside of a table."""
    assert _text(PARSER.parse(f"x {code(text)}")) == f"x {text}"


@pytest.mark.parametrize("text", NASTY)
def test_a_value_is_one_cell(text: str) -> None:
    """As code, in a table."""
    table = "\n".join([row(("A", "B")), row(("---", "---")), row((code(text), "end"))])

    assert _cells(PARSER.parse(table)) == ["A", "B", text, "end"]


@pytest.mark.parametrize("text", NASTY)
def test_a_sentence_reads_as_it_is(text: str) -> None:
    """But for pairs of backticks, which make code of what is between them."""
    assert _text(PARSER.parse(prose(text))) == _without_pairs(text.strip())


def _without_pairs(text: str) -> str:
    return {"`x` and ``y``": "x and `y`"}.get(text, text)


@pytest.mark.parametrize("text", [text for text in NASTY if "`" not in text])
def test_a_sentence_has_no_markup(text: str) -> None:
    """One paragraph, and in it text and comments only."""
    tokens = PARSER.parse(prose(text))
    children = [child for token in tokens for child in token.children or []]

    assert [token.type for token in tokens] == ["paragraph_open", "inline", "paragraph_close"]
    assert {child.content for child in children if child.type not in ("text", "text_special")} <= {"<!-- -->"}


def test_nobody_is_mentioned() -> None:
    """GitHub would write to whoever has the name."""
    assert prose("@ann and #12") == "@<!-- -->ann and #<!-- -->12"


def test_a_block_of_code_cannot_be_left() -> None:
    """Its fence is longer than any inside."""
    [token] = PARSER.parse(fenced("diff", ["```", "````", "end"]))

    assert (token.info, token.content) == ("diff", "```\n````\nend\n")


@pytest.mark.parametrize("name", REVIEWS)
def test_the_marker_is_the_first_line(name: str) -> None:
    """By it a bot finds the comment to replace."""
    assert rendered(name, "markdown").split("\n")[0] == "<!-- compat-checks -->"


@pytest.mark.parametrize("name", REVIEWS)
def test_parts_that_open_also_close(name: str) -> None:
    """GitHub shows nothing after a part that stays open."""
    text = rendered(name, "markdown")

    assert text.count("<details>") == text.count("</details>")


def test_every_subject_with_news_has_a_row() -> None:
    """Broken ones first."""
    cells = _cells(PARSER.parse(rendered("many", "markdown")))

    assert [cells[at] for at in (7, 14)] == ["orders-value", "payments-value"]


def _many(number: int) -> Review:
    found = [replace(REQUIRED, element=f"Order.field{at}") for at in range(number)]
    return Review("check", "schemas", (subject(*found), replace(BROKEN, subject="other-value")))


def test_it_is_cut_to_what_github_takes() -> None:
    """Whole parts are left out, and a note says how many."""
    text = render(_many(500), Options())

    assert len(text) <= MAX_COMMENT
    assert len(text) > MAX_COMMENT * 0.9
    assert text.count("<details>") == text.count("</details>")
    left_out = 505 - text.count("\n#### ")
    assert f"Left out: {left_out} findings, 1 hint." in text


def test_what_fits_is_not_cut() -> None:
    """No note where there is nothing to say."""
    assert "Left out" not in render(_many(5), Options())


def test_a_finding_that_is_too_long_leaves_the_others() -> None:
    """It is left out by itself."""
    long = Finding(rule="LONG", severity=Severity.ERROR, message="x" * 70_000, element="R")
    text = render(Review("lint", "schemas", findings=(long, REQUIRED)), Options())

    assert ["LONG" in text, "Order.priority" in text, "Left out: 1 finding." in text] == [False, True, True]


def test_thousands_of_subjects_fit() -> None:
    """The table has a hundred rows and says how many more there are."""
    subjects = tuple(replace(BROKEN, subject=f"subject-{at}-value") for at in range(2000))
    text = render(Review("check", "schemas", subjects), Options())

    assert len(text) <= MAX_COMMENT
    assert "… and 1900 more subjects." in text
