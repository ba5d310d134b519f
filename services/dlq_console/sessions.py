"""Who is signed in. Kept in memory: a restart signs everybody out, and signing out ends a session for good."""

from __future__ import annotations

import secrets
import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Final

from services.web.tokens import Claims

_MOST: Final = 1_000  # sessions; the oldest gives way
_BYTES: Final = 32  # of chance in an id


@dataclass(frozen=True, slots=True)
class Session:
    """Somebody who has shown a token.

    Attributes:
        id: what the cookie holds.
        csrf: what each form must send back, so that no other site can send one.
        expires: in seconds since 1970.
    """

    id: str = field(repr=False)
    csrf: str = field(repr=False)
    user: str
    scopes: frozenset[str]
    expires: float


class Sessions:
    """The sessions of one process."""

    def __init__(self, lifetime: float, most: int = _MOST) -> None:
        """Take the seconds that a session lasts at most, and how many there may be."""
        self._lifetime, self._most = lifetime, most
        self._sessions: OrderedDict[str, Session] = OrderedDict()
        self._lock = threading.Lock()

    def open(self, claims: Claims, now: float) -> Session:
        """Begin a session for whoever a token is for; it ends with the token at the latest."""
        session = Session(
            secrets.token_urlsafe(_BYTES),
            secrets.token_urlsafe(_BYTES),
            claims.user,
            claims.scopes,
            min(claims.expires, now + self._lifetime),
        )
        with self._lock:
            self._sessions[session.id] = session
            while len(self._sessions) > self._most:
                self._sessions.popitem(last=False)
        return session

    def find(self, identity: str | None, now: float) -> Session | None:
        """The session of a cookie; None where there is none, or it is over."""
        with self._lock:
            found = self._sessions.get(identity or "")
            if found is not None and found.expires <= now:
                del self._sessions[found.id]
                return None
        return found

    def close(self, session: Session) -> None:
        """End a session."""
        with self._lock:
            self._sessions.pop(session.id, None)
