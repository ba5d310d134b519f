"""Rules of the API beyond those of the contract, which must also take what older producers wrote."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any, Final

from eccs_contracts import EmailRequest
from services.email_service.problems import Broken

FIRST_YEAR: Final = 2000
LAST_YEAR: Final = 2999
MOST_ENTRIES: Final = 1_000  # of a map
_TEXTS: Final = ("source", "templateData", "metadata")


def too_many(item: Mapping[str, Any]) -> tuple[Broken, ...]:
    """What has more entries than are looked at; before anything that takes time for each of them."""
    if len(item) > MOST_ENTRIES:
        return (Broken("", f"at most {MOST_ENTRIES} names"),)
    large = [name for name, one in item.items() if isinstance(one, dict | list) and len(one) > MOST_ENTRIES]
    return tuple(Broken(name[:100], f"at most {MOST_ENTRIES} entries") for name in large)


def broken_rules(
    item: Mapping[str, Any], request: EmailRequest, templates: Collection[str] | None
) -> tuple[Broken, ...]:
    """The rules that a request breaks.

    Args:
        item: the JSON object that the caller gave.
        request: the request that was made of it.
        templates: names of the templates that there are; None if they are not known.
    """
    return tuple(_broken(item, request, templates))


def _broken(item: Mapping[str, Any], request: EmailRequest, templates: Collection[str] | None) -> Iterator[Broken]:
    name, expires = request.template_id, request.expires_at
    if name is None and "body" not in item:
        yield Broken("body", "required, unless there is a templateId")
    if name is not None and templates is not None and name not in templates:
        yield Broken("templateId", "the name of a template that exists")
    if expires is not None and not FIRST_YEAR <= expires.year <= LAST_YEAR:
        yield Broken("expiresAt", f"from the year {FIRST_YEAR} to {LAST_YEAR}")
    for field in _TEXTS:
        if field in item and any("\0" in text for text in _texts(item[field])):
            yield Broken(field, "without NUL characters")


def _texts(value: Any) -> Iterator[str]:
    """The text, or the names and texts of a map."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from value
        yield from (one for one in value.values() if isinstance(one, str))


_EXAMPLE: Final = "welcome"


def with_rules(schema: Mapping[str, Any], templates: Collection[str] | None = None) -> dict[str, Any]:
    """The JSON Schema of a request with these rules, and with the names of the templates if they are known."""
    fields = dict(schema["properties"])
    fields |= {name: _without_nul(fields[name]) for name in _TEXTS}
    names = sorted(templates) if templates is not None else [_EXAMPLE]
    if templates is not None:
        about = fields["templateId"].get("description", "")
        fields["templateId"] = {"description": about, "anyOf": [{"type": "null"}, {"type": "string", "enum": names}]}
    [example] = schema["examples"]
    kept = {name: value for name, value in example.items() if name != "templateId"}
    templated = {"required": ["templateId"], "properties": {"templateId": {"type": "string"}}}
    return {
        **schema,
        "properties": fields,
        "anyOf": [{"required": ["body"]}, templated],
        "examples": [kept | ({"templateId": names[0]} if names else {})],
    }


def _without_nul(schema: Mapping[str, Any]) -> dict[str, Any]:
    """The same with the format `text`, which takes no NUL, for every text and every name of a map."""
    found = dict(schema)
    if found.get("type") == "string":
        found.setdefault("format", "text")
    if found.get("type") == "object":
        found |= {
            "propertyNames": {"format": "text"},
            "maxProperties": MOST_ENTRIES,
            "additionalProperties": _without_nul(found["additionalProperties"]),
        }
    if "anyOf" in found:
        found["anyOf"] = [_without_nul(one) for one in found["anyOf"]]
    return found
