"""Strict JSON."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.email_service.bodies import parse
from services.email_service.problems import ApiError

_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)


@given(_VALUES)
def test_what_json_writes_is_read(value: object) -> None:
    """In ASCII, and as UTF-8."""
    assert parse(json.dumps(value).encode()) == value
    assert parse(json.dumps(value, ensure_ascii=False).encode()) == value


@pytest.mark.parametrize(
    ("body", "rule"),
    [
        (b'{"a":1,"a":2}', "twice"),
        (b'[{"a":{"b":1,"b":1}}]', "twice"),
        (b"NaN", "NaN"),
        (b"[-Infinity]", "NaN"),
        (b"1e999", "too large"),
        (b"9" * 5000, "too long"),
        (b'"\\ud800"', "surrogate"),
        (b'{"\\uDFFF":1}', "surrogate"),
        (b'"\xed\xa0\x80"', "UTF-8"),
        (b"\xff", "UTF-8"),
        (b"[" * 100_000, "deep"),
        (b"[" * 40 + b"]" * 40, "deeper than 32"),
        (b"", "not JSON: Expecting value at character 1$"),
        (b'{"to": "a', "not JSON: Unterminated string starting at character 8$"),
        (b"{} {}", "not JSON: Extra data at character 4$"),
        (b"\xef\xbb\xbf{}", "not JSON"),
    ],
)
def test_what_has_no_one_meaning_is_400(body: bytes, rule: str) -> None:
    """With the rule, and without the body."""
    with pytest.raises(ApiError, match=rule) as caught:
        parse(body)

    assert caught.value.status == 400


def test_a_pair_of_surrogates_is_one_character() -> None:
    """As RFC 8259, section 7 says."""
    assert parse(b'"\\ud83d\\ude00"') == "\U0001f600"
