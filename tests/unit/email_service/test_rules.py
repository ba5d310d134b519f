"""What the API asks of a request beyond the contract."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import jsonschema
import pytest

from eccs_contracts import EmailRequest
from services.email_service.models import SEND_REQUEST
from services.email_service.rules import with_rules
from services.email_service.sending import request_of, valid_request_of

_GOOD = {"to": "a@example.com", "subject": "Hello", "body": "Text"}
_TEMPLATES = frozenset(("welcome", "receipt"))


def _fields(change: dict[str, Any], *, without: str = "") -> set[str]:
    """The fields that are named as broken."""
    item = {name: value for name, value in {**_GOOD, **change}.items() if name != without}
    found = valid_request_of(item, "u1", _TEMPLATES)
    return set() if isinstance(found, EmailRequest) else {one.field for one in found}


@pytest.mark.parametrize(
    ("change", "broken"),
    [
        ({"templateId": "welcome"}, set()),
        ({"templateId": None}, set()),
        ({"templateId": "nope"}, {"templateId"}),
        ({"templateId": "Welcome"}, {"templateId"}),
        ({"expiresAt": "2000-01-01T00:00:00Z"}, set()),
        ({"expiresAt": "1999-12-31T23:59:59Z"}, {"expiresAt"}),
        ({"expiresAt": "2999-12-31T23:59:59Z"}, set()),
        ({"expiresAt": "3000-01-01T00:00:00Z"}, {"expiresAt"}),
        ({"expiresAt": -1}, {"expiresAt"}),
        ({"expiresAt": 10**400}, {"expiresAt"}),
        ({"expiresAt": 1e300}, {"expiresAt"}),
        ({"body": "a\0b"}, {"body"}),
        ({"source": "a\0"}, {"source"}),
        ({"templateData": {"name": "\0"}}, {"templateData"}),
        ({"templateData": {"na\0me": 1}}, {"templateData"}),
        ({"templateData": {"name": 10**400}}, {"templateData[name]"}),
        ({"metadata": {"a": "\0"}}, {"metadata"}),
        ({"metadata": {"\0": "a"}}, {"metadata"}),
    ],
)
def test_a_rule_names_its_field(change: dict[str, Any], broken: set[str]) -> None:
    """On both sides of each boundary."""
    assert _fields(change) == broken


@pytest.mark.parametrize("field", ["templateData", "metadata"])
@pytest.mark.parametrize(("count", "broken"), [(1_000, False), (1_001, True)])
def test_a_map_has_so_many_entries_at_most(field: str, count: int, broken: bool) -> None:
    """Each of them takes time."""
    assert _fields({field: {str(number): "x" for number in range(count)}}) == ({field} if broken else set())


def test_so_have_lists_and_names_that_are_unknown() -> None:
    """They are not looked at one by one either."""
    names = {f"n{number}": 1 for number in range(1_000)}

    assert _fields({"to": ["x"] * 1_001}) == {"to"}
    assert _fields({"x" * 200: ["x"] * 1_001}) == {"x" * 100}
    assert _fields(names) == {""}


def test_a_body_may_be_missing_beside_a_template_only() -> None:
    """Else it is named."""
    assert _fields({"templateId": "welcome"}, without="body") == set()
    assert _fields({}, without="body") == {"body"}
    assert _fields({"templateId": None}, without="body") == {"body"}


def test_an_empty_body_is_a_body() -> None:
    """It was given."""
    assert _fields({"body": ""}) == set()


def test_without_a_folder_any_name_is_taken() -> None:
    """The service cannot know."""
    assert isinstance(request_of({**_GOOD, "templateId": "nope"}, "u1"), EmailRequest)


def test_the_service_stamps_a_request() -> None:
    """So its timestamp is never far from now; a caller's own is refused."""
    before = datetime.now(UTC)
    request = request_of(_GOOD, "u1")

    assert isinstance(request, EmailRequest)
    assert before <= request.timestamp <= datetime.now(UTC)
    assert _fields({"timestamp": 0}) == {"timestamp"}


@pytest.mark.parametrize("field", ["to", "subject", "body", "source", "templateId", "templateData", "metadata"])
def test_half_a_surrogate_pair_is_refused(field: str) -> None:
    """In every field, should a reader of JSON let it pass."""
    value: Any = {"a": "\ud800"} if field in ("templateData", "metadata") else "\ud800"

    assert {one.partition("[")[0] for one in _fields({field: value})} == {field}


@pytest.mark.parametrize(
    ("request_body", "valid"),
    [
        ({"to": "a@example.com", "subject": "s"}, False),
        ({"to": "a@example.com", "subject": "s", "templateId": None}, False),
        ({"to": "a@example.com", "subject": "s", "templateId": "welcome"}, True),
        ({"to": "a@example.com", "subject": "s", "templateId": "nope"}, False),
        ({"to": "a@example.com", "subject": "s", "body": ""}, True),
        ({"to": "a@example.com", "subject": "s", "body": "", "expiresAt": "1999-01-01T00:00:00Z"}, False),
        ({"to": "a@example.com", "subject": "s", "body": "", "expiresAt": "2999-01-01T00:00:00Z"}, True),
    ],
)
def test_the_description_says_so(request_body: dict[str, Any], valid: bool) -> None:
    """With the names of the templates."""
    schema = with_rules(SEND_REQUEST, _TEMPLATES)

    assert jsonschema.Draft202012Validator(schema).is_valid(request_body) == valid


def test_the_example_uses_a_template_that_exists() -> None:
    """Or none, if there is none."""
    assert with_rules(SEND_REQUEST, {"b", "a"})["examples"][0]["templateId"] == "a"
    assert "templateId" not in with_rules(SEND_REQUEST, set())["examples"][0]
