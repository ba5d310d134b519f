"""What generated classes offer, on our own records and on the cases."""

from __future__ import annotations

import datetime as dt
import hashlib
import tomllib
from decimal import Decimal
from pathlib import Path
from typing import Any, get_type_hints
from uuid import UUID

import pytest
from pydantic import TypeAdapter

from compat_checks.files import SchemaFiles
from eccs_contracts._codec.markers import Format, MaxLen, Personal
from eccs_contracts.models import EmailDlq, EmailRequest, EmailRetry
from tests.unit.codegen.loading import package

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("model", [EmailRequest, EmailRetry, EmailDlq])
def test_the_schema_is_the_text_that_is_registered(model: type[EmailRequest]) -> None:
    """It is the self-contained text of the file, and its digest is at hand."""
    text = SchemaFiles.of(ROOT / "schemas").self_contained(f"com/eccs/email/{model.__name__}.avsc")

    assert text == model.SCHEMA
    assert hashlib.sha256(text.encode()).hexdigest() == model.SCHEMA_SHA256


def test_the_contract_is_on_the_record() -> None:
    """Subject, topic, version and names are constants of the class."""
    assert (EmailRequest.SUBJECT, EmailRequest.TOPIC) == ("email_requests-value", "email_requests")
    contracts = tomllib.loads((ROOT / "schemas/contracts.toml").read_text("utf-8"))
    assert contracts["subjects"][EmailRequest.SUBJECT]["version"] == EmailRequest.VERSION
    assert EmailRetry.FIELDS[-1] == "_retry"
    assert EmailRetry.__slots__[-1] == "retry"


def test_constraints_are_in_the_annotations() -> None:
    """Tools find them with the standard library; None is outside of them."""
    hints = get_type_hints(EmailRequest, include_extras=True)

    assert hints["to"].__metadata__ == (MaxLen(254), Format("email"), Personal())
    assert str(hints["source"]).startswith("typing.Optional[typing.Annotated[str")


def test_personal_data_is_not_in_the_repr() -> None:
    """Logs show records, so records hide what is tagged."""
    request = EmailRequest(
        id=UUID(int=1),
        to="ann@example.com",
        subject="Secret",
        body="Secret",
        user_id="u",
        timestamp=dt.datetime(2026, 1, 1, tzinfo=dt.UTC),
    )

    assert "ann@" not in repr(request)
    assert "Secret" not in repr(request)


def test_defaults_of_every_kind() -> None:
    """Each default of the schema is the value that fastavro would read."""
    value = package("defaults").Defaults()

    assert (value.nothing, value.yes, value.big, value.half, value.whole) == (
        None,
        True,
        -9007199254740993,
        0.5,
        3.0,
    )
    assert (value.raw, value.text, value.key, value.level) == (b"\xff\x00", 'it\'s "quoted"\n', b"ab", "HIGH")
    assert (value.items, value.table, value.second) == ([1, 2], {"a": ["b"]}, "x")
    assert (value.inner.x, value.inner.y) == (1, 7)
    assert value.day == dt.date(1969, 12, 31)
    assert value.when == dt.datetime(1970, 1, 1, 0, 0, 1, 500_000, dt.UTC)
    assert (value.at, value.price) == (dt.time(1, 0, 0, 1000), Decimal("2.56"))


def test_mutable_defaults_are_not_shared() -> None:
    """Two values have two lists."""
    make = package("defaults").Defaults

    assert make().items is not make().items


def test_one_short_name_in_two_namespaces_is_two_classes() -> None:
    """Both are exported, each with its namespace in front."""
    circle = package("circle")
    inner = circle.ExampleSecondNode(size=1)
    value = circle.ExampleFirstNode(label="a", other=inner)

    assert circle.ExampleFirstNode.from_avro(value.to_avro()) == value
    assert (value.kind, inner.kind) == ("X", "Y")


def test_uuid_on_a_fixed() -> None:
    """Sixteen bytes."""
    key = package("uuid_fixed").Key(raw=UUID(int=5))

    assert key.to_avro() == UUID(int=5).bytes
    assert type(key).from_avro(key.to_avro()) == key


def test_a_subclass_reads_itself() -> None:
    """`from_avro` and `from_json` make the class they are called on."""
    key = package("uuid_fixed").Key
    mine: Any = type("Mine", (key,), {"__slots__": ()})

    assert type(mine.from_avro(bytes(16))) is mine
    assert type(mine.from_json({"raw": str(UUID(int=0))})) is mine


def test_pydantic_finds_the_constraints() -> None:
    """Tools that know the package annotated_types take ours, though it is not imported before they ask."""
    hints = get_type_hints(EmailRequest, include_extras=True)

    assert TypeAdapter(hints["to"]).json_schema() == {"type": "string", "maxLength": 254}
    assert TypeAdapter(hints["user_id"]).json_schema() == {"type": "string", "minLength": 1, "maxLength": 200}
