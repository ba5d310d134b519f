"""The plain JSON form of the older producers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from eccs_contracts.errors import ValidationError
from eccs_contracts.models import EmailDlq, EmailRequest, EmailRetry
from tests.unit.codec.examples import ID, NOON, dead_letter, request, retry
from tests.unit.codegen.loading import package

PLAIN: dict[str, Any] = {
    "id": str(ID),
    "to": "ann@example.com",
    "subject": "Hello",
    "body": "Text",
    "userId": "u-1",
    "timestamp": 1777636800000,
}


def test_the_form() -> None:
    """Wire names, no wrappers, UUIDs as text, instants as milliseconds."""
    value = request(template_data={"n": 1, "x": 1.5, "t": "a", "b": True, "z": None})

    assert value.to_json() == PLAIN | {
        "source": None,
        "templateId": None,
        "templateData": {"n": 1, "x": 1.5, "t": "a", "b": True, "z": None},
        "metadata": None,
        "expiresAt": None,
    }


def test_bytes_are_base64() -> None:
    """RFC 4648, with padding."""
    plain = dead_letter().to_json()

    assert (plain["originalPayload"], plain["originalHeaders"]) == ("AP8=", [{"name": "h", "value": "dg=="}])


@pytest.mark.parametrize("value", [request(), retry(), dead_letter(), dead_letter(original_data=None)])
def test_there_and_back(value: Any) -> None:
    """Nothing is lost."""
    assert type(value).from_json(value.to_json()) == value


def test_optional_fields_may_be_left_out() -> None:
    """They get their defaults."""
    assert EmailRequest.from_json(PLAIN) == request()


@pytest.mark.parametrize(
    "text", ["2026-05-01T12:00:00Z", "2026-05-01T14:00:00+02:00", "2026-05-01T12:00:00.000999+00:00"]
)
def test_instants_as_text(text: str) -> None:
    """ISO 8601 with an offset, cut to the unit of the schema."""
    assert EmailRequest.from_json(PLAIN | {"timestamp": text}).timestamp == NOON


@pytest.mark.parametrize(
    ("changes", "field", "rule"),
    [
        ({"id": "x"}, "id", "a UUID is expected"),
        ({"id": str(ID).replace("-", "")}, "id", "a UUID is expected"),
        ({"to": 7}, "to", "text is expected"),
        ({"to": None}, "to", "text is expected"),
        ({"body": "\ud800"}, "body", "text is expected"),
        ({"timestamp": "2026-05-01T12:00:00"}, "timestamp", "a datetime with a time zone is expected"),
        ({"timestamp": "soon"}, "timestamp", "a datetime with a time zone is expected"),
        ({"timestamp": True}, "timestamp", "a datetime with a time zone is expected"),
        ({"timestamp": 1.5}, "timestamp", "a datetime with a time zone is expected"),
        ({"timestamp": 10**30}, "timestamp", "a datetime with a time zone is expected"),
        ({"source": 5}, "source", "text is expected"),
        ({"metadata": {"k": 5}}, "metadata[k]", "text is expected"),
        ({"metadata": []}, "metadata", "an object is expected"),
        ({"userid": "u"}, "userid", "no field of EmailRequest"),
    ],
)
def test_wrong_values(changes: dict[str, Any], field: str, rule: str) -> None:
    """The path and the rule are told."""
    with pytest.raises(ValidationError) as caught:
        EmailRequest.from_json(PLAIN | changes)

    assert [(problem.field, problem.rule) for problem in caught.value.problems] == [(field, rule)]


def test_everything_wrong_is_told_at_once() -> None:
    """Missing, wrong and unknown fields, in one error without personal data."""
    with pytest.raises(ValidationError) as caught:
        EmailRequest.from_json({"id": str(ID), "to": ["secret"], "subject": "s", "body": "b", "secret2": "secret"})

    assert [str(problem) for problem in caught.value.problems] == [
        "to: text is expected, but it is ***",
        "userId: a value is required, but it is missing",
        "timestamp: a value is required, but it is missing",
        "secret2: no field of EmailRequest, but it is given",
    ]


def test_a_bool_is_no_int() -> None:
    """JSON has both."""
    plain = retry().to_json()
    plain["_retry"]["attempt"] = True

    with pytest.raises(ValidationError, match=r"_retry\.attempt: an int of 32 bits is expected"):
        EmailRetry.from_json(plain)


@pytest.mark.parametrize("value", [None, [], "text", 7])
def test_what_is_not_an_object(value: Any) -> None:
    """It is one problem without a field."""
    with pytest.raises(ValidationError, match="an object is expected"):
        EmailRequest.from_json(value)


def test_constraints_are_for_validate() -> None:
    """A wrong address is a right type."""
    assert EmailRequest.from_json(PLAIN | {"to": "nobody"}).to == "nobody"


def test_unions_of_records_take_the_branch_that_fits() -> None:
    """There are no wrappers that would say which."""
    unions = package("unions")
    value = unions.Unions.from_json(
        {
            "any": {"a": 1},
            "pet": {"name": "Rex"},
            "maybePet": {"lives": 9},
            "single": 1,
            "onlyNull": None,
            "when": None,
            "mood": "GOOD",
        }
    )

    assert (value.any, value.pet, value.maybe_pet) == ({"a": 1}, unions.Dog(name="Rex"), unions.Cat(lives=9))


def test_dates_times_and_decimals_are_text() -> None:
    """ISO 8601, and digits."""
    logical = package("logical")
    plain = {
        "id": str(ID),
        "day": "2026-05-01",
        "atMillis": "12:30:00.001000",
        "atMicros": "12:30:00.000001",
        "whenMillis": 1,
        "whenMicros": 1,
        "localMillis": "1970-01-01T00:00:01",
        "localMicros": 1,
        "maybe": None,
        "days": ["2026-05-01"],
    }
    value = logical.Logical.from_json(plain)

    assert value.to_json() == plain | {"localMillis": 1000}
    assert value.when_micros == datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=1)


def test_a_dead_letter_of_base64_that_is_none() -> None:
    """The text is not taken for bytes."""
    with pytest.raises(ValidationError, match="originalKey: bytes is expected"):
        EmailDlq.from_json(dead_letter().to_json() | {"originalKey": "?"})
