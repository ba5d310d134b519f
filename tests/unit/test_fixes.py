"""The builders of common fixes, judged by what `fix` makes of them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from compat_checks import fixes
from compat_checks.files import SchemaFiles
from compat_checks.fix import planned
from compat_checks.schema import Enum, Record
from tests.unit.fixing import ORDER, applied, field, finding, record


def test_add_default() -> None:
    """Null, and a value."""
    assert applied(fixes.add_default(field("id"), "x"))["fields"][0]["default"] == "x"
    assert fixes.add_default(field("id"), None).title == "Add the default null to `id`"


def test_add_alias() -> None:
    """A first one, a second one, and one that is there."""
    once = ORDER.replace('"id", ', '"id", "aliases": ["key"], ')
    again = fixes.add_alias(field("id", once).place, "uuid")

    assert applied(fixes.add_alias(field("id").place, "key"))["fields"][0]["aliases"] == ["key"]
    assert applied(again, {"order.avsc": once})["fields"][0]["aliases"] == ["key", "uuid"]
    assert fixes.add_alias(field("id", once).place, "key").edits == ()


def test_add_enum_default() -> None:
    """The symbol that unknown ones become."""
    enum = field("state").type
    assert isinstance(enum, Enum)

    assert applied(fixes.add_enum_default(enum, "NEW"))["fields"][1]["type"]["default"] == "NEW"


@pytest.mark.parametrize(
    ("type_text", "nullable"),
    [
        ('"string"', ["null", "string"]),
        ('["string", "null"]', ["null", "string"]),
        ('["string", "int"]', ["null", "string", "int"]),
        ('["null", "int"]', ["null", "int"]),
        ('{"type": "map", "values": "int"}', ["null", {"type": "map", "values": "int"}]),
    ],
)
def test_make_nullable(type_text: str, nullable: list[Any]) -> None:
    """Null is the first branch and the default."""
    text = f'{{"type": "record", "name": "R", "fields": [{{"name": "a", "type": {type_text}}}]}}'
    made = applied(fixes.make_nullable(field("a", text)), {"order.avsc": text})

    assert made["fields"][0] == {"name": "a", "type": nullable, "default": None}


def test_order_branches() -> None:
    """The branch of the default comes first; where it does, nothing is to do."""
    text = ORDER.replace('["string", "null"]', '["null", "int", "string"]')

    assert applied(fixes.order_branches(field("note", text)), {"order.avsc": text})["fields"][2]["type"] == [
        *("string", "null", "int")
    ]
    assert fixes.order_branches(field("note")).edits == ()
    assert fixes.order_branches(field("id")).edits == ()


def test_a_fix_is_decided_or_not_as_its_rule_says() -> None:
    """It is by default."""
    assert [fixes.set_value(field("id").place, "doc", "D.", decided=one).decided for one in (True, False)] == [
        True,
        False,
    ]
    assert fixes.add_default(field("id"), 0).decided


# Restoring a field


def restored(old: str, name: str, new: str, others: Mapping[str, str] | None = None) -> dict[str, Any]:
    """The new record after a field of the old one is put back."""
    before = record(old, "history/v1.avsc")
    lost = next(one for one in before.fields if one.name == name)
    texts = {"order.avsc": new, **(others or {})}
    now = SchemaFiles(texts).schema("order.avsc")
    assert isinstance(now, Record)
    return applied(fixes.restore_field(now, lost, before.fields.index(lost)), texts)


def without(*names: str, text: str = ORDER) -> str:
    """The order without some fields."""
    value = json.loads(text)
    value["fields"] = [one for one in value["fields"] if one["name"] not in names]
    return json.dumps(value, indent=2)


def test_a_restored_field_stands_where_it_stood() -> None:
    """Behind the field that was before it, with all that it had."""
    made = restored(ORDER, "state", without("state"))

    assert made == json.loads(ORDER)


def test_two_restored_fields_stand_where_they_stood() -> None:
    """Each finds its place without the other."""
    before, now = record(ORDER, "v1.avsc"), record(without("id", "state"))
    found = [finding(fixes.restore_field(now, before.fields[index], index)) for index in (0, 1)]
    plan = planned(found, {"order.avsc": without("id", "state")})

    assert json.loads(plan.files[0].new) == json.loads(ORDER)


def test_a_type_that_the_file_still_defines_is_named() -> None:
    """A second definition would be an error."""
    text = without("state", text=ORDER.replace('["string", "null"], "default": "-"', json.dumps(_STATE)))
    old = ORDER.replace('["string", "null"], "default": "-"', '"State"')

    made = restored(old, "state", text)

    assert [one["name"] for one in made["fields"]] == ["id", "note", "state"]
    assert made["fields"][2]["type"] == "State"


_STATE = {"type": "enum", "name": "State", "symbols": ["NEW", "SENT"]}


def test_a_type_that_the_file_lacks_is_defined() -> None:
    """Though the old text used only its name at that place."""
    old = ORDER.replace('["string", "null"], "default": "-"', '"State"')
    made = restored(old, "note", without("state", "note"))

    assert made["fields"][1] == {"name": "note", "type": _STATE}


def test_a_type_that_another_file_defines_is_named() -> None:
    """Published versions have all definitions inside; the files of today have not."""
    others = {"state.avsc": json.dumps({**_STATE, "namespace": "shop"})}
    made = restored(ORDER, "state", without("state"), others)

    assert made["fields"][1]["type"] == "State"


def test_names_keep_their_meaning_in_another_namespace() -> None:
    """A definition says its namespace, and a name is written in full."""
    old = ORDER.replace('["string", "null"], "default": "-"', '["null", "State"], "default": null')
    moved = without("state", "note", text=old.replace('"shop"', '"store"'))

    assert restored(old, "note", moved)["fields"][1]["type"] == ["null", {**_STATE, "namespace": "shop"}]


def test_two_fields_of_one_lost_type_are_restored_with_one_definition() -> None:
    """The second one names it."""
    old = ORDER.replace('["string", "null"], "default": "-"', '"State"')
    text = without("state", "note", text=old)
    before, now = record(old, "v1.avsc"), record(text)
    plan = planned(
        [finding(fixes.restore_field(now, before.fields[index], index)) for index in (1, 2)], {"order.avsc": text}
    )

    assert plan.left == ()
    assert json.loads(plan.files[0].new) == json.loads(old)
