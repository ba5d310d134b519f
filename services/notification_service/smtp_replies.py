"""What a reply of an SMTP server means for a message: the phase first, then the code, then the enhanced code."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from eccs_contracts.delivery import Outcome, OutcomeKind

_ENHANCED: Final = re.compile(r"([245]\.\d{1,3}\.\d{1,3})(?:\s|$)")
_FOUR: Final = range(400, 500)
_FIVE: Final = range(500, 600)
_REFUSAL: Final = range(400, 600)
SERVICE_CLOSES: Final = 421  # RFC 5321, section 3.8
BAD_SEQUENCE: Final = 503  # an error on this session before; the session is to blame


@dataclass(frozen=True, slots=True)
class Reply:
    """A reply of a server (RFC 5321, section 4.2); its text may quote addresses and is never logged."""

    code: int
    text: str = ""

    @property
    def enhanced(self) -> str:
        """The enhanced code (RFC 3463), for example "5.1.1"; empty where there is none."""
        found = _ENHANCED.match(self.text)
        return found[1] if found else ""


@dataclass(frozen=True, slots=True)
class Rule:
    """One row: where all that it names fits, the reply means `kind`."""

    kind: OutcomeKind
    codes: Collection[int] = _REFUSAL
    phases: Collection[str] = ()
    enhanced: Collection[str] = ()
    greylisted: bool = False

    def fits(self, phase: str, code: int, enhanced: str) -> bool:
        """Whether the row is about this reply; what it does not name is anything."""
        return (
            code in self.codes
            and (not self.phases or phase in self.phases)
            and (not self.enhanced or enhanced in self.enhanced)
        )


_INFRASTRUCTURE, _THROTTLED = OutcomeKind.INFRASTRUCTURE, OutcomeKind.THROTTLED
_TRANSIENT, _PERMANENT = OutcomeKind.TRANSIENT, OutcomeKind.PERMANENT

RULES: Final = (
    Rule(_THROTTLED, _FOUR, enhanced=("4.4.5", "4.7.28")),  # the rate, whatever the phase
    Rule(_THROTTLED, (454,), ("AUTH",), ("4.7.0",)),  # too many logins
    Rule(_INFRASTRUCTURE, phases=("CONNECT", "EHLO", "STARTTLS", "AUTH")),  # nobody is served, no message is to blame
    Rule(_INFRASTRUCTURE, (SERVICE_CLOSES,)),
    Rule(_INFRASTRUCTURE, (530, 534, 535, 538)),  # RFC 4954, section 6: the credentials, which all messages share
    Rule(_INFRASTRUCTURE, _FIVE, enhanced=("5.7.8", "5.7.9")),
    Rule(_TRANSIENT, (BAD_SEQUENCE,)),
    Rule(_TRANSIENT, (552,), ("RCPT",), ("", "5.5.3")),  # as 452: RFC 5321, section 4.5.3.1.10
    Rule(_TRANSIENT, (450, 451), enhanced=("4.7.1",), greylisted=True),  # RFC 6647
    Rule(_TRANSIENT, _FOUR),
    Rule(_PERMANENT, _FIVE),
)
_NO_REFUSAL: Final = Rule(_TRANSIENT, range(1000))  # a reply that fits nowhere in the dialogue


def classify(phase: str, reply: Reply, *, greylist_delay_ms: int = 0) -> Outcome:
    """The outcome of a refusal.

    Args:
        phase: CONNECT, EHLO, STARTTLS, AUTH, MAIL, RCPT, DATA (before the body) or DOT (after it).
        reply: what the server said.
        greylist_delay_ms: how long a greylisted message waits at least, in milliseconds.
    """
    enhanced = reply.enhanced
    rule = next((one for one in RULES if one.fits(phase, reply.code, enhanced)), _NO_REFUSAL)
    reason = f"{phase}: {reply.code} {enhanced}".strip()
    wait = greylist_delay_ms if rule.greylisted else 0
    return Outcome(rule.kind, reason, phase, reply.code, enhanced, wait)
