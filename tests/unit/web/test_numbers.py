"""Numbers and instants from outside: what is one, and that nothing else raises."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.email_service.models import ListQuery
from services.web.numbers import instant, numeric_date, whole


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0", 0),
        ("007", 7),
        ("9" * 18, 10**18 - 1),
        ("9" * 19, None),
        ("9" * 5_000, None),
        ("", None),
        ("1_0", None),
        ("+1", None),
        ("-1", None),
        (" 1", None),
        ("1\n", None),
        ("1.0", None),
        ("1e3", None),
        ("\u0661", None),
        ("\uff11", None),
        ("\u00b2", None),
    ],
)
def test_a_whole_number_is_ascii_digits(text: str, number: int | None) -> None:
    """As many as fit into 64 bits."""
    assert whole(text) == number


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (0, 0.0),
        (1.5, 1.5),
        (253_402_300_799, 253_402_300_799.0),
        (253_402_300_800, None),
        (-1, None),
        (10**400, None),
        (float("nan"), None),
        (float("inf"), None),
        (True, None),
        ("4000000000", None),
        (None, None),
        ([1], None),
    ],
)
def test_a_numeric_date_is_a_number_of_the_calendar(value: Any, seconds: float | None) -> None:
    """RFC 7519, section 2."""
    assert numeric_date(value) == seconds


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2030-01-01T12:00:00Z", datetime(2030, 1, 1, 12, tzinfo=UTC)),
        ("2030-01-01t13:00:00.5+01:00", datetime(2030, 1, 1, 12, 0, 0, 500_000, tzinfo=UTC)),
        ("1970-01-01T00:00:00Z", datetime(1970, 1, 1, tzinfo=UTC)),
        ("1970-01-01T00:30:00+01:00", None),
        ("2999-12-31T23:59:59Z", datetime(2999, 12, 31, 23, 59, 59, tzinfo=UTC)),
        ("3000-01-01T00:00:00Z", None),
        ("0001-01-01T00:00:00+14:00", None),
        ("9999-12-31T23:59:59-14:00", None),
        ("2030-02-30T00:00:00Z", None),
        ("2030-01-01T25:00:00Z", None),
        ("2030-01-01T12:00:00", None),
        ("2030-01-01", None),
        ("\u0662\u0660\u0663\u0660-01-01T12:00:00Z", None),
        ("1893499200", None),
    ],
)
def test_an_instant_is_of_rfc_3339_and_of_these_centuries(text: str, expected: datetime | None) -> None:
    """Both ends, and offsets that lead beyond them."""
    assert instant(text) == expected


@given(st.text(max_size=40) | st.from_regex(r"[0-9+\-_.:TZ ]{1,40}", fullmatch=True))
def test_whatever_comes_raises_nothing(text: str) -> None:
    """It is a value or None."""
    assert whole(text) is None or text.isdecimal()
    assert instant(text) is None or "T" in text.upper()


@pytest.mark.parametrize("limit", ["1_0", "+10", " 10", "10.0", "9" * 5_000, "\u0661", "0", "201", "", "1e2", "0x10"])
def test_a_page_s_limit_is_a_number_from_1_to_200(limit: str) -> None:
    """Anything else is refused by the query's own rules."""
    with pytest.raises(ValueError, match="limit"):
        ListQuery.model_validate({"limit": limit})


@pytest.mark.parametrize(("limit", "number"), [("1", 1), ("200", 200), ("007", 7)])
def test_such_a_limit_is_taken(limit: str, number: int) -> None:
    """Both ends."""
    assert ListQuery.model_validate({"limit": limit}).limit == number
