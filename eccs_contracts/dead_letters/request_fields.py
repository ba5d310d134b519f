"""Fields of a request as text: which kind each holds, and `FIELD=VALUE`."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from eccs_contracts.dead_letters.errors import EditRefused
from eccs_contracts.models import EmailRequest

_FIELDS: Final = {one["name"]: one for one in json.loads(EmailRequest.SCHEMA)["fields"]}


def assigned(before: Mapping[str, Any], assignments: Sequence[str]) -> dict[str, Any]:
    """Return a request with fields set by `FIELD=VALUE`.

    A text field takes VALUE as it is, an optional one takes `null` for none; other fields take JSON.
    `templateData.NAME` and `metadata.NAME` set one entry.

    Raises:
        EditRefused: an assignment has another form, or names no field; lists all of these.
    """
    after = {name: dict(value) if isinstance(value, Mapping) else value for name, value in before.items()}
    problems = [problem for one in assignments if (problem := _assign(after, one)) is not None]
    if problems:
        raise EditRefused(tuple(problems))
    return after


def is_text(field: str) -> bool:
    """Return whether a field of the request holds text, or text or nothing."""
    return _plain_type(field) == "string"


def is_optional(field: str) -> bool:
    """Return whether a field of the request may be null."""
    return isinstance(_FIELDS[field]["type"], list)


def _assign(after: dict[str, Any], assignment: str) -> str | None:
    """Set one field, or an entry of one; returns what is wrong with it."""
    path, equals, text = assignment.partition("=")
    field, dot, entry = path.partition(".")
    if not equals or field not in _FIELDS or (dot and not entry):
        return f"{path!r}: FIELD=VALUE is expected, and a field is one of {', '.join(EmailRequest.FIELDS)}"
    if dot and _plain_type(field) != "map":
        return f"{path!r}: {field} has no entries"
    known, value = _value(field, text, entry=bool(dot))
    if not known:
        return f"{path}: JSON is expected, for example {_EXAMPLES.get(field, '1767225600000')}"
    if dot:
        entries = after.get(field)
        after[field] = {**(entries if isinstance(entries, Mapping) else {}), entry: value}
    else:
        after[field] = value
    return None


_EXAMPLES: Final = {"templateData": '{"name": "Ada"}', "metadata": '{"campaign": "spring"}'}


def _value(field: str, text: str, *, entry: bool) -> tuple[bool, Any]:
    """Return whether a text can be a field's value, and the value."""
    if not entry and is_text(field):
        return True, None if text == "null" and is_optional(field) else text
    if entry and field == "metadata":
        return True, text
    try:
        return True, json.loads(text, parse_constant=no_number)
    except (ValueError, RecursionError, EditRefused):
        return entry, text  # an entry of templateData may be text


def _plain_type(field: str) -> str:
    """Return the name of a field's type beside null; a logical type that is written as text is text."""
    found = _FIELDS[field]["type"]
    found = next(one for one in found if one != "null") if isinstance(found, list) else found
    return str(found["type"] if isinstance(found, Mapping) else found)


def no_number(name: str) -> Any:
    """Refuse what Python writes and JSON does not have: NaN and infinity."""
    raise EditRefused((f"{name} is no number of JSON",))
