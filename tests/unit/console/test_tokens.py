"""What a token's scopes are read as, and who is let in by what."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.requests import HTTPConnection

from eccs_contracts.errors import ConfigurationError
from services.dlq_console.access import is_forged, visitor_of
from services.dlq_console.sessions import Session, Sessions
from services.dlq_console.settings import load_settings
from services.dlq_console.signing import local
from services.web.tokens import AuthSettings, Claims, Tokens
from tests.console_harness import SECRET, bearer, token

_TOKENS = Tokens(AuthSettings("HS256", SECRET))
_ENV = {"KAFKA_BOOTSTRAP_SERVERS": "localhost:9092", "JWT_SECRET": SECRET}


def _call(headers: dict[str, str]) -> HTTPConnection:
    raw = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    return HTTPConnection({"type": "http", "headers": raw})


def _opened(now: float = 0.0) -> tuple[Sessions, Session]:
    sessions = Sessions(lifetime=100)
    return sessions, sessions.open(Claims("ada", frozenset(("dlq:read",)), 50), now)


@pytest.mark.parametrize(
    ("claim", "scopes"),
    [
        ("dlq:read  dlq:redrive", {"dlq:read", "dlq:redrive"}),
        (["dlq:read", 5, None], {"dlq:read"}),
        ("", set()),
        (None, set()),
        ({"dlq:read": 1}, set()),
        (5, set()),
    ],
)
def test_scopes_are_words_or_a_list(claim: Any, scopes: set[str]) -> None:
    """Anything else is none."""
    assert _TOKENS.read(token(claim)).scopes == scopes


def test_a_header_decides_alone() -> None:
    """A good cookie does not help a bad header."""
    sessions, session = _opened()
    cookie = {"Cookie": f"c={session.id}"}
    bad = {**cookie, "Authorization": "Bearer x"}

    assert visitor_of(_call(bad), _TOKENS, sessions, "c", 1) is None
    assert visitor_of(_call(cookie), _TOKENS, sessions, "c", 1) is not None
    assert visitor_of(_call(bearer("dlq:read", user="bob")), _TOKENS, sessions, "c", 1) is not None


@pytest.mark.parametrize(("now", "known"), [(49, True), (50, False)])
def test_a_session_ends_with_its_token(now: float, known: bool) -> None:
    """Also where sessions may last longer."""
    sessions, session = _opened()

    assert (sessions.find(session.id, now) is not None) is known


def test_a_session_that_was_closed_is_gone() -> None:
    """Its cookie is worth nothing."""
    sessions, session = _opened()
    sessions.close(session)

    assert sessions.find(session.id, 1) is None


def test_the_oldest_session_gives_way() -> None:
    """So that memory is bounded."""
    sessions = Sessions(lifetime=100, most=2)
    first, _, third = (sessions.open(Claims("u", frozenset(), 50), 0) for _ in range(3))

    assert (sessions.find(first.id, 1), sessions.find(third.id, 1)) == (None, third)


def _alive(sessions: Sessions, opened: list[Session], now: float = 1) -> list[bool]:
    return [sessions.find(one.id, now) is not None for one in opened]


def _open(sessions: Sessions, user: str, count: int, expires: float = 50, now: float = 0) -> list[Session]:
    return [sessions.open(Claims(user, frozenset(), expires), now) for _ in range(count)]


def test_one_user_signs_nobody_else_out() -> None:
    """However often: beyond five, the oldest session of the same user ends."""
    sessions = Sessions(lifetime=100)
    ada, others = _open(sessions, "ada", 5), _open(sessions, "eve", 1_001)

    assert _alive(sessions, ada) == [True] * 5
    assert _alive(sessions, others[-6:]) == [False, *[True] * 5]


def test_who_is_over_gives_way_first_and_then_who_has_most() -> None:
    """The bound in all holds, too, and whoever has one session keeps it."""
    sessions = Sessions(lifetime=100, most=4, most_of_user=3)
    short, ada = _open(sessions, "bob", 1, expires=10), _open(sessions, "ada", 1)
    eve = _open(sessions, "eve", 2)
    after = _open(sessions, "eve", 1, now=10)

    assert _alive(sessions, [*short, *ada, *eve, *after], now=11) == [False, True, True, True, True]

    newest = _open(sessions, "new", 1, now=12)

    assert _alive(sessions, [*ada, *eve, *after, *newest], now=13) == [True, False, True, True, True]


@pytest.mark.parametrize(
    ("headers", "forged"),
    [
        ({}, False),
        ({"Sec-Fetch-Site": "none"}, False),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "https://dlq.example"}, True),
        ({"Sec-Fetch-Site": "new-word"}, True),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "https://behind-a-proxy.example"}, False),
        ({"Origin": "https://dlq.example"}, False),
        ({"Origin": "https://DLQ.example"}, False),
        ({"Origin": "https://evil.example"}, True),
        ({"Origin": "https://dlq.example.evil.example"}, True),
        ({"Origin": "https://dlq.example:8443"}, True),
        ({"Origin": "null"}, True),
        ({"Origin": ""}, True),
        ({"Origin": "http://["}, True),
        ({"Referer": "https://dlq.example/sign-in"}, False),
        ({"Referer": "https://evil.example/dlq.example"}, True),
        ({"Origin": "https://evil.example", "Referer": "https://dlq.example/"}, True),
    ],
)
def test_a_sign_in_of_another_site_is_told(headers: dict[str, str], forged: bool) -> None:
    """Nobody has a session yet, and older browsers send no Sec-Fetch-Site: then Origin or Referer say so."""
    assert is_forged(_call({"Host": "dlq.example", **headers}), None, "") is forged


@pytest.mark.parametrize(
    ("site", "given", "forged"),
    [
        ("same-origin", "", False),
        (None, "", False),
        ("cross-site", "", True),
        ("same-site", "", True),
        (None, "x", True),
        (None, "\ud800", True),
    ],
)
def test_a_form_of_another_site_is_told(site: str | None, given: str, forged: bool) -> None:
    """By what the browser says, or by the session's token, which is right where `given` is empty."""
    sessions, session = _opened()
    headers = {"Cookie": f"c={session.id}"} | ({"Sec-Fetch-Site": site} if site else {})
    visitor = visitor_of(_call(headers), _TOKENS, sessions, "c", 1)

    assert is_forged(_call(headers), visitor, given or session.csrf) is forged


@pytest.mark.parametrize(
    ("target", "home"),
    [
        ("/letters?category=PARSE", "/letters?category=PARSE"),
        ("//evil.example/", "/"),
        ("https://evil.example/", "/"),
        ("/\\evil.example", "/"),
        ("javascript:alert(1)", "/"),
        ("/x\r\nSet-Cookie: a=b", "/"),
        ("//[", "/"),
        ("", "/"),
    ],
)
def test_after_signing_in_one_stays_on_this_host(target: str, home: str) -> None:
    """Whatever a link says."""
    assert local(target) == home


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"JWT_SECRET": ""}, "nobody could be let in"),
        ({"KAFKA_BOOTSTRAP_SERVERS": ""}, "KAFKA_BOOTSTRAP_SERVERS"),
        ({"SECURE_COOKIE": "perhaps"}, "SECURE_COOKIE"),
        ({"MAX_LETTERS": "0"}, "MAX_LETTERS"),
    ],
)
def test_settings_that_are_not_usable_are_refused(change: dict[str, str], message: str) -> None:
    """With the variable; without a key nothing is served."""
    with pytest.raises(ConfigurationError, match=message):
        load_settings({**_ENV, **change})


def test_the_key_is_not_shown() -> None:
    """Wherever settings are printed."""
    assert SECRET not in repr(load_settings(_ENV))
