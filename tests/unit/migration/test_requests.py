"""Requests in JSON: what is read, what is refused and why, and which fields are left out."""

from __future__ import annotations

from typing import Any

import pytest

from eccs_contracts.errors import DecodeError, ValidationError
from eccs_contracts.headers import Headers
from eccs_contracts.migration import FromJson, is_json, refuse_unknown, request_from_json
from tests.unit.migration.older import ID, MILLIS, NOW, PLAIN, text, with_raw

BOM = b"\xef\xbb\xbf"
JSON: Headers = [("x-content-type", b"application/json")]
AVRO: Headers = [("x-content-type", b"application/vnd.confluent.avro")]
DAY = 86_400_000


def _read(value: bytes) -> FromJson:
    return request_from_json(value, NOW)


def _problems(value: bytes) -> dict[str, str]:
    """Rule by field of what is wrong with a request."""
    with pytest.raises(ValidationError) as caught:
        _read(value)
    return {problem.field: problem.rule for problem in caught.value.problems}


@pytest.mark.parametrize("start", [b"", b" ", b"\n\t\r ", BOM, BOM + b"\r\n "])
def test_blanks_and_a_mark_before_json_change_nothing(start: bytes) -> None:
    """With and without a content type."""
    value = start + text()

    assert [is_json(value, headers) for headers in ([], JSON, AVRO)] == [True, True, True]
    assert str(_read(value).request.id) == ID


@pytest.mark.parametrize(
    ("value", "headers", "expected"),
    [
        (b"\0\0\0\0\1{", [], False),
        (b'\0{\0"\0i', [], False),
        (b"\xfe\xff\0{\0}", [], True),
        (b"\0\0\0\0\1{", JSON, False),
        (b"null", JSON, True),
        (b"null", [("content-type", b"application/json")], True),
        (b"null", [("content-type", b"text/plain")], False),
        (b"null", [("x-content-type", b"APPLICATION/JSON; charset=utf-8")], True),
        (b"null", [*AVRO, ("content-type", b"application/json")], False),
        (b"H" + ID.encode(), [*JSON, ("__value_schema_id", b"\1" + b"x" * 16)], False),
        (b"", JSON, True),
        (b"  x", [], False),
    ],
)
def test_the_bytes_decide_and_then_the_header(value: bytes, headers: Headers, expected: bool) -> None:
    """A frame is never JSON, a brace always; the rest is what its content type says."""
    assert is_json(value, headers) is expected


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-32", "utf-32-le"])
def test_other_encodings_of_unicode_are_refused_by_name(encoding: str) -> None:
    """Not as JSON that is broken somewhere."""
    value = text().decode().encode(encoding)

    assert is_json(value, [])
    with pytest.raises(DecodeError, match="UTF-16 or UTF-32"):
        _read(value)


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (b"\xff", "not UTF-8"),
        (text().decode().replace('"S"', '"\xe9"').encode("latin-1"), "not UTF-8"),
        (text()[:40], r"not JSON: .* at character \d+$"),
        (b'{"a" 1}', "not JSON: Expecting ':' delimiter at character 6$"),
        (b'{"a": "b', "not JSON: Unterminated string starting at character 7$"),
        (b"[1]", "a JSON object is expected, not an array"),
        (b"null", "a JSON object is expected, not null"),
        (b'"text"', "a JSON object is expected, not a string"),
        (b"true", "a JSON object is expected, not a boolean"),
        (b"-1.5e3", "a JSON object is expected, not a number"),
        (b" " + BOM + text(), "not JSON"),
        (with_raw("metadata", "NaN"), "NaN is no JSON number"),
        (with_raw("cc", "-Infinity"), "-Infinity is no JSON number"),
        (b"[" * 100_000, "nested too deeply"),
        (b'{"a":' * 2000 + b"1" + b"}" * 2000, "nested too deeply"),
    ],
)
def test_what_is_no_json_object_is_refused(value: bytes, reason: str) -> None:
    """With the reason, whatever interpreter runs."""
    with pytest.raises(DecodeError, match=reason):
        _read(value)


@pytest.mark.parametrize(("levels", "refused"), [(99, False), (100, True)])
def test_a_hundred_levels_are_read(levels: int, refused: bool) -> None:
    """The object itself is one."""
    value = with_raw("x", "[" * levels + "]" * levels)

    if refused:
        with pytest.raises(DecodeError, match="at most 100 levels"):
            _read(value)
    else:
        assert _read(value).unknown == ("x",)


def test_many_brackets_side_by_side_are_not_deep() -> None:
    """Depth is counted, not brackets."""
    assert _read(with_raw("x", "[" + ",".join(["{}"] * 1000) + "]")).unknown == ("x",)


def test_what_the_contract_does_not_have_is_named_and_never_in_metadata() -> None:
    """Text and everything else alike; null holds nothing."""
    value = text(cc="o@example.com", html="<b>", attachments=[{"filename": "a"}], priority=5, bcc=None)
    found = _read(value)

    assert found.unknown == ("cc", "html", "attachments", "priority")
    assert found.request.metadata is None
    assert _read(text(metadata={"a": "b"}, cc="x")).request.metadata == {"a": "b"}


def test_names_of_unknown_fields_are_safe_to_show() -> None:
    """Printable ASCII, at most 40 characters, each once."""
    names = {"a\x1b[31m\n": 1, "ü" * 50: 1, "ü" * 45: 1, "": 1, "x" * 41: 1}

    assert _read(text(**names)).unknown == ("a?[31m?", "?" * 40, "(empty)", "x" * 40)


def test_unknown_fields_can_be_refused() -> None:
    """All are named, up to ten."""
    refuse_unknown(())
    with pytest.raises(ValidationError) as caught:
        refuse_unknown(tuple(f"f{number}" for number in range(12)))

    assert [one.field for one in caught.value.problems] == [*(f"f{number}" for number in range(10)), "others"]
    assert "given (2)" in str(caught.value)


@pytest.mark.parametrize("body", [{}, {"body": None}])
def test_a_body_may_be_missing_where_there_is_a_template(body: dict[str, Any]) -> None:
    """It is empty then."""
    assert _read(text("body", templateId="welcome", **body)).request.body == ""


@pytest.mark.parametrize("fields", [{}, {"body": None}, {"templateId": None}])
def test_a_body_is_required_without_a_template(fields: dict[str, Any]) -> None:
    """Null is as good as missing."""
    assert _problems(text("body", **fields)) == {"body": "required unless templateId is given"}


def test_a_body_may_be_empty() -> None:
    """An empty mail is what somebody asked for."""
    assert _read(text(body="")).request.body == ""


@pytest.mark.parametrize("stamp", [MILLIS, MILLIS + DAY, 946_684_800_000, "2026-11-28T12:00:00Z", "2000-01-01T00:00Z"])
def test_a_timestamp_in_bounds_is_read(stamp: Any) -> None:
    """Milliseconds, or ISO 8601 with an offset."""
    assert _read(text(timestamp=stamp)).request.timestamp is not None


@pytest.mark.parametrize(
    ("stamp", "hint"),
    [
        (MILLIS + DAY + 1, ""),
        (946_684_799_999, ""),
        (0, ""),
        (-1, ""),
        (MILLIS // 1000, " (this looks like seconds)"),
        (MILLIS * 1000, " (this looks like microseconds)"),
        (MILLIS * 10**6, " (this looks like nanoseconds)"),
        ("2026-11-29T12:00:00.001Z", ""),
        ("1999-12-31T23:59:59.999Z", ""),
    ],
)
def test_a_timestamp_out_of_bounds_is_refused(stamp: Any, hint: str) -> None:
    """With the unit that it seems to have."""
    rule = "from 2000-01-01 to one day ahead of now, in milliseconds since 1970"

    assert _problems(text(timestamp=stamp)) == {"timestamp": rule + hint}


@pytest.mark.parametrize(
    "stamp", ["2026-11-28", "2026-11-28T12:00:00", str(MILLIS), "0", True, None, [1], MILLIS + 0.5, "", "\u0662" * 4]
)
def test_what_is_no_instant_is_refused_as_such(stamp: Any) -> None:
    """A date without a zone could be any of 26 hours; a number in quotes could be anything."""
    assert _problems(text(timestamp=stamp)) == {"timestamp": "a datetime with a time zone is expected"}


def test_bounds_are_checked_only_at_an_instant() -> None:
    """A request that lies in a dead letter may be of any age."""
    assert request_from_json(text(timestamp=0)).request.timestamp.year == 1970


@pytest.mark.parametrize(
    ("raw", "field"),
    [
        ("1e400", "templateData[n]"),
        ("-1e400", "templateData[n]"),
        (str(2**63), "templateData[n]"),
        ("9" * 10_000, "templateData[n]"),
    ],
)
def test_a_number_that_would_change_is_refused(raw: str, field: str) -> None:
    """Neither infinity nor a rounded integer goes into a mail."""
    assert list(_problems(with_raw("templateData", f'{{"n": {raw}}}'))) == [field]


@pytest.mark.parametrize("raw", [str(2**63 - 1), str(-(2**63)), "1e300", "0.5"])
def test_a_number_that_fits_is_kept(raw: str) -> None:
    """64 bits, or a double."""
    found = _read(with_raw("templateData", f'{{"n": {raw}}}')).request.template_data

    assert found is not None
    assert float(raw) == float(found["n"])  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["id", "to", "subject", "body", "userId", "timestamp", "expiresAt", "metadata"])
def test_millions_of_digits_are_refused_in_any_field(name: str) -> None:
    """At once, and the error stays short."""
    value = text(name)[:-1] + f', "{name}": '.encode() + b"7" * 1_000_000 + b"}"

    with pytest.raises(ValidationError) as caught:
        _read(value)
    assert caught.value.problems[0].field == name
    assert len(str(caught.value)) < 300


def test_unknown_numbers_of_any_size_are_left_out() -> None:
    """What is dropped need not fit."""
    assert _read(with_raw("priority", "9" * 10_000)).unknown == ("priority",)


@pytest.mark.parametrize(
    ("value", "field"),
    [
        (with_raw("body", '"second"'), "body"),
        (with_raw("body", '"B"'), "body"),
        (with_raw("metadata", '{"a": "1", "a": "2"}'), "metadata[a]"),
        (with_raw("templateData", '{"a\\u0000": 1, "a\\u0000": 2}'), "templateData[a?]"),
    ],
)
def test_a_name_that_is_given_twice_is_refused(value: bytes, field: str) -> None:
    """Which of the two is meant, nobody knows (RFC 8259, section 4)."""
    assert _problems(value) == {field: "one value for each name"}


def test_many_names_that_are_given_twice_are_refused_in_time() -> None:
    """The first ten are listed."""
    pairs = ", ".join(f'"{number}": 1, "{number}": 2' for number in range(5_000))

    with pytest.raises(ValidationError) as caught:
        _read(with_raw("metadata", f"{{{pairs}}}"))
    assert sum(problem.rule == "one value for each name" for problem in caught.value.problems) == 10


def test_an_unknown_name_may_be_given_twice() -> None:
    """Neither value is used."""
    assert _read(with_raw("cc", '1, "cc": {"a": 1, "a": 2}')).unknown == ("cc",)


@pytest.mark.parametrize("field", ["subject", "body", "userId", "templateId"])
def test_half_of_a_character_is_refused(field: str) -> None:
    """A lone surrogate is text in no encoding."""
    value = text(field)[:-1] + f', "{field}": "a\\ud800"}}'.encode()

    assert field in _problems(value)


@pytest.mark.parametrize("raw", ['{"\\ud800": "x"}', '{"a": "\\udfff"}'])
def test_half_of_a_character_is_refused_in_metadata(raw: str) -> None:
    """In a name, too."""
    assert list(_problems(with_raw("metadata", raw))) != []


def test_every_problem_is_listed_in_the_order_of_the_fields() -> None:
    """Ours and those of the types alike; personal data is masked."""
    value = text("body", to=5, timestamp=0, id="12")

    with pytest.raises(ValidationError) as caught:
        _read(value)
    assert [(one.field, one.value) for one in caught.value.problems] == [
        ("id", "'12'"),
        ("to", "***"),
        ("body", "missing"),
        ("timestamp", "0"),
    ]


@pytest.mark.parametrize("stray", [{}, {"_retry": {"attempt": 2}}])
def test_the_fields_of_a_request_are_read(stray: dict[str, Any]) -> None:
    """The state of a retry says nothing in a first delivery, and is named."""
    found = _read(text(**stray))

    assert found.request.to_json()["to"] == PLAIN["to"]
    assert (found.unknown, found.retry) == (tuple(stray), None)
