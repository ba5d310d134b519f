"""Who calls: a token in the Authorization header for programs, a session's cookie for people; and what they may do."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from starlette.requests import HTTPConnection

from services.dlq_console.sessions import Session, Sessions
from services.web.tokens import Refused, Tokens

READ: Final = "dlq:read"
REDRIVE: Final = "dlq:redrive"
PERSONAL: Final = "dlq:personal"
_THIS_SITE: Final = ("same-origin", "none")  # Sec-Fetch-Site of a form of ours, and of what a person typed


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


def _from_another_site(headers: Mapping[str, str]) -> bool:
    """Whether a browser says that another site sent a form.

    Browsers before 2023 do not send Sec-Fetch-Site, but name the page of a form in Origin (RFC 6454, section 7) or
    Referer. A program sends none of them, and no cookie that it was not given.
    """
    if (site := headers.get("sec-fetch-site")) is not None:
        return site not in _THIS_SITE
    page = headers.get("origin", headers.get("referer"))
    return page is not None and _authority(page) != headers.get("host", "").lower()


def _authority(url: str) -> str | None:
    try:
        return urlsplit(url).netloc.lower() or None
    except ValueError:
        return None


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
    if _from_another_site(call.headers):
        return True
    if visitor is None or visitor.session is None:
        return False
    return not hmac.compare_digest(visitor.session.csrf.encode(), token.encode("utf-8", "surrogatepass"))
