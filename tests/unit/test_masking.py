"""The masker of text, and the visitor that masks by the tags of schemas."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any, Final

import pytest

from eccs_contracts import EmailDlq, EmailRequest, EmailRetry
from eccs_contracts._codec.record import Record, RecordPlan
from eccs_contracts._codec.resolving.shapes import shape_of
from eccs_contracts.dead_letters.masking import Masked, dated, mask, mask_bytes, masked
from eccs_contracts.dead_letters.showing import readable_headers
from eccs_contracts.dead_letters.statistics import kind_of
from eccs_contracts.headers import Headers
from eccs_contracts.masking import EXAMPLE, MAX_MASKED, mask_text
from services import logs
from tests.unit.timing import LARGE, MOST, growth

HOSTILE: Final = (
    *(
        "a",
        "@",
        "a@",
        "a@ ",
        "@a",
        "a ",
        "<a@b>",
        "a.",
        ".@",
        "a@b,",
        "é",
        "\uff20",
        "\u200b",
        "\u202e",
        "\ue000",
        "\n",
    ),
    *("'", "'@", "a'", '"', '"a', '\\"', '"@', '"a"@', '"\\', "://", "://a", "://a@", "://a:", "//", ":", "/"),
    *("%40", "%4", "%", "a%40", "=", "<", "[", "@[", "a@[", "@[a", "a@[a]", "-", "1", "12-", "'1", "\\"),
)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("ada@example.com", "***"),
        ("550 5.1.1 <ada@example.com>: unknown", "550 5.1.1 <***>: unknown"),
        ("a@b", "***"),
        ("a@b,c@d;e@f g@h", "***,***;*** ***"),
        ("mailto:ada@example.com", "mailto:***"),
        ("{'to': 'ada@example.com'}", "{'to': '***'}"),
        ('{"to": "ada@example.com"}', '{"to": "***"}'),
        ("[ada@example.com]", "[***]"),
        ("o'brien@example.com is full", "*** is full"),
        ("shop/sales=eu+x@example.com", "***"),
        ("bounce+ada=example.com@list.example", "***"),
        ('"john doe"@example.com: no', "***: no"),
        ('"a\\"b c"@example.com', "***"),
        ("müller@exämple.de", "***"),
        ("用户@例子.公司", "***"),
        ("ada\uff20example.com", "***"),
        ("ada%40example.com", "***"),
        ("ada@[192.0.2.1] gone", "*** gone"),
        ("ada@[IPv6:2001:db8::1] gone", "*** gone"),
        ("ada\u200b@example.com", "***"),
        ("a@b@c", "***"),
        ("a@b'c@d", "***"),
        ("ada@", "***"),
        ("mongodb://u:p@host/", "mongodb://***@host/"),
        ("mongodb://u:p,a:s's@h1/", "mongodb://***@h1/"),
        ("see https://user@host:1/x", "see https://***@host:1/x"),
    ],
)
def test_addresses_and_users_of_uris_are_masked(text: str, shown: str) -> None:
    """However an address is written, and wherever it stands."""
    assert mask_text(text) == shown


@pytest.mark.parametrize("text", ["", "@", "@@@", "@ada", "at 5 @ 3", "550 5.1.1 no such user", "100 %", "://", "a%4b"])
def test_text_without_an_address_stays(text: str) -> None:
    """A sign alone is none, nor is a mention."""
    assert mask_text(text) == text


def test_the_example_of_our_own_messages_stays() -> None:
    """RFC 2606 reserves its domain, so that it is nobody's address; what only ends like it is masked."""
    sentence = "to: an e-mail address like name@example.com, but it is 'x'"

    assert [mask_text(text) for text in (sentence, f"{EXAMPLE}.", f"sur{EXAMPLE}", f"{EXAMPLE}.evil")] == [
        sentence,
        f"{EXAMPLE}.",
        "***",
        "***",
    ]


@pytest.mark.parametrize(
    ("length", "ends"),
    [(MAX_MASKED, "x"), (MAX_MASKED + 1, "… 1 more characters"), (MAX_MASKED + 5_000, "… 5,000 more characters")],
)
def test_a_long_text_is_cut_before_it_is_masked(length: int, ends: str) -> None:
    """What is missing is counted."""
    assert mask_text("x" * length).endswith(ends)


def test_an_address_at_the_cut_does_not_leak_its_local_part() -> None:
    """The word that is cut is left out: alone it would not look like an address."""
    assert mask_text("hello john.doe@example.com", 10) == "hello … 20 more characters"


@pytest.mark.parametrize("shape", HOSTILE)
@pytest.mark.parametrize("work", [lambda text: mask_text(text, LARGE), logs.masked, kind_of])
def test_masking_takes_time_in_proportion(work: Callable[[str], object], shape: str) -> None:
    """1 MB takes at most 15 times as long as 100 kB: a quadratic expression takes 100 times."""
    assert growth(work, shape) <= MOST


def _schema(*fields: dict[str, Any]) -> str:
    return json.dumps({"type": "record", "name": "Root", "namespace": "a", "fields": fields})


def _person(namespace: str, *, tagged: bool) -> dict[str, Any]:
    tags = {"confluent:tags": ["PII"]} if tagged else {}
    fields = [{"name": "name", "type": "string", **tags}]
    return {"type": "record", "name": "Person", "namespace": namespace, "fields": fields}


def test_records_of_one_short_name_are_told_apart() -> None:
    """By their namespace, as the specification resolves names."""
    schema = _schema(
        {"name": "first", "type": _person("a", tagged=True)},
        {"name": "other", "type": _person("b", tagged=False)},
        {"name": "second", "type": "Person"},
        {"name": "third", "type": "b.Person"},
    )
    value = {key: {"name": "Ann"} for key in ("first", "other", "second", "third")}
    hidden, clear = {"name": "<masked, 3 characters>"}, {"name": "Ann"}

    assert masked(value, schema) == {"first": hidden, "other": clear, "second": hidden, "third": clear}


def test_a_name_with_dots_is_found_by_its_last_part() -> None:
    """A full name in `name` sets the namespace of the names in it."""
    person = {"type": "record", "name": "a.Person", "fields": _person("a", tagged=True)["fields"]}
    fields = [{"name": "first", "type": person}, {"name": "second", "type": "Person"}]
    schema = json.dumps({"type": "record", "name": "a.Root", "fields": fields})

    assert masked({"first": {"name": "A"}, "second": {"name": "B"}}, schema)["second"] == {
        "name": "<masked, 1 characters>"
    }


_TAGGED: Final = {"confluent:tags": ["PII"]}


@pytest.mark.parametrize(
    ("kind", "value", "shown"),
    [
        ({"type": "array", "items": "string"}, ["a", "b"], "<masked, 2 entries>"),
        ({"type": "map", "values": "string"}, {"a": "b"}, "<masked, 1 entries>"),
        ({"type": "array", "items": {"type": "array", "items": "int"}}, [[1], [2]], "<masked, 2 entries>"),
        ("int", 5, "<masked>"),
        ("boolean", False, "<masked>"),
        (["null", "string"], None, None),
        (["null", "string"], "abc", "<masked, 3 characters>"),
        (["null", _person("b", tagged=True), "string"], "abc", "<masked, 3 characters>"),
        (["null", _person("b", tagged=True), "string"], {"name": "Ann"}, {"name": "<masked, 3 characters>"}),
        ({"type": "array", "items": _person("b", tagged=True)}, [{"name": "A"}], [{"name": "<masked, 1 characters>"}]),
        ({"type": "array", "items": _person("b", tagged=False)}, [{"name": "A"}], "<masked, 1 entries>"),
        ({"type": "map", "values": _person("b", tagged=True)}, {"k": {"name": "A"}}, None),
        ([_person("b", tagged=True), _person("c", tagged=False)], {"name": "A"}, "<masked, 1 entries>"),
    ],
)
def test_what_is_tagged_is_masked_whatever_its_type(kind: Any, value: Any, shown: Any) -> None:
    """Whole, except for the untagged fields of records that have tags of their own."""
    found = masked({"x": value}, _schema({"name": "x", "type": kind, **_TAGGED}))["x"]

    assert found == ({"k": {"name": "<masked, 1 characters>"}} if isinstance(kind, dict) and "k" in value else shown)


def test_keys_of_maps_are_masked_like_values() -> None:
    """And none is lost where two become the same."""
    schema = _schema({"name": "metadata", "type": {"type": "map", "values": "string"}})
    found = masked({"metadata": {"ada@example.com": "1", "bob@example.com": "2", "k": "a@b"}}, schema)

    assert found == {"metadata": {"***": "1", "*** (2)": "2", "k": "***"}}


def test_names_of_headers_are_masked_like_values() -> None:
    """An address, and what is not printable ASCII."""
    headers: Headers = [("ada@example.com", b"1"), ("na\u202eme", b"2"), ("x-user-id", b"u1")]

    assert [one["name"] for one in readable_headers(headers, personal=False)] == [
        "***",
        "<masked, 7 bytes>",
        "x-user-id",
    ]
    assert [one["name"] for one in readable_headers(headers, personal=True)] == [name for name, _ in headers]


def test_what_stands_for_personal_data_is_known_by_its_class() -> None:
    """A text from outside that looks the same is not of it, and masking twice changes nothing."""
    found = masked({"x": "<masked>", "y": "abc"}, _schema({"name": "x", "type": "string"}, _tagged_text("y")))

    assert [type(found["x"]), type(found["y"]), type(mask_bytes(b""))] == [str, Masked, Masked]
    assert mask(found["y"]) == found["y"] == "<masked, 3 characters>"


def _tagged_text(name: str) -> dict[str, Any]:
    return {"name": name, "type": "string", **_TAGGED}


@pytest.mark.parametrize(("millis", "shown"), [(0, "1970-01-01T00:00:00.000+00:00"), (2**62, 2**62), (True, True)])
def test_an_instant_beyond_the_calendar_stays_a_number(millis: int, shown: Any) -> None:
    """It says more than an error."""
    schema = _schema({"name": "at", "type": {"type": "long", "logicalType": "timestamp-millis"}})

    assert dated({"at": millis}, schema) == {"at": shown}


@pytest.mark.parametrize("model", [EmailRequest, EmailRetry, EmailDlq])
def test_the_schema_and_the_generated_plan_agree_on_what_is_personal(model: type[Record]) -> None:
    """The masking reads the schema, messages of errors read the plan."""
    assert isinstance(model.PLAN, RecordPlan)

    assert [(one.name, one.personal) for one in shape_of(model.SCHEMA).fields] == [
        (one.name, one.personal) for one in model.PLAN.fields
    ]


def test_a_key_in_a_message_of_an_error_is_masked() -> None:
    """A path names the key of a map, which a producer may choose."""
    request: dict[str, Any] = {"templateData": {"ada@example.com": []}}
    with pytest.raises(ValueError, match=re.escape("templateData[***]")) as caught:
        EmailRequest.from_json(request)

    assert "ada@" not in str(caught.value)
