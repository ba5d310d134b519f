"""One self-contained text from several files."""

import json

from codegen.texts import self_contained
from compat_checks.files import SchemaFiles
from compat_checks.parse import parse_schema
from compat_checks.schema import Enum, Fixed, Record, walk
from tests.unit.changes.building import field, record

INNER = record(field("x"), name="Inner", namespace="b")
TEXTS = {
    "b/Outer.avsc": json.dumps(record(field("inner", INNER), name="Outer", namespace="b")),
    "a/Top.avsc": json.dumps(record(field("i", "b.Inner"), field("o", "b.Outer"), field("i2", "b.Inner"), name="Top")),
}


def test_a_type_inside_of_an_inlined_one_is_defined_once() -> None:
    """It stands where it is used first; inside of the other definition is its name."""
    value = json.loads(SchemaFiles(TEXTS).self_contained("a/Top.avsc"))

    assert [one["type"] for one in value["fields"]] == [
        {"type": "record", "name": "Inner", "namespace": "b", "fields": [field("x")]},
        {"type": "record", "name": "Outer", "namespace": "b", "fields": [field("inner", "b.Inner")]},
        "b.Inner",
    ]
    assert isinstance(parse_schema(value), Record)


def test_the_generator_and_the_files_give_the_same_text() -> None:
    """For the record of a file."""
    files = SchemaFiles(TEXTS)
    top = files.schema("a/Top.avsc")
    types = {node.fullname: node for node in walk(top) if isinstance(node, Record | Enum | Fixed)}

    assert isinstance(top, Record)
    assert self_contained(top, types) == files.self_contained("a/Top.avsc")


def test_readers_and_history_are_no_part_of_the_files() -> None:
    """They define the same names again."""
    more = {"readers/team/top-value.avsc": TEXTS["a/Top.avsc"], "history/top-value/v1.avsc": TEXTS["a/Top.avsc"]}

    assert SchemaFiles({**TEXTS, **more}).paths == ("a/Top.avsc", "b/Outer.avsc")
