"""Who is signed in.

Sessions are kept in memory: a restart signs everybody out, and signing out ends a session for good. A signed cookie
would survive a restart, and could not be ended before it expires.
"""

from __future__ import annotations

import secrets
import threading
from collections import Counter, OrderedDict
from dataclasses import dataclass, field
from typing import Final

from services.web.tokens import Claims

_MOST: Final = 1_000  # sessions
_MOST_OF_USER: Final = 5  # browsers of one person
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

    def __init__(self, lifetime: float, most: int = _MOST, most_of_user: int = _MOST_OF_USER) -> None:
        """Take the seconds that a session lasts at most, and how many there may be, in all and of one user."""
        self._lifetime, self._most, self._most_of_user = lifetime, most, most_of_user
        self._sessions: OrderedDict[str, Session] = OrderedDict()
        self._lock = threading.Lock()

    def open(self, claims: Claims, now: float) -> Session:
        """Begin a session for the user of a token; it ends with the token at the latest.

        The oldest session of the same user ends if there are too many of them. If there are too many in all, expired
        ones end first, then the oldest of whoever has the most.
        """
        session = Session(
            secrets.token_urlsafe(_BYTES),
            secrets.token_urlsafe(_BYTES),
            claims.user,
            claims.scopes,
            min(claims.expires, now + self._lifetime),
        )
        with self._lock:
            self._make_room(session.user, now)
            self._sessions[session.id] = session
        return session

    def _make_room(self, user: str, now: float) -> None:
        own = [one.id for one in self._sessions.values() if one.user == user]
        for identity in own[: max(0, len(own) + 1 - self._most_of_user)]:
            del self._sessions[identity]
        if len(self._sessions) >= self._most:
            for one in [one for one in self._sessions.values() if one.expires <= now]:
                del self._sessions[one.id]
        while len(self._sessions) >= self._most:
            ((greedy, _),) = Counter(one.user for one in self._sessions.values()).most_common(1)
            del self._sessions[next(one.id for one in self._sessions.values() if one.user == greedy)]

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
