"""The JSON encoding of the specification: its shape, and what is refused in which words."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from eccs_contracts._codec import logical, scalars
from eccs_contracts._codec.at import At, Report
from eccs_contracts.errors import EncodeError, ValidationError
from eccs_contracts.models import EmailRequest
from eccs_contracts.values import IntBranch, LongBranch
from tests.unit.codec.examples import ID, NOON, dead_letter, request, retry
from tests.unit.codegen.loading import package

AVRO: dict[str, Any] = {
    "id": str(ID),
    "to": "ann@example.com",
    "subject": "Hello",
    "body": "Text",
    "userId": "u-1",
    "timestamp": 1777636800000,
}


def test_the_form() -> None:
    """Each value of a union names its branch; null stands bare."""
    value = request(source="s", template_data={"n": 1, "x": 1.5, "t": "a", "b": True, "z": None})

    assert value.to_json("avro") == AVRO | {
        "source": {"string": "s"},
        "templateId": None,
        "templateData": {
            "map": {"n": {"long": 1}, "x": {"double": 1.5}, "t": {"string": "a"}, "b": {"boolean": True}, "z": None}
        },
        "metadata": None,
        "expiresAt": None,
    }


def test_bytes_are_code_points_and_records_have_full_names() -> None:
    """A character from U+0000 to U+00FF for each byte."""
    found = dead_letter().to_json("avro")

    assert found["originalPayload"] == {"bytes": "\x00\xff"}
    assert found["originalHeaders"] == [{"name": "h", "value": {"bytes": "v"}}]
    assert list(found["originalData"]) == ["com.eccs.email.EmailRequest"]


@pytest.mark.parametrize("value", [request(), retry(), dead_letter(), dead_letter(original_data=None)])
def test_there_and_back(value: Any) -> None:
    """Nothing is lost."""
    assert type(value).from_json(value.to_json("avro"), "avro") == value


def test_a_record_inside_of_itself() -> None:
    """Which fastavro, the judge elsewhere, cannot write."""
    tree = package("recursive")
    value = tree.Tree(value=1, left=tree.Tree(value=2))
    found = value.to_json("avro")

    assert found["left"] == {value.FULLNAME: tree.Tree(value=2).to_json("avro")}
    assert tree.Tree.from_json(found, "avro") == value


def test_a_schema_that_is_no_record_is_its_value_alone() -> None:
    """Its class has an attribute, its JSON has none."""
    prices = package("bare_array").Prices(value=[])

    assert (prices.to_json("avro"), prices.to_json()) == ([], {"value": []})
    assert type(prices).from_json([], "avro") == prices


def test_branches_of_one_python_class_are_told_apart() -> None:
    """What the plain form cannot do."""
    model = package("union_int_long").U
    union = next(one.type for one in model.PLAN.fields if one.name == "n")

    for value, found in ((IntBranch(1), {"int": 1}), (LongBranch(1), {"long": 1})):
        assert union.to_json(value, At(), "avro") == found
        assert union.from_json(found, At(), Report(), "avro") == value


@pytest.mark.parametrize("text", ["NaN", "Infinity", "-Infinity"])
def test_numbers_that_json_has_not(text: str) -> None:
    """Apache Avro for Java writes them as text; Python's json writes and reads them as they are."""
    found = scalars.DOUBLE.from_json(text, At(), Report(), "avro")

    assert json.dumps(scalars.DOUBLE.to_json(found, At(), "avro")) == text


def test_logical_types_are_what_they_are_stored_as() -> None:
    """Dates are days, times are units since midnight, decimals are bytes."""
    found = package("logical").Logical.from_json(
        {
            "id": str(ID),
            "day": 3,
            "atMillis": 1,
            "atMicros": 2,
            "whenMillis": 4,
            "whenMicros": 5,
            "localMillis": 6,
            "localMicros": 7,
            "maybe": None,
            "days": [1],
        },
        "avro",
    )

    assert (found.day, found.at_micros.microsecond) == (date(1970, 1, 4), 2)
    assert logical.decimal_bytes(4, 2).to_json(Decimal("2.56"), At(), "avro") == "\x01\x00"
    assert logical.UUID_FIXED.from_json("\x00" * 15 + "\xff", At(), Report(), "avro") == UUID(int=255)


@pytest.mark.parametrize(
    ("plan", "value"),
    [
        (logical.UUID_FIXED, "\x00" * 15),
        (logical.UUID_FIXED, "\u0100" * 16),
        (logical.decimal_bytes(2, 0), "\x01\x00"),
        (logical.DATE, 2**31),
        (logical.DATE, True),
        (logical.TIME_MILLIS, -1),
        (logical.TIMESTAMP_MILLIS, 1.0),
        (scalars.BYTES, "\u0100"),
        (scalars.BYTES, 7),
        (scalars.fixed(2), "a"),
        (scalars.DOUBLE, "1.5"),
        (scalars.BOOLEAN, 1),
    ],
)
def test_what_is_no_value_is_one_problem(plan: scalars.Scalar, value: Any) -> None:
    """It is no exception of the conversion."""
    report = Report()

    assert plan.from_json(value, At("f"), report, "avro") is None
    assert [problem.field for problem in report.problems] == ["f"]


@pytest.mark.parametrize(
    ("changes", "field", "rule"),
    [
        ({"id": "x"}, "id", "a UUID is expected"),
        ({"timestamp": "2026-05-01T12:00:00Z"}, "timestamp", "a datetime with a time zone is expected"),
        ({"timestamp": True}, "timestamp", "a datetime with a time zone is expected"),
        ({"timestamp": 10**30}, "timestamp", "a datetime with a time zone is expected"),
        ({"source": "s"}, "source", 'one of null, {"string": ...} is expected'),
        ({"source": {}}, "source", 'one of null, {"string": ...} is expected'),
        ({"source": {"null": None}}, "source", 'one of null, {"string": ...} is expected'),
        ({"source": {"string": "s", "null": None}}, "source", 'one of null, {"string": ...} is expected'),
        ({"source": {"string": 5}}, "source", "text is expected"),
        ({"templateData": {"map": {"k": {"int": 1}}}}, "templateData[k]", "one of null, "),
        ({"templateData": {"map": {"k": {"long": 2**63}}}}, "templateData[k]", "an int of 64 bits is expected"),
        ({"templateData": {"map": []}}, "templateData", "an object is expected"),
        ({"userid": "u"}, "userid", "no field of EmailRequest"),
    ],
)
def test_wrong_values(changes: dict[str, Any], field: str, rule: str) -> None:
    """The path and the rule are told."""
    with pytest.raises(ValidationError) as caught:
        EmailRequest.from_json(AVRO | changes, "avro")

    (problem,) = caught.value.problems
    assert problem.field == field
    assert problem.rule.startswith(rule)


def test_everything_wrong_is_told_at_once() -> None:
    """Missing, wrong and unknown fields, in one error without personal data."""
    with pytest.raises(ValidationError) as caught:
        EmailRequest.from_json({"id": 1, "to": ["secret"], "subject": "s", "body": "b", "userId": "u", "x": 1}, "avro")

    assert [str(problem) for problem in caught.value.problems] == [
        "id: a UUID is expected, but it is 1",
        "to: text is expected, but it is ***",
        "timestamp: a value is required, but it is missing",
        "x: no field of EmailRequest, but it is given",
    ]


@pytest.mark.parametrize("form", ["plain", "avro"])
@pytest.mark.parametrize(
    ("value", "field"),
    [
        (request(id="x"), "id"),
        (request(to=None), "to"),
        (request(body="\ud800"), "body"),
        (request(timestamp=NOON.replace(tzinfo=None)), "timestamp"),
        (request(template_data={"n": 2**63}), "templateData[n]"),
        (request(metadata={7: "v"}), "metadata[key]"),
        (request(metadata=["v"]), "metadata"),
        (retry(attempt=True), "_retry.attempt"),
        (dead_letter(original_headers="ab"), "originalHeaders"),
        (dead_letter(original_headers=[request()]), "originalHeaders[0]"),
    ],
)
def test_values_that_cannot_be_written_name_their_field(value: Any, field: str, form: Any) -> None:
    """As in Avro binary, in the same words."""
    with pytest.raises(EncodeError) as binary:
        value.to_avro()
    with pytest.raises(EncodeError) as caught:
        value.to_json(form)

    assert caught.value.field == field
    assert str(caught.value) == str(binary.value)


def test_there_are_two_forms() -> None:
    """Another one is a mistake of the caller."""
    other: Any = "xml"

    with pytest.raises(ValueError, match="a form is one of plain, avro, not 'xml'"):
        request().to_json(other)
    with pytest.raises(ValueError, match="a form is one of plain, avro, not 'xml'"):
        EmailRequest.from_json(AVRO, other)
