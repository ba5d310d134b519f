"""Edits of random JSON texts do to their values what JSON Patch does, and those of two fixes go together."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import jsonpatch
from hypothesis import assume, given
from hypothesis import strategies as st

from compat_checks.edits import EditedText, apply_edits, text_edits
from compat_checks.findings import Edit
from compat_checks.rebase import Conflict, Done, rebased
from compat_checks.source import escape

KEYS = st.sampled_from(["type", "name", "doc", "fields", "default", "a/b", "m~n", "", "é", '"', "\\"]) | st.text(
    max_size=3
)
SCALARS = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8)
)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4), max_leaves=12
)
SPACES = st.sampled_from(["", "", " ", "\n", "\n  ", "\r\n\t", "\n\n    ", " \t"])


def canonical(value: Any) -> str:
    """A text that is the same for the same JSON value only: 1, 1.0 and true differ."""
    return json.dumps(value, sort_keys=True)


@st.composite
def texts(draw: st.DrawFn) -> str:
    """A JSON text: white space wherever JSON allows it, or as json.dumps lays it out."""
    value = draw(VALUES)
    if draw(st.booleans()):
        return json.dumps(value, indent=draw(st.sampled_from([None, 2, 4, "\t"])), ensure_ascii=draw(st.booleans()))
    return "".join(token + draw(SPACES) for token in ("", *_tokens(value)))


def _tokens(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        yield "{"
        for index, (key, item) in enumerate(value.items()):
            yield from [","][: bool(index)]
            yield from (json.dumps(key), ":", *_tokens(item))
        yield "}"
    elif isinstance(value, list):
        yield "["
        for index, item in enumerate(value):
            yield from [","][: bool(index)]
            yield from _tokens(item)
        yield "]"
    else:
        yield json.dumps(value)


def _pointers(value: Any, pointer: str = "") -> Iterator[tuple[str, Any]]:
    yield pointer, value
    inside = enumerate(value) if isinstance(value, list) else value.items() if isinstance(value, dict) else ()
    for step, item in inside:
        yield from _pointers(item, f"{pointer}/{escape(step)}")


@st.composite
def edits_of(draw: st.DrawFn, value: Any) -> Edit:
    """An edit that fits a value."""
    pointer, target = draw(st.sampled_from(list(_pointers(value))))
    kind = draw(st.sampled_from(["add", "add", "replace", "remove"]))
    if kind == "remove" and pointer:
        return Edit("remove", pointer)
    if kind == "add" and isinstance(target, list):
        step = draw(st.sampled_from([*map(str, range(len(target) + 1)), "-"]))
        return Edit("add", f"{pointer}/{step}", draw(VALUES))
    if kind == "add" and isinstance(target, dict):
        return Edit("add", f"{pointer}/{escape(draw(KEYS))}", draw(VALUES))
    near = VALUES | st.just(["null", target]) | st.just(target)
    return Edit("replace", pointer, draw(near))


def patched(value: Any, edit: Edit) -> Any:
    """What the reference implementation of RFC 6902 makes of it."""
    operation = {"op": edit.op, "path": edit.pointer}
    if edit.op != "remove":
        operation["value"] = copy.deepcopy(edit.value)
    return jsonpatch.apply_patch(value, [operation])


@given(texts(), st.data())
def test_a_text_becomes_what_json_patch_makes_of_its_value(text: str, data: st.DataObject) -> None:
    """Up to five edits, one after the other."""
    value, edits = json.loads(text), []
    for _ in range(data.draw(st.integers(1, 5))):
        edits.append(data.draw(edits_of(value)))
        value = patched(value, edits[-1])

    assert canonical(value) == canonical(json.loads(apply_edits(text, edits)))


@given(texts(), st.data())
def test_text_edits_are_sorted_apart_and_come_to_the_same(text: str, data: st.DataObject) -> None:
    """Applied from the end, they give the edited text."""
    value, edits = json.loads(text), []
    for _ in range(data.draw(st.integers(1, 4))):
        edits.append(data.draw(edits_of(value)))
        value = patched(value, edits[-1])

    changes = text_edits(text, edits)

    result = text
    for one in reversed(changes):
        result = result[: one.start] + one.text + result[one.end :]
    assert apply_edits(text, edits) == result
    assert all(one.start <= one.end for one in changes)
    assert all(one.end < other.start for one, other in pairwise(changes))
    assert all(text[one.start : one.end] != one.text for one in changes)


@given(VALUES, st.data())
def test_what_is_added_and_removed_leaves_the_text_as_it_was(value: Any, data: st.DataObject) -> None:
    """An item of a container that has others."""
    text = json.dumps(value, indent=2)
    parents = [(pointer, one) for pointer, one in _pointers(value) if isinstance(one, list | dict) and one]
    assume(parents)
    pointer, parent = data.draw(st.sampled_from(parents))
    step = data.draw(st.integers(0, len(parent))) if isinstance(parent, list) else "a new key"
    place = f"{pointer}/{step}"

    assert text == apply_edits(text, [Edit("add", place, data.draw(SCALARS)), Edit("remove", place)])


@given(VALUES, st.data())
def test_line_breaks_stay_those_of_the_file(value: Any, data: st.DataObject) -> None:
    """No line of a file with CRLF ends with LF only."""
    text = json.dumps([value, [1, 2]], indent=2).replace("\n", "\r\n")

    edited = apply_edits(text, [data.draw(edits_of(json.loads(text)))])

    assert edited.count("\n") == edited.count("\r\n")


@given(VALUES, st.data())
def test_two_edits_commute_when_each_is_rebased_past_the_other(value: Any, data: st.DataObject) -> None:
    """Made in either order, they give the same value, or are in conflict in at least one."""
    one, other = data.draw(edits_of(value)), data.draw(edits_of(value))
    assume(one.pointer != other.pointer)  # two items added at one index come in the order in which they are added
    assume(not {one.pointer.rpartition("/")[2], other.pointer.rpartition("/")[2]} & {"-"})

    there, back = _both(value, one, other), _both(value, other, one)

    assume(there is not None and back is not None)
    assert there == back


def _both(value: Any, first: Edit, second: Edit) -> str | None:
    edited = EditedText(json.dumps(value))
    in_array = edited.is_array(first.pointer.rpartition("/")[0])
    edited.apply(first)
    try:
        for edit in rebased([second], [Done(first, "first", in_array)]):
            edited.apply(edit)
    except Conflict:
        return None
    return canonical(json.loads(edited.text))
