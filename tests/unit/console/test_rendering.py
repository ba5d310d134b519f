"""Pages: nothing of a letter is markup, nothing of it is hidden."""

from __future__ import annotations

from collections import Counter

import pytest
from jinja2 import UndefinedError

from eccs_contracts.dead_letters.masking import mask
from services.dlq_console.pages import bars, fragment
from services.dlq_console.rendering import MOST_SHOWN, Renderer, dump, flat, visible, words


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain é 中 😀", "plain é 中 😀"),
        ("two\nlines\t", "two\nlines\t"),
        ("\x00\x1b[2J\x7f\x85", "\\x00\\x1b[2J\\x7f\\x85"),
        ("a\u202eb\u200bc", "a\\u{202e}b\\u{200b}c"),
        ("\ud800", "\\u{d800}"),
        ("❤\ufe0f\u3164\U000e0100", "❤\\u{fe0f}\\u{3164}\\u{e0100}"),
    ],
)
def test_nothing_is_hidden(text: str, shown: str) -> None:
    """Control characters, those that turn the direction of text, and half pairs become escapes."""
    assert visible(text) == shown


def test_what_is_long_is_cut() -> None:
    """And how much is missing is said."""
    assert visible("x" * (MOST_SHOWN + 1_234)).endswith("… and 1,234 more characters")


def test_bytes_are_shown_as_editors_do() -> None:
    """Offset, hexadecimal, ASCII."""
    raw = bytes(range(0x3C, 0x3C + 18))

    assert dump(raw).splitlines() == [
        "000000  3c 3d 3e 3f 40 41 42 43  44 45 46 47 48 49 4a 4b  <=>?@ABCDEFGHIJK",
        "000010  4c 4d                                             LM",
    ]


def test_markup_of_a_problem_is_text() -> None:
    """Whatever a template is given."""
    html = Renderer()(
        "problem.html",
        problem={"status": 500, "title": "<script>", "text": "<img src=x onerror=alert(1)> a@b.example"},
        visitor=None,
        refresh=None,
        here="/",
    )

    assert ("<script>" in html, "<img src=x" in html, "a@b.example" in html) == (False, False, False)
    assert "&lt;script&gt;" in html


def test_a_value_that_is_missing_is_an_error() -> None:
    """And no empty place."""
    with pytest.raises(UndefinedError):
        Renderer()("problem.html", visitor=None, refresh=None, here="/")


@pytest.mark.parametrize(
    ("name", "said"), [("failureReason", "failure reason"), ("TRANSIENT_EXHAUSTED", "transient exhausted")]
)
def test_names_are_words(name: str, said: str) -> None:
    """For people."""
    assert words(name) == said


def test_a_tree_is_rows() -> None:
    """By path; what is absent is left out."""
    tree = {"totalAttempts": 5, "templateData": {"name": "Ada"}, "source": None, "list": []}

    assert list(flat(tree)) == [("totalAttempts", 5), ("templateData.name", "Ada")]


@pytest.mark.parametrize(
    ("value", "drawn"),
    [
        (mask("Ada"), '<span class="masked">masked, 3 characters</span>'),
        ("<masked, 3 characters>", '<span class="value">&lt;masked, 3 characters&gt;</span>'),
        ("<masked>", '<span class="value">&lt;masked&gt;</span>'),
        (5, '<span class="value">5</span>'),
    ],
)
def test_a_text_that_looks_masked_is_not_drawn_as_masked(value: object, drawn: str) -> None:
    """Its class decides, not its text: a producer may write anything."""
    template = Renderer()._environment.get_template("parts.html")

    assert template.module.value_of(value).strip() == drawn  # type: ignore[attr-defined]  # a macro


def test_a_kind_of_reasons_is_searched_by_its_longest_part() -> None:
    """As what differs between them is not in it."""
    assert fragment("550 5.1.1 <…>: no such user") == ">: no such user"


def test_the_largest_bar_is_whole() -> None:
    """Others are their share of it."""
    rows = bars(Counter(a=4, b=1), lambda name: {"category": name})

    assert [(row.name, row.share, row.query) for row in rows] == [
        ("a", 100.0, "category=a"),
        ("b", 25.0, "category=b"),
    ]
