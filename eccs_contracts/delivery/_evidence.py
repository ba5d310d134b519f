"""Whose fault a refusal is: the mail's, or the mail server's.

A reply such as 421 says that the server serves nobody now, but a server also gives it to a single mail that its
content filter cannot handle. One reply cannot tell the two apart; the replies to other mails can.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

MESSAGE_PHASES: Final = ("MAIL", "RCPT", "DATA", "DOT")  # in their order; before them no mail is concerned


class Blame(StrEnum):
    """Whose fault a refusal is, as far as the evidence goes."""

    UNKNOWN = "unknown"
    SERVER = "server"
    MAIL = "mail"


@dataclass(slots=True)
class _Refusal:
    """The first refusal of a mail.

    Attributes:
        number: how many refusals there had been, this one included; it takes the place of a time.
        own: it was the mail's own.
    """

    number: int
    own: bool = False


class ServerEvidence:
    """Which mails the server refused as if it served nobody, and what it answered to other mails since.

    A refusal is a mail's own when the server has given a definite answer, in the same phase or a later one, to another
    mail whose sending began after the refusal; so are the later ones of this mail, unless the server comes under
    suspicion by other mails. It may be the server's fault when several different mails met one and
    no mail was answered between them.
    """

    def __init__(self, threshold: int, memory: int = 10_000) -> None:
        """Create it.

        Args:
            threshold: different mails in a row, at least 1, that put the server under suspicion.
            memory: mails remembered at most; the one that was refused longest ago is forgotten first.

        Raises:
            ValueError: a number is below 1.
        """
        if threshold < 1 or memory < 1:
            raise ValueError(f"evidence needs a threshold >= 1 and a memory >= 1, not {threshold} and {memory}")
        self._threshold, self._memory = threshold, memory
        self._refusals = 0
        self._open: OrderedDict[str, _Refusal] = OrderedDict()
        self._streak: dict[str, int] = {}  # different mails refused without an answer since, and their phases
        self._answered = [-1] * len(MESSAGE_PHASES)  # the latest beginning of a mail that was answered, by phase
        self._recovered = -1  # the same for mails that had been refused before

    @property
    def suspected(self) -> bool:
        """Whether the server may be at fault: enough different mails in a row were refused and none was answered."""
        return len(self._streak) >= self._threshold

    def blames(self, mail: str) -> bool:
        """Whether the last refusal of a mail was its own."""
        return mail in self._open and self._open[mail].own

    def begin(self) -> int:
        """Return a mark for a try that begins now; `answered` takes it."""
        return self._refusals

    def answered(self, mail: str, began: int, phase: str = "DOT") -> None:
        """Note that the server took a mail, or refused it for a reason of its own.

        Args:
            mail: its id.
            began: the mark that `begin` gave when its sending began.
            phase: where the answer came; the server works up to there.
        """
        rank = MESSAGE_PHASES.index(phase)
        for each in range(rank + 1):
            self._answered[each] = max(self._answered[each], began)
        if self._open.pop(mail, None) is not None:
            self._recovered = max(self._recovered, began)
        self._streak = {one: where for one, where in self._streak.items() if where > rank}

    def refused(self, mail: str, phase: str, *, shared: bool = False) -> Blame:
        """Note a refusal that would concern all mails, and say whose fault it is.

        Args:
            mail: its id.
            phase: one of MESSAGE_PHASES.
            shared: the refusal is about a limit that mails share, for example a rate. Then it is the mail's own only
                if no mail that had been refused was answered later: such a mail shows that waiting helps.
        """
        rank = MESSAGE_PHASES.index(phase)
        self._refusals += 1
        refusal = self._first_of(mail)
        helped = shared and self._recovered >= refusal.number
        refusal.own = (refusal.own or self._answered[rank] >= refusal.number) and not helped
        if refusal.own:
            return Blame.SERVER if self.suspected else Blame.MAIL
        if not self.suspected:
            self._streak[mail] = rank
        return Blame.SERVER if self.suspected else Blame.UNKNOWN

    def _first_of(self, mail: str) -> _Refusal:
        if mail not in self._open:
            self._open[mail] = _Refusal(self._refusals)
            if len(self._open) > self._memory:
                self._open.popitem(last=False)
        return self._open[mail]
