"""Corrections in the console: who may make them, what is sent, and what is refused."""

from __future__ import annotations

import uuid

import pytest

from eccs_contracts import EmailRequest, ErrorCategory
from eccs_contracts.serde import ContractDeserializer, Registry
from tests.console_harness import Draft, bearer
from tests.integration.console_parts import Console, ends, sent, written

pytestmark = [pytest.mark.stack, pytest.mark.timeout(180)]


def test_a_letter_is_corrected(console: Console) -> None:
    """The form shows it unmasked, the review says what changes, and only then it is sent: once."""
    draft = Draft(uuid.uuid4().hex, fields={"to": "ada@exmaple.com", "body": "one\ntwo\n\nthree"})
    written(console.stack, draft)
    place, since = console.place(draft), ends(console.stack)
    path = f"/letters/{place}/edit"
    page = console.get(path).text
    assert "ada@exmaple.com" in page
    assert 'name="field.userId"' not in page
    form = {"field.to": "ada@example.com", "field.body": "one\r\ntwo\r\n\r\nthree"}
    review = console.post(path, form).text
    assert "1 field would change: to" in review
    assert "+to: ada@example.com" in review
    assert sent(console.stack, since) == []
    answer = console.post(f"{path}/send", {**form, "note": "typo"})

    run = console.data(answer.headers["location"])
    assert (run["by"], run["note"], run["items"]) == ("ada@console", "typo", {"sent": 1})
    shown = console.get(answer.headers["location"]).text
    assert "+to: &lt;masked, 15 characters&gt; changed" in shown
    assert "ada@e" not in shown
    (message,) = sent(console.stack, since)
    request = ContractDeserializer(Registry.from_env(console.stack.environment), EmailRequest)(message.value())
    assert request is not None
    assert (request.id, request.to, request.body) == (draft.id, "ada@example.com", "one\ntwo\n\nthree")
    again = console.post(f"{path}/send", {**form, "note": "twice"})
    assert (again.status_code, "was sent again by" in again.text) == (409, True)
    assert console.get(path).status_code == 409


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"field.source": ""}, "nothing is changed"),
        ({"field.to": "ada@"}, "an e-mail address"),
        ({"field.id": str(uuid.uuid4())}, "cannot be changed"),
        ({"field.templateData": "[1]"}, "templateData"),
        ({"field.templateData": "{"}, "a JSON object such as"),
        ({"field.expiresAt": "soon"}, "an instant such as"),
    ],
)
def test_a_correction_that_breaks_the_contract_is_not_sent(console: Console, form: dict[str, str], said: str) -> None:
    """The form comes back with what was typed and what is wrong; a confirmation is refused, too."""
    draft = Draft(uuid.uuid4().hex)
    written(console.stack, draft)
    path, since = f"/letters/{console.place(draft)}/edit", ends(console.stack)
    answer = console.post(path, form)

    assert (answer.status_code, said in answer.text) == (422, True)
    assert console.post(f"{path}/send", form).status_code == 409
    assert sent(console.stack, since) == []


@pytest.mark.parametrize("scope", ["dlq:read dlq:redrive", "dlq:read dlq:personal", "dlq:read"])
def test_who_may_not_see_and_redrive_corrects_nothing(console: Console, scope: str) -> None:
    """Both scopes are needed, for each of the three pages; and nothing is offered."""
    draft = Draft(uuid.uuid4().hex)
    written(console.stack, draft)
    place = console.place(draft)
    answers = [
        console.get(f"/letters/{place}/edit", bearer(scope)),
        console.post(f"/letters/{place}/edit", {}, bearer(scope)),
        console.post(f"/letters/{place}/edit/send", {}, bearer(scope)),
    ]

    assert [one.status_code for one in answers] == [403, 403, 403]
    assert "/edit" not in console.get(f"/letters/{place}", bearer(scope)).text


@pytest.mark.parametrize("path", ["edit", "edit/send"])
def test_a_correction_of_another_site_is_refused(console: Console, path: str) -> None:
    """As every form."""
    draft = Draft(uuid.uuid4().hex)
    written(console.stack, draft)
    since = ends(console.stack)
    cookie = console.cookie("dlq:read dlq:redrive dlq:personal")
    form = {"field.subject": "Other", "csrf": "guessed"}

    assert console.post(f"/letters/{console.place(draft)}/{path}", form, cookie).status_code == 403
    assert sent(console.stack, since) == []


def test_a_letter_without_a_request_cannot_be_corrected(console: Console) -> None:
    """Bytes that nobody can decode; the page says why."""
    draft = Draft(uuid.uuid4().hex, ErrorCategory.PARSE, payload=b"\x00\x01junk")
    written(console.stack, draft)
    (one,) = console.data("/letters", reason=draft.reason)["letters"]
    answer = console.get(f"/letters/{one['place']}/edit")

    assert (answer.status_code, "there is nothing to correct" in answer.text) == (409, True)


def test_a_large_letter_can_be_corrected(console: Console) -> None:
    """The form takes what a topic takes."""
    body = "é\n" * 200_000
    draft = Draft(uuid.uuid4().hex, fields={"body": "short"})
    written(console.stack, draft)
    path = f"/letters/{console.place(draft)}/edit"

    assert "1 field would change: body" in console.post(path, {"field.body": body}).text
