"""What is typed into forms and links, and what it means."""

from __future__ import annotations

import uuid
from datetime import timedelta
from urllib.parse import parse_qs

import pytest

from eccs_contracts.dead_letters.letters import Place
from services.dlq_console.filters import (
    BadInput,
    Fields,
    Filter,
    filter_of,
    options_of,
    order_of,
    rate_of,
    redrives_of,
)
from tests.unit.cli.letters import NOW, letter

_ID = str(uuid.UUID(int=7))


def test_everything_that_is_typed_is_in_the_link() -> None:
    """And read back from it."""
    chosen = Filter((_ID, "0/3"), ("PARSE",), "a & b", ("email_requests",), "6h", "2026-05-04")

    assert filter_of(parse_qs(chosen.query(page=2))) == chosen


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"id": ["0/1 x"]}, "id"),
        ({"id": ["0/1"] * 3 + [f"0/{number}" for number in range(501)]}, "id"),
        ({"category": ["NONE"]}, "category"),
        ({"reason": ["x" * 201]}, "reason"),
        ({"reason": ["a\x00"]}, "reason"),
        ({"topic": ["x" * 201]}, "topic"),
    ],
)
def test_what_is_no_filter_is_refused(fields: Fields, field: str) -> None:
    """With the name of the field."""
    with pytest.raises(BadInput) as caught:
        filter_of(fields)

    assert caught.value.field == field


@pytest.mark.parametrize("text", ["yesterday", "9" * 30 + "d", "2026-13-01"])
def test_what_is_no_time_is_refused(text: str) -> None:
    """Where the time is used."""
    with pytest.raises(BadInput, match="no time"):
        Filter(since=text).selection(NOW)


def test_a_dry_run_is_pinned_to_its_instant() -> None:
    """What is given up from then on is not meant, however late it is confirmed."""
    pinned = Filter(since="1h").pinned(NOW)
    much_later = pinned.selection(NOW + timedelta(days=1))

    assert much_later == pinned.selection(NOW)
    assert [much_later.matches(letter(failed_at=NOW + timedelta(minutes=shift))) for shift in (-61, -59, 0)] == [
        False,
        True,
        False,
    ]


def test_an_end_that_was_typed_stays() -> None:
    """Where it is before the instant."""
    assert Filter(until="2h").pinned(NOW).selection(NOW).until == NOW - timedelta(hours=2)


def test_a_run_means_the_same_when_it_is_continued() -> None:
    """Its options are what the command writes, so that either continues it."""
    chosen = Filter((_ID, "1/2"), ("PERMANENT",), "gone", ("email_requests",)).pinned(NOW)
    order = order_of(options_of(chosen, 2), NOW, 50.0)

    assert (order.selection, order.guard.max_redrives, order.rate) == (chosen.selection(NOW), 2, 50.0)
    assert order.selection.places == {Place(1, 2)}


def test_options_of_the_command_are_understood() -> None:
    """Relative times are taken from the beginning of the run."""
    options = {**options_of(Filter(since="1h"), 3), "partitions": [1], "where": ["userId=u1"]}
    selection = order_of(options, NOW, None).selection

    assert (selection.since, set(selection.partitions), str(selection.where[0])) == (
        NOW - timedelta(hours=1),
        {1},
        "userId=u1",
    )


def test_options_of_another_version_are_refused() -> None:
    """Rather than redriving what was not meant."""
    with pytest.raises(BadInput, match="another version"):
        order_of({**options_of(Filter(), 3), "colour": "red"}, NOW, None)


@pytest.mark.parametrize("text", ["0", "11", "x", "-1", "1.5", "²", "1_0", "٣", "9" * 200, "+1", "0x1"])
def test_the_loop_guard_is_a_number_from_1_to_10(text: str) -> None:
    """Nothing else."""
    with pytest.raises(BadInput):
        redrives_of({"max_redrives": [text]})


@pytest.mark.parametrize(
    ("text", "rate"), [("", None), ("100", 100.0), ("0.5", 0.5), ("0.01", 0.01), ("100000", 100_000.0)]
)
def test_a_rate_is_a_number_or_none(text: str, rate: float | None) -> None:
    """Nothing is no limit."""
    assert rate_of({"rate": [text]}) == rate


@pytest.mark.parametrize(
    "text", ["0", "-1", "nan", "inf", "1e9", "fast", "1e-300", "1_0", "0.009", "100000.1", "٣", "9" * 200, "1.", "."]
)
def test_what_is_no_rate_is_refused(text: str) -> None:
    """Also what Python would take for a number."""
    with pytest.raises(BadInput):
        rate_of({"rate": [text]})
