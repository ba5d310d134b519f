"""What the SMTP sink is told to do wrong: frozen data, and the counting that decides when."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

PHASES = ("CONNECT", "EHLO", "AUTH", "MAIL", "RCPT", "DATA", "DOT")
DROP_BEFORE = "drop-before"
DROP_AFTER = "drop-after"

# Before RCPT the sink cannot know whom the mail is for; at MAIL it knows the command.
_KNOWS_RECIPIENT = frozenset({"RCPT", "DATA", "DOT"})
_KNOWS_MAIL = _KNOWS_RECIPIENT | {"MAIL"}
_REPLY = re.compile(r"[45]\d\d( .*)?|drop-before|drop-after|hang \d+(\.\d+)?", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that goes wrong, at one phase of the SMTP dialogue.

    Attributes:
        phase: CONNECT, EHLO (and HELO), AUTH, MAIL, RCPT, DATA (before the body) or DOT (after the
            final dot).
        reply: A 4xx or 5xx reply such as `550 5.1.1 no such user` (421 closes the connection, RFC 5321
            section 3.8), or an action: `drop-before` (cut without a reply, nothing accepted), `drop-after`
            (DOT only: accepted and stored, then cut without a reply) or `hang N` (silent for N seconds,
            then as if nothing had happened).
        pattern: Regular expression for the whole recipient, case-insensitive; only for RCPT, DATA and DOT. At
            MAIL: for what follows the command, for example `FROM:<a@b.example> SIZE=100`.
        first: Only the first so many attempts of each recipient fail; before RCPT, the first so many times
            that the phase is reached. None: all of them.

    Raises:
        ValueError: The fault could never fire as written.
    """

    phase: str
    reply: str
    pattern: str = ".*"
    first: int | None = None

    def __post_init__(self) -> None:
        """Refuses a fault that could never fire: a test with it would prove nothing."""
        problem = _problem(self)
        if problem:
            message = f"{self}: {problem}"
            raise ValueError(message)

    @property
    def hang_seconds(self) -> float | None:
        """How long to stay silent; None for every other kind of fault."""
        kind, _, seconds = self.reply.partition(" ")
        return float(seconds) if kind == "hang" else None

    def hits(self, recipient: str, attempt: int) -> bool:
        """Whether this attempt (1-based) of this recipient is to fail."""
        in_time = self.first is None or attempt <= self.first
        return in_time and re.fullmatch(self.pattern, recipient, re.IGNORECASE) is not None


def _problem(fault: Fault) -> str | None:
    if fault.phase not in PHASES:
        return f"the phase must be one of {', '.join(PHASES)}"
    if not _REPLY.fullmatch(fault.reply):
        return "the reply must be a 4xx or 5xx reply, 'drop-before', 'drop-after' or 'hang SECONDS'"
    if fault.reply == DROP_AFTER and fault.phase != "DOT":
        return "'drop-after' means after accepting the mail, which happens at DOT only"
    if fault.pattern != ".*" and fault.phase not in _KNOWS_MAIL:
        return f"at {fault.phase} the recipient is not known yet, so a pattern cannot match it"
    return None


class Script:
    """The faults in force, how often each phase was tried, and how often each fault fired.

    Not thread-safe: the sink calls it under its own lock.
    """

    def __init__(self, faults: Sequence[Fault] = ()) -> None:
        self._faults = tuple(faults)
        self._tries: Counter[str] = Counter()
        self._fired: Counter[Fault] = Counter()

    @property
    def fired(self) -> Mapping[Fault, int]:
        """How often each fault fired; 0 for one that did not."""
        return MappingProxyType({fault: self._fired[fault] for fault in self._faults})

    def count_attempt(self, recipient: str) -> None:
        """Counts one attempt to reach the recipient."""
        self._tries[recipient.casefold()] += 1

    def fault_at(self, phase: str, recipients: Sequence[str]) -> Fault | None:
        """Return the first fault that fires at the phase for one of the recipients, and count it.

        Args:
            phase: one of PHASES.
            recipients: of the mail; at MAIL, what follows the command, as the only one.
        """
        if phase not in _KNOWS_RECIPIENT:
            self._tries[phase] += 1
            tried = [(next(iter(recipients), ""), self._tries[phase])]
        else:
            tried = [(each, self._tries[each.casefold()]) for each in recipients]
        for fault in self._faults:
            if fault.phase == phase and any(fault.hits(*each) for each in tried):
                self._fired[fault] += 1
                return fault
        return None
