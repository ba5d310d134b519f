"""The console over HTTP, the process itself, on the real broker and database."""

from __future__ import annotations

import html
import os
import re
import signal
import subprocess
import sys
import uuid
from collections import Counter
from contextlib import closing
from datetime import timedelta
from typing import Any, Final

import httpx
import pytest

from eccs_contracts import ErrorCategory
from eccs_contracts.headers import listed
from eccs_contracts.serde import Registry
from eccs_contracts.settings import kafka_config
from services.dlq_console.letters import Letters
from services.local_stack import Stack
from services.local_stack.processes import ROOT
from tests.console_harness import SECRET, Draft, bearer, fill, running_console, token
from tests.integration.console_parts import JSON, SOON, Console, ends, finished, sent, written

pytestmark = [pytest.mark.stack, pytest.mark.timeout(180)]

MARKUP: Final = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>\u202e\x00"
PAGES: Final = ("/", "/letters", "/letters/0/0", "/redrive?id=0/0", "/runs", "/runs/x")


@pytest.mark.parametrize("path", PAGES)
def test_nobody_sees_anything_without_a_token(console: Console, path: str) -> None:
    """A person is sent to sign in, and comes back; a program is told."""
    person = console.get(path, {})
    program = console.get(path, JSON)

    assert (person.status_code, person.headers["location"].partition("?")[0]) == (303, "/sign-in")
    assert (program.status_code, program.headers["www-authenticate"]) == (401, "Bearer")
    assert console.get(path, {"Authorization": "Bearer x"}).status_code == 401


@pytest.mark.parametrize(
    ("text", "status"),
    [
        (lambda: "x", 401),
        (lambda: token(exp=1), 401),
        (lambda: "", 401),
        (lambda: token("email:send"), 403),
        (token, 303),
        (lambda: f"Bearer {token()}", 303),
    ],
)
def test_one_signs_in_with_a_token_that_has_the_scope(console: Console, text: Any, status: int) -> None:
    """Nothing else."""
    assert console.post("/sign-in", {"token": text(), "next": "/runs"}, {}).status_code == status


def test_the_cookie_is_the_browsers_alone(console: Console) -> None:
    """No script reads it, no other site sends it, and the token is not in it."""
    given = token()
    header = console.post("/sign-in", {"token": given}, {}).headers["set-cookie"]
    name, *attributes = [part.strip().lower() for part in header.split(";")]

    assert name.startswith("__host-")
    assert {"httponly", "secure", "samesite=strict", "path=/"} <= set(attributes)
    assert given not in header


def test_a_form_of_another_site_signs_nobody_in(console: Console) -> None:
    """By what the browser says of it."""
    assert console.post("/sign-in", {"token": token()}, {"Sec-Fetch-Site": "cross-site"}).status_code == 403


def test_who_signs_out_is_out(console: Console) -> None:
    """The cookie is worth nothing from then on."""
    cookie = console.cookie()
    csrf = console.get("/runs", cookie).text.partition('name="csrf" value="')[2].partition('"')[0]

    assert console.post("/sign-out", {"csrf": csrf}, cookie).status_code == 303
    assert console.get("/", cookie).status_code == 303


@pytest.mark.parametrize("path", [*PAGES, "/sign-in", "/nowhere", "/static/console.css", "/health"])
def test_every_answer_keeps_the_browser_from_more_than_showing_it(console: Console, path: str) -> None:
    """A strict policy, and pages that need no exception from it."""
    answer = console.get(path)

    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "unsafe" not in answer.headers["content-security-policy"]
    assert (answer.headers["x-content-type-options"], answer.headers["x-frame-options"]) == ("nosniff", "DENY")
    assert ("<script" in answer.text, " style=" in answer.text, "javascript:" in answer.text) == (False, False, False)


def test_hostile_bytes_stay_text(console: Console) -> None:
    """In reason, subject, body, user, topic, and in names and values of headers; on every page that shows them."""
    plain = MARKUP.replace("\x00", "").replace("\u202e", "")
    hostile = Draft(
        MARKUP,
        topic=plain[:100],
        fields={"subject": plain, "body": MARKUP, "user_id": plain, "metadata": {plain: MARKUP}},
        headers=[(plain, MARKUP.encode()), ("x-user-id", b"<b>u1</b>"), ("x", b"\xff\xfe<img>")],
    )
    written(console.stack, hostile)
    place = console.place(hostile)
    paths = (
        "/",
        "/letters",
        f"/letters?reason={MARKUP[:25]}",
        f"/letters/{place}",
        f"/letters/{place}?personal=1",
        f"/redrive?id={place}",
        f"/redrive?id={place}&reason=%3Cimg%20src%3Dx%3E",
    )
    for path in paths:
        html = console.get(path).text
        assert ("<img src=x" in html, "<script" in html, "\u202e" in html, "<b>u1" in html) == (False,) * 4, path
    whole = console.get(f"/letters/{place}?personal=1").text
    assert ("&lt;script&gt;alert(1)" in whole, "\\u{202e}\\x00" in whole) == (True, True)


def test_personal_data_is_masked_until_it_is_asked_for(console: Console) -> None:
    """By somebody whose token says that they may see it."""
    draft = Draft(
        "550 5.1.1 <grace.h@secret.example>: gone",
        fields={"to": "grace.h@secret.example", "subject": "Top-secret", "body": "Hidden-body"},
    )
    written(console.stack, draft)
    path = f"/letters/{console.place(draft)}"
    hidden = ("grace.h", "Top-secret", "Hidden-body", b"grace.h".hex(" "))
    masked = console.get("/letters", id=str(draft.id)).text + console.get(path).text + console.get("/").text

    assert [one for one in hidden if one in masked] == []
    assert [one for one in hidden[:3] if one not in console.get(f"{path}?personal=1").text] == []
    assert console.get(f"{path}?personal=1", bearer("dlq:read dlq:redrive")).status_code == 403


def test_letters_are_filtered(console: Console) -> None:
    """By id, place, category, reason, topic and time; all of them must hold."""
    mark = uuid.uuid4().hex
    old, young = (
        Draft(f"{mark} one", ErrorCategory.PARSE, timedelta(hours=30)),
        Draft(f"{mark} two", ErrorCategory.EXPIRED, topic="email_requests_retry"),
    )
    written(console.stack, old, young)

    def found(**query: Any) -> list[str]:
        return [one["emailId"] for one in console.data("/letters", **{"reason": mark, **query})["letters"]]

    first, second = str(old.id), str(young.id)
    assert found() == [second, first]
    assert found(reason=f"{mark.upper()} ONE") == [first]
    assert found(category=["PARSE", "PERMANENT"]) == [first]
    assert found(topic="email_requests_retry") == [second]
    assert (found(since="1d"), found(until="1d"), found(since="40h", until="20h")) == ([second], [first], [first])
    assert found(id=f"{first} {uuid.uuid4()}") == [first]
    assert found(id=console.place(young)) == [second]
    assert found(id=first, category="EXPIRED") == []


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"since": "yesterday"}, "is no time"),
        ({"id": "x"}, "PARTITION/OFFSET"),
        ({"category": "<b>"}, "TRANSIENT_EXHAUSTED"),
    ],
)
def test_a_filter_that_is_none_is_explained(console: Console, query: dict[str, str], said: str) -> None:
    """Beside the form, which still has what was typed; nothing is counted."""
    answer = console.get("/letters", None, **query)
    (field,) = query

    assert (answer.status_code, said in answer.text) == (422, True)
    assert "The filter is not usable" in answer.text
    assert "0 match" not in answer.text
    assert console.get("/letters", {**bearer(), **JSON}, **query).json()["field"] == field


def test_long_lists_have_pages(console: Console) -> None:
    """Each letter on one of them; a page that is not there is the nearest that is."""
    mark = uuid.uuid4().hex
    written(console.stack, *(Draft(mark, ago=timedelta(minutes=number)) for number in range(60)))
    pages = [console.data("/letters", reason=mark, page=number) for number in (1, 2, 99)]

    assert [(page["page"], len(page["letters"]), page["total"]) for page in pages] == [
        (1, 50, 60),
        (2, 10, 60),
        (2, 10, 60),
    ]
    assert len({one["place"] for page in pages for one in page["letters"]}) == 60


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/letters/0/999999999", 404),
        ("/letters/99/0", 404),
        ("/letters/x/y", 404),
        ("/runs/lock", 404),
        ("/nowhere", 404),
        ("/static/../settings.py", 404),
        ("/redrive", 422),
        ("/redrive?id=0/0&max_redrives=99", 422),
        ("/letters?" + "&".join(f"a{number}=1" for number in range(1_100)), 400),
    ],
)
def test_what_is_not_there_or_not_usable_is_a_page_of_ours(console: Console, path: str, status: int) -> None:
    """With the status, and in JSON for programs."""
    assert console.get(path).status_code == status
    assert console.get(path, {**bearer(), **JSON}).json()["status"] == status


def test_who_ticks_nothing_stays_on_the_list(console: Console) -> None:
    """On the same page with the same filter, and is told; whatever the form says of the list is read as a filter."""
    mark = uuid.uuid4().hex
    written(console.stack, Draft(mark))
    listed_ones = console.get("/letters", reason=mark).text
    query = re.search('name="list" value="([^"]+)"', listed_ones)
    assert query is not None
    answer = console.get("/redrive", list=html.unescape(query[1]))

    assert (answer.status_code, answer.headers["location"]) == (303, f"/letters?reason={mark}&page=1&tick=none")
    assert "No letter is ticked" in console.get(answer.headers["location"]).text
    odd = console.get("/redrive", list="//evil.example\r\nX: y&page=<b>").headers["location"]
    assert odd == "/letters?page=%3Cb%3E&tick=none"


def test_all_letters_of_a_page_are_ticked_by_a_link(console: Console) -> None:
    """No script is needed."""
    mark = uuid.uuid4().hex
    written(console.stack, *(Draft(mark) for _ in range(3)))

    assert console.get("/letters", reason=mark).text.count(" checked>") == 0
    assert console.get("/letters", reason=mark, tick="all").text.count(" checked>") == 3


@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [
        (b"a=" + b"x" * 70_000, "application/x-www-form-urlencoded", 413),
        (b"{}", "application/json", 415),
        (b"a=\xff\xfe", "application/x-www-form-urlencoded", 400),
        (b"a=%ff", "application/x-www-form-urlencoded", 400),
    ],
)
def test_what_is_no_form_is_refused(console: Console, content: bytes, kind: str, status: int) -> None:
    """Before it is looked at."""
    answer = console.client.post("/redrive", content=content, headers={**bearer(), "Content-Type": kind})

    assert answer.status_code == status


@pytest.mark.parametrize("headers", [{}, {"Sec-Fetch-Site": "cross-site"}])
def test_a_redrive_that_another_site_sends_is_refused(console: Console, headers: dict[str, str]) -> None:
    """Without the session's own token, or where the browser says so; nothing is sent."""
    draft = Draft(uuid.uuid4().hex)
    written(console.stack, draft)
    since = ends(console.stack)
    form = {"id": console.place(draft), "until": "1s", "csrf": "guessed"}
    answer = console.post("/redrive", form, {**console.cookie(), **headers})

    assert (answer.status_code, sent(console.stack, since)) == (403, [])


def test_who_may_only_read_redrives_nothing(console: Console) -> None:
    """Neither a dry run nor a redrive; and is not offered it."""
    reader = bearer("dlq:read dlq:personal")
    draft = Draft(uuid.uuid4().hex)
    written(console.stack, draft)
    place, since = console.place(draft), ends(console.stack)
    pages = console.get("/letters", reader).text + console.get(f"/letters/{place}", reader).text

    assert console.get(f"/redrive?id={place}", reader).status_code == 403
    assert console.post("/redrive", {"id": place, "until": "1s"}, reader).status_code == 403
    assert ("/redrive" in pages, sent(console.stack, since)) == (False, [])


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"until": "1s"}, "every dead letter"),
        ({"id": "0/0"}, "begin with the dry run"),
        ({"id": "0/0", "until": "1s", "rate": "nan"}, "rate"),
        ({"id": "0/0", "until": "1s", "max_redrives": "0"}, "max_redrives"),
        ({"id": "0/0", "until": "soon"}, "is no time"),
    ],
)
def test_what_was_not_confirmed_is_not_redriven(console: Console, form: dict[str, str], said: str) -> None:
    """And what is not usable; nothing is sent."""
    since = ends(console.stack)
    answer = console.post("/redrive", form)

    assert (answer.status_code, said in answer.text, sent(console.stack, since)) == (422, True, [])


def test_one_letter_is_redriven(console: Console) -> None:
    """The dry run sends nothing; then key, value and headers are what came; a second time it is left."""
    draft = Draft(uuid.uuid4().hex, headers=[("x-user-id", b"u1"), ("custom", b"\xff\x00")])
    written(console.stack, draft)
    place, since = console.place(draft), ends(console.stack)
    dry = console.data("/redrive", id=place)
    assert (dry["send"], dry["left"], sent(console.stack, since)) == (1, {}, [])

    answer = console.post("/redrive", {"id": place, "until": dry["until"], "note": "why <b>"})
    run = finished(console, answer.headers["location"])
    (message,) = sent(console.stack, since)

    assert (run["by"], run["note"], run["items"]) == ("ada@console", "why <b>", {"sent": 1})
    assert (message.key(), listed(message.headers())[:2]) == (b"%s" % str(draft.id).encode(), draft.headers)
    assert run["letters"][0]["target"] == f"{message.topic()}/{message.partition()}/{message.offset()}"
    assert console.data("/redrive", id=place)["left"] == {"already": 1}
    assert run["run"] in console.get(f"/letters/{place}").text
    assert "why &lt;b&gt;" in console.get("/runs").text


def test_many_letters_are_redriven_and_the_broken_ones_are_left(console: Console) -> None:
    """Past their end, or from a topic without a contract."""
    mark = uuid.uuid4().hex
    late = {"expires_at": None}
    good = [Draft(mark, fields=late) for _ in range(20)]
    written(console.stack, *good, Draft(mark, topic="elsewhere"))
    since = ends(console.stack)
    dry = console.data("/redrive", reason=mark)
    assert (dry["send"], dry["left"]) == (20, {"other-topic": 1})
    run = finished(console, console.post("/redrive", {"reason": mark, "until": dry["until"]}).headers["location"])

    assert (run["items"], run["left"]) == ({"sent": 20}, {"other-topic": 1})
    assert Counter(message.key() for message in sent(console.stack, since)) == {str(one.id).encode(): 1 for one in good}


def test_two_redrives_are_not_at_work_at_once(console: Console) -> None:
    """The second is refused, whoever asks."""
    mark = uuid.uuid4().hex
    written(console.stack, *(Draft(mark) for _ in range(6)))
    until = console.data("/redrive", reason=mark)["until"]
    form = {"reason": mark, "until": until, "rate": "2"}
    first, second = console.post("/redrive", form), console.post("/redrive", {**form, "note": "again"})

    assert (first.status_code, second.status_code) == (303, 409)
    assert finished(console, first.headers["location"])["items"] == {"sent": 6}


def test_operators_need_no_token(console: Console) -> None:
    """Health and readiness."""
    assert console.get("/health", {}).json() == {"status": "healthy", "service": "dlq-console"}
    assert console.get("/readyz", {}).json() == {"status": "ok"}


def test_a_redrive_outlives_the_process(stack: Stack) -> None:
    """SIGTERM stops it between two batches; another process shows so, and continues it: each is sent once."""
    mark = uuid.uuid4().hex
    drafts = [Draft(mark) for _ in range(30)]
    fill(stack.environment, drafts)
    since = ends(stack)
    with running_console(stack.environment) as (child, address), httpx.Client(base_url=address, timeout=60) as client:
        first = Console(client, stack)
        until = first.data("/redrive", reason=mark)["until"]
        path = first.post("/redrive", {"reason": mark, "until": until, "rate": "5"}).headers["location"]
        assert SOON.until(lambda: first.data(path)["items"].get("sent", 0) > 0)
        os.kill(int((child.directory / "pid").read_text()), signal.SIGTERM)
        assert SOON.until(lambda: child.exit_code() is not None)
        code = child.exit_code()
    early = len(sent(stack, since))
    with running_console(stack.environment) as (_, address), httpx.Client(base_url=address, timeout=60) as client:
        second = Console(client, stack)
        assert second.data(path)["state"] == "interrupted"
        assert "gives it up" in second.get("/redrive?id=0/0").text
        assert second.post(f"{path}/continue", {"rate": "100"}).headers["location"] == path
        run = finished(second, path)

    assert (code, 0 < early < 30) == (0, True)
    assert run["items"] == {"sent": 30}
    assert Counter(message.key() for message in sent(stack, since)) == {str(one.id).encode(): 1 for one in drafts}


@pytest.mark.parametrize(
    ("change", "arguments", "code", "said"),
    [
        ({"JWT_SECRET": ""}, [], 2, "nobody could be let in"),
        ({"MONGODB_URI": ""}, [], 2, "MONGODB_URI"),
        ({}, ["serve"], 2, "usage"),
        ({"KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1", "STARTUP_TIMEOUT": "1"}, [], 3, "KAFKA_BOOTSTRAP_SERVERS"),
    ],
)
def test_a_console_that_cannot_serve_says_why(
    stack: Stack, change: dict[str, str], arguments: list[str], code: int, said: str
) -> None:
    """In one line, and with the exit code."""
    done = subprocess.run(
        [sys.executable, "-m", "services.dlq_console", *arguments],
        cwd=ROOT,
        env={**os.environ, **stack.environment, "JWT_SECRET": SECRET, **change},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert (done.returncode, said in done.stderr, "Traceback" in done.stderr) == (code, True, False)


def test_lists_are_made_of_what_is_in_memory(stack: Stack) -> None:
    """Only what is new is read; no personal data is kept; the oldest give way, and are counted."""
    mark = uuid.uuid4().hex
    fill(stack.environment, [Draft(f"{mark} {number}", headers=[("h", b"1")]) for number in range(40)])
    with closing(Letters(kafka_config(stack.environment), Registry.from_env(stack.environment), most=15)) as letters:
        first, again = letters.snapshot(), letters.snapshot()
        fill(stack.environment, [Draft(f"{mark} new")])
        after = letters.snapshot()

    assert again is first
    assert (len(first.letters), len(after.letters), after.beyond) == (15, 15, first.beyond + 1)
    assert sum(letter.reason == f"{mark} new" for letter in after.letters) == 1
    kept = [letter.envelope for letter in first.letters if letter.envelope]
    assert {one.original_payload for one in kept} == {None}
    assert {(one.original_data.to, one.original_data.body) for one in kept if one.original_data} == {("", "")}
