"""Who calls: a token in the Authorization header for programs, a session's cookie for people; and what they may do."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from typing import Final

from starlette.requests import HTTPConnection

from services.dlq_console.sessions import Session, Sessions
from services.web.tokens import Refused, Tokens

READ: Final = "dlq:read"
REDRIVE: Final = "dlq:redrive"
PERSONAL: Final = "dlq:personal"
_OTHER_SITES: Final = ("cross-site", "same-site")  # what a browser says of a request that another site made


@dataclass(frozen=True, slots=True)
class Visitor:
    """Whoever calls.

    Attributes:
        session: None for programs, which show their token each time.
    """

    user: str
    scopes: frozenset[str]
    session: Session | None = None

    def may(self, scope: str) -> bool:
        """Whether the token holds a scope."""
        return scope in self.scopes


def cookie_name(*, secure: bool) -> str:
    """The name of the cookie; the prefix makes browsers refuse it from another host or path (RFC 6265bis)."""
    return "__Host-dlq-console" if secure else "dlq-console"


def visitor_of(call: HTTPConnection, tokens: Tokens, sessions: Sessions, cookie: str, now: float) -> Visitor | None:
    """Whoever calls; None where neither header nor cookie is accepted. A header decides alone."""
    if (header := call.headers.get("authorization")) is not None:
        try:
            claims = tokens.of_header(header)
        except Refused:
            return None
        return Visitor(claims.user, claims.scopes)
    session = sessions.find(call.cookies.get(cookie), now)
    return Visitor(session.user, session.scopes, session) if session else None


def is_forged(call: HTTPConnection, visitor: Visitor | None, token: str) -> bool:
    """Whether a form may have been sent by another site: by what the browser says, and by the session's own token."""
    if call.headers.get("sec-fetch-site") in _OTHER_SITES:
        return True
    if visitor is None or visitor.session is None:
        return False
    return not hmac.compare_digest(visitor.session.csrf.encode(), token.encode("utf-8", "surrogatepass"))
