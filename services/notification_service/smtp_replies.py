"""What a reply of an SMTP server means for a message: the phase first, then the code, then the enhanced code."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from eccs_contracts.delivery import Outcome, OutcomeKind
from services.notification_service.server_text import server_text

_ENHANCED: Final = re.compile(r"([245]\.\d{1,3}\.\d{1,3})(?:\s|$)")
_FOUR: Final = range(400, 500)
_FIVE: Final = range(500, 600)
_REFUSAL: Final = range(400, 600)
SERVICE_CLOSES: Final = 421  # RFC 5321, section 3.8
BAD_SEQUENCE: Final = 503  # an error on this session before; the session is to blame


@dataclass(frozen=True, slots=True)
class Reply:
    """A reply of a server (RFC 5321, section 4.2); its text may quote addresses: show it by `server_text` only."""

    code: int
    text: str = ""

    @property
    def enhanced(self) -> str:
        """The enhanced code (RFC 3463), for example "5.1.1"; empty where there is none."""
        found = _ENHANCED.match(self.text)
        return found[1] if found else ""


@dataclass(frozen=True, slots=True)
class Rule:
    """One row: where all that it names fits, the reply means `kind`.

    Attributes:
        codes: reply codes; any refusal unless given.
        phases: of the dialogue; any unless given.
        enhanced: enhanced codes, "" for a reply without one; any unless given.
        words: phrases in lower case, one of which is in the text; any text unless given.
        greylisted: the message is to wait as long as a greylist wants (RFC 6647).
    """

    kind: OutcomeKind
    codes: Collection[int] = _REFUSAL
    phases: Collection[str] = ()
    enhanced: Collection[str] = ()
    words: Collection[str] = ()
    greylisted: bool = False

    def fits(self, phase: str, code: int, enhanced: str, text: str) -> bool:
        """Whether the row is about this reply; `text` is in lower case."""
        return (
            code in self.codes
            and (not self.phases or phase in self.phases)
            and (not self.enhanced or enhanced in self.enhanced)
            and (not self.words or any(word in text for word in self.words))
        )


_INFRASTRUCTURE, _THROTTLED = OutcomeKind.INFRASTRUCTURE, OutcomeKind.THROTTLED
_TRANSIENT, _PERMANENT = OutcomeKind.TRANSIENT, OutcomeKind.PERMANENT

_SEARCHED: Final = 512  # characters of a text in which words are looked for
_SESSION: Final = ("CONNECT", "EHLO", "STARTTLS", "AUTH")
_GREYLIST: Final = (450, 451, 452, 471)
_CREDENTIALS: Final = (530, 534, 535, 538)  # RFC 4954, section 6: they are shared by all messages
_BUSY: Final = frozenset(f"4.7.{detail}" for detail in range(500, 700))  # Exchange Online: server busy, rate limited
_GREYLISTED_BY_NAME: Final = ("greylist", "graylist", "grey list", "gray list", "grey-list", "gray-list")
_GREYLISTED_BY_DEED: Final = (
    "try again later",  # OpenBSD's spamd: "Temporary failure, please try again later."
    "try again in",
    "try later",
    "come back later",
    "internal resource temporarily unavailable",  # Mimecast
)
_LIMIT_OF_RATE: Final = (
    "throttl",  # Amazon SES, Comcast
    "rate limit",  # GMX, Gmail, Outlook
    "rate-limit",
    "sending rate",
    "server busy",  # Exchange Online
    "unexpected volume",  # Yahoo
    "excessive volume",  # iCloud
    "too many connections",
    "too many concurrent",
    "too many messages",
    "maximum number of connections",
)

RULES: Final = (
    Rule(_THROTTLED, _FOUR, enhanced={"4.4.5", "4.7.28"} | _BUSY),  # the rate, whatever the phase
    Rule(_THROTTLED, (454,), ("AUTH",), ("4.7.0",)),  # too many logins
    Rule(_THROTTLED, (421, *_GREYLIST, 454), words=_LIMIT_OF_RATE),
    Rule(_INFRASTRUCTURE, phases=_SESSION),  # nobody is served, no message is to blame
    Rule(_TRANSIENT, (SERVICE_CLOSES, *_GREYLIST), words=_GREYLISTED_BY_NAME, greylisted=True),
    Rule(_INFRASTRUCTURE, (SERVICE_CLOSES,)),
    Rule(_INFRASTRUCTURE, _CREDENTIALS),
    Rule(_INFRASTRUCTURE, _FIVE, enhanced=("5.7.8",)),
    Rule(_TRANSIENT, (BAD_SEQUENCE,)),
    Rule(_TRANSIENT, (552,), ("RCPT",), ("", "5.5.3")),  # as 452: RFC 5321, section 4.5.3.1.10
    Rule(_TRANSIENT, _FIVE, enhanced=("5.2.2",)),  # a mailbox that is full: RFC 3463, section 3.3, calls it transient
    Rule(_TRANSIENT, (450, 451), enhanced=("4.7.1",), greylisted=True),  # RFC 6647
    Rule(_TRANSIENT, (450, 451), enhanced=("",), words=_GREYLISTED_BY_DEED, greylisted=True),
    Rule(_TRANSIENT, _FOUR),
    Rule(_PERMANENT, _FIVE),
)
_NO_REFUSAL: Final = Rule(_TRANSIENT, range(1000))  # a reply that fits nowhere in the dialogue


def classify(phase: str, reply: Reply, *, greylist_delay_ms: int = 0, hidden: Collection[str] = ()) -> Outcome:
    """Return the outcome of a refusal.

    Args:
        phase: CONNECT, EHLO, STARTTLS, AUTH, MAIL, RCPT, DATA (before the body) or DOT (after it).
        reply: what the server said.
        greylist_delay_ms: how long a greylisted message waits at least, in milliseconds.
        hidden: what the reason must not show, for example the recipient.
    """
    text = " ".join(reply.text[:_SEARCHED].casefold().split())
    rule = next((one for one in RULES if one.fits(phase, reply.code, reply.enhanced, text)), _NO_REFUSAL)
    reason = f"{phase}: {reply.code} {server_text(reply.text, hidden)}".strip()
    wait = greylist_delay_ms if rule.greylisted else 0
    return Outcome(rule.kind, reason, phase, reply.code, reply.enhanced, wait)
