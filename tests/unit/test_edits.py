"""Edits of schema files: what they look like afterwards, and which are refused."""

from __future__ import annotations

from typing import Any

import pytest

from compat_checks.edits import EditedText, TextEdit, apply_edits, text_edits
from compat_checks.errors import EditError, InvalidSchema
from compat_checks.findings import Edit

RECORD = """\
{
  "type": "record",
  "name": "R",
  "fields": [
    {
      "name": "a",
      "type": "int",
      "doc": "A."
    },
    {"name": "b", "type": "string"}
  ]
}
"""


def add(pointer: str, value: Any) -> Edit:
    """An `add`."""
    return Edit("add", pointer, value)


# What it is about -> the text, the edit, and the text afterwards.
LOOKS: dict[str, tuple[str, Edit, str]] = {
    "a default after the type": (
        '{"name": "a", "doc": "A.", "type": "int", "maximum": 3}',
        add("/default", 0),
        '{"name": "a", "doc": "A.", "type": "int", "default": 0, "maximum": 3}',
    ),
    "aliases after the name": (
        '[{"fields": [{"name": "a", "type": "int"}]}]',
        add("/0/fields/0/aliases", ["b"]),
        '[{"fields": [{"name": "a", "aliases": ["b"], "type": "int"}]}]',
    ),
    "a doc before what Avro does not know": (
        '{"fields": [{"name": "a", "type": "int", "maximum": 3}]}',
        add("/fields/0/doc", "A."),
        '{"fields": [{"name": "a", "type": "int", "doc": "A.", "maximum": 3}]}',
    ),
    "a doc where the sibling has it": (
        '{"fields": [{"name": "a", "doc": "A.", "type": "int"}, {"name": "b", "type": "int"}]}',
        add("/fields/1/doc", "B."),
        '{"fields": [{"name": "a", "doc": "A.", "type": "int"}, {"name": "b", "doc": "B.", "type": "int"}]}',
    ),
    "an attribute of a record before its fields": (
        '{"type": "record", "name": "R", "fields": []}',
        add("/owner", "me"),
        '{"type": "record", "name": "R", "owner": "me", "fields": []}',
    ),
    "the default of an enum at its end": (
        '{"type": "enum", "name": "E", "symbols": ["A"]}',
        add("/default", "A"),
        '{"type": "enum", "name": "E", "symbols": ["A"], "default": "A"}',
    ),
    "a name first": ('{"type": "int"}', add("/type", "long"), '{"type": "long"}'),
    "the colons of the neighbours": ('{"a" : 1}', add("/b", 2), '{"a" : 1, "b" : 2}'),
    "no spaces in a text without": ('{"a":1}', add("/b", [1, {"c": 2}]), '{"a":1,"b":[1,{"c":2}]}'),
    "spaces inside of brackets": ('[{ "a": 1 }]', add("/-", {"b": [2]}), '[{ "a": 1 }, { "b": [2] }]'),
    "tabs": ('{\n\t"a": 1\n}', add("/b", 2), '{\n\t"a": 1,\n\t"b": 2\n}'),
    "carriage returns": ('{\r\n "a": 1\r\n}\r\n', add("/b", 2), '{\r\n "a": 1,\r\n "b": 2\r\n}\r\n'),
    "commas first": ("[ 1\n, 2\n]", add("/-", 3), "[ 1\n, 2\n, 3\n]"),
    "first of several lines": ("[\n  1,\n  2\n]", add("/0", 0), "[\n  0,\n  1,\n  2\n]"),
    "first of one line": ("[1, 2]", add("/0", 0), "[0, 1, 2]"),
    "between": ("[\n  1,\n  3\n]", add("/1", 2), "[\n  1,\n  2,\n  3\n]"),
    "into an empty array": ('{"a": []}', add("/a/0", 1), '{"a": [1]}'),
    "into an empty object": ("{}", add("/a", 1), '{"a": 1}'),
    "into an empty array on two lines": ('{\n  "a": [\n  ]\n}', add("/a/-", 1), '{\n  "a": [\n    1\n  ]\n}'),
    "no second empty line": ("[\n  1,\n\n  2,\n  3\n]", add("/1", 4), "[\n  1,\n  4,\n\n  2,\n  3\n]"),
    "escapes in a text that has them": ('["\\u00e9"]', add("/-", "ü"), '["\\u00e9", "\\u00fc"]'),
    "letters in a text that has them": ('["é"]', add("/-", "ü"), '["é", "ü"]'),
    "an array of objects in brackets that touch": (
        '[{\n  "a": 1\n}]',
        add("/-", {"b": 2}),
        '[{\n  "a": 1\n}, {\n  "b": 2\n}]',
    ),
    "the first is removed": ("[\n  1,\n  2\n]", Edit("remove", "/0"), "[\n  2\n]"),
    "the last is removed": ("[\n  1,\n  2\n]", Edit("remove", "/1"), "[\n  1\n]"),
    "the only one is removed": ("[\n  1\n]", Edit("remove", "/0"), "[]"),
    "one between is removed": ('{"a": 1, "b": 2, "c": 3}', Edit("remove", "/b"), '{"a": 1, "c": 3}'),
    "an empty line before a group stays": ("[\n  1,\n\n  2,\n  3\n]", Edit("remove", "/1"), "[\n  1,\n\n  3\n]"),
    "a value is replaced in its place": ('{"a" :  1 }', Edit("replace", "/a", "x"), '{"a" :  "x" }'),
    "a longer array keeps its lines": (
        '{"a": [\n  "A",\n  "B"\n]}',
        Edit("replace", "/a", ["A", "C", "B"]),
        '{"a": [\n  "A",\n  "C",\n  "B"\n]}',
    ),
    "an object keeps the order of its keys": (
        '{"b": 1, "a": {"x": 1}}',
        Edit("replace", "", {"a": {"x": 2}, "b": 1, "c": 3}),
        '{"b": 1, "a": {"x": 2}, "c": 3}',
    ),
    "what is wrapped keeps its lines": (
        '{"type": {\n  "type":   "fixed"\n}}',
        Edit("replace", "/type", ["null", {"type": "fixed"}]),
        '{"type": ["null", {\n  "type":   "fixed"\n}]}',
    ),
    "what is unwrapped keeps its spaces": ('["null", {"a":  1}]', Edit("replace", "", {"a": 1}), '{"a":  1}'),
    "the same value changes nothing": ('{"a":  [1,2]}', add("/a", [1, 2]), '{"a":  [1,2]}'),
    "true is not 1": ("[1]", Edit("replace", "/0", value=True), "[true]"),
    "a key with a slash and a tilde": ('{"a/b~": 1}', Edit("replace", "/a~1b~0", 2), '{"a/b~": 2}'),
    "a field on one line beside one on one line": (
        RECORD,
        add("/fields/2", {"name": "c", "type": "int"}),
        RECORD.replace('"string"}', '"string"},\n    {"name": "c", "type": "int"}'),
    ),
    "a field on lines of its own beside one like that": (
        RECORD,
        add("/fields/0", {"name": "c", "type": ["null", "int"]}),
        RECORD.replace("    {\n", '    {\n      "name": "c",\n      "type": ["null", "int"]\n    },\n    {\n', 1),
    ),
}


@pytest.mark.parametrize("case", LOOKS)
def test_an_edit_looks_like_its_surroundings(case: str) -> None:
    """Line breaks, spacing and order are the file's own."""
    text, edit, expected = LOOKS[case]

    assert apply_edits(text, [edit]) == expected


def test_only_the_lines_concerned_change() -> None:
    """A default is one inserted line."""
    assert text_edits(RECORD, [add("/fields/0/default", 0)]) == (
        TextEdit(RECORD.index(',\n      "doc"'), RECORD.index(',\n      "doc"'), ',\n      "default": 0'),
    )


def test_a_line_that_gets_too_long_is_broken() -> None:
    """The object gets a line for each key; what fits on its line stays."""
    edited = apply_edits(RECORD, [add("/fields/1/doc", "D" * 70), add("/fields/1/type", ["null", "string"])])

    assert edited.endswith(
        '    {\n      "name": "b",\n      "type": ["null", "string"],\n      "doc": "' + "D" * 70 + '"\n    }\n  ]\n}\n'
    )


def test_a_line_that_was_too_long_stays_one() -> None:
    """Its author wants it so."""
    text = f'[\n  {{"name": "{"n" * 120}"}}\n]'

    assert apply_edits(text, [add("/0/x", 1)]) == text.replace('"}', '", "x": 1}')


def test_a_new_long_value_is_laid_out_with_the_indent_of_the_file() -> None:
    """Long arrays get a line for each item."""
    symbols = [letter * 30 for letter in "ABCD"]
    edited = apply_edits('{\n    "a": 1\n}', [add("/b", symbols)])

    lines = ",\n".join(f'        "{symbol}"' for symbol in symbols)
    assert edited == f'{{\n    "a": 1,\n    "b": [\n{lines}\n    ]\n}}'


def test_each_edit_counts_in_what_the_ones_before_it_left() -> None:
    """Two items are taken from the front, and a key is put into what was added."""
    edits = [Edit("remove", "/0"), Edit("remove", "/0"), add("/-", {}), add("/1/a", [])]

    assert apply_edits("[1, 2, 3]", edits) == '[3, {"a": []}]'


def test_what_is_added_and_removed_again_is_no_change() -> None:
    """There is nothing to do then."""
    assert text_edits("[1]", [add("/1", 2), Edit("remove", "/1")]) == ()


def test_apply_says_whether_anything_changed() -> None:
    """A value that is there already changes nothing."""
    edited = EditedText('{"a": 1}')

    assert [edited.apply(add("/a", 1)), edited.apply(add("/a", 2))] == [False, True]


# The edit -> what its error says; the text is {"a": [1], "b": 2}.
REFUSED: dict[str, tuple[Edit, str]] = {
    "no such key": (Edit("replace", "/c", 1), 'there is no key "c"'),
    "no such parent": (add("/c/d", 1), 'there is no key "c"'),
    "no such item": (Edit("remove", "/a/1"), "there is no item 1 in an array of 1"),
    "behind the end": (add("/a/2", 1), "there is no item 2 in an array of 1"),
    "the end, which is no item": (Edit("remove", "/a/-"), '"-" is not an index'),
    "a zero before": (add("/a/00", 1), '"00" is not an index'),
    "digits of another script": (add("/a/\u0660", 1), "is not an index"),
    "a key of an array": (add("/a/x", 1), '"x" is not an index'),
    "inside of a number": (add("/b/x", 1), "2 is neither an object nor an array"),
    "no slash": (add("a", 1), "not a JSON pointer"),
    "half an escape": (add("/a~", 1), "not a JSON pointer"),
    "all of it": (Edit("remove", ""), "the whole text cannot be removed"),
    "not a number": (add("/c", float("nan")), "the value is not JSON"),
    "not JSON": (add("/c", {1}), "the value is not JSON"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_an_edit_that_does_not_fit_is_refused_and_changes_nothing(case: str) -> None:
    """The error has the pointer and the reason."""
    edit, reason = REFUSED[case]
    edited = EditedText('{"a": [1], "b": 2}')

    with pytest.raises(EditError) as caught:
        edited.apply(edit)

    assert reason in caught.value.reason
    assert caught.value.pointer == edit.pointer
    assert edited.text == '{"a": [1], "b": 2}'


def test_a_value_too_deep_for_python_is_refused() -> None:
    """With an error, not with a RecursionError."""
    value: list[Any] = []
    for _ in range(5000):
        value = [value]

    with pytest.raises(EditError, match="nested too deeply"):
        apply_edits("{}", [add("/a", value)])


@pytest.mark.parametrize("text", ["{", '{"a": 1, "a": 2}'])
def test_a_text_that_is_no_json_is_refused(text: str) -> None:
    """A key given twice would make the place of an edit a guess."""
    with pytest.raises(InvalidSchema):
        apply_edits(text, [])
