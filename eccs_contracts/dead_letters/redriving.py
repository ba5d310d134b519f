"""A redrive, from the DLQ to the topics that the letters came from: intend, send, wait for the broker, write down.

What is known to be sent is never sent again. What was intended when a run was killed is looked for in the target topic
first: each message carries the identity of its letter. Transactions would do this too, but one that a killed run leaves
open holds up every reader of the target topic until it times out.
"""

from __future__ import annotations

import time
import uuid
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final

from eccs_contracts.clients import Delivery, RawProducer
from eccs_contracts.dead_letters.audit import (
    OPEN_ENDS,
    Batch,
    End,
    Item,
    ItemState,
    Lock,
    Run,
    RunState,
    end_of,
    item,
)
from eccs_contracts.dead_letters.decision import Guard, Leave, Send, decide, pause
from eccs_contracts.dead_letters.letters import Letter
from eccs_contracts.dead_letters.reading import LetterReader
from eccs_contracts.dead_letters.scanning import Scan, within
from eccs_contracts.dead_letters.selection import Selection
from eccs_contracts.dead_letters.store import AuditStore
from eccs_contracts.errors import ContractsError, DeliveryFailed, MessageTooLarge

ALREADY: Final = "already"  # left, because an earlier run sent it
UNSELECTED: Final = "not-selected"
_BATCH: Final = 200  # letters that are sent at once, and so what is looked for after a crash
_READ: Final = 500  # records that are read at once
_NOTED: Final = 5.0  # seconds between two notes of progress while nothing is sent
_ACKNOWLEDGED: Final = 40.0  # seconds; more than the producer's delivery.timeout.ms


@dataclass(frozen=True, slots=True)
class Order:
    """What to redrive.

    Attributes:
        rate: messages a second at most; None for as fast as the broker takes them.
    """

    selection: Selection
    guard: Guard
    rate: float | None = None

    @property
    def batch(self) -> int:
        """Letters of a batch: no more than a second's worth."""
        return _BATCH if self.rate is None else max(1, min(_BATCH, int(self.rate)))


@dataclass(slots=True)
class Outlook:
    """What a redrive would do.

    Attributes:
        send: letters whose originals would be sent.
        again: of these, letters whose originals had been redriven before: still broken then.
        left: letters that would be left, by reason.
        topics: letters to be sent, by target.
    """

    send: int
    again: int
    left: Counter[str]
    topics: Counter[str]


def outlook(scans: Iterable[Scan], order: Order, store: AuditStore | None, now: datetime) -> Outlook:
    """Decide about letters, and do nothing.

    Args:
        scans: the letters of the order's selection.
        order: what is never sent.
        store: knows what was sent before; None where there is no database.
        now: what `expiresAt` is held against.
    """
    found = Outlook(0, 0, Counter(), Counter())
    for scan in scans:
        sends, left = _decided(scan.letters, order, now)
        known = store.known([one.letter.identity for one in sends]) if store and sends else {}
        done = {name for name, one in known.items() if one.state is ItemState.SENT}
        fresh = [one for one in sends if one.letter.identity not in done]
        found.left += left + Counter({ALREADY: len(sends) - len(fresh)})
        found.send += len(fresh)
        found.again += sum(one.redrive > 1 for one in fresh)
        found.topics.update(one.topic for one in fresh)
    found.left = +found.left
    return found


def opened(
    store: AuditStore, options: Mapping[str, Any], reader: LetterReader, *, by: str, note: str
) -> tuple[Run, bool]:
    """The run to work on, and whether it is one that was interrupted.

    An interrupted run of the same options is continued; one of other options is given up, what it sent stays written.
    """
    for run in store.runs({"state": RunState.RUNNING}):
        if dict(run.options) == dict(options):
            return run, True
        store.progress(replace(run, state=RunState.ABANDONED))
    bounds = reader.bounds()
    now = datetime.now(UTC)
    run = Run(
        id=run_name(now),
        by=by,
        note=note,
        options=options,
        started=now,
        until={number: one.high for number, one in bounds.items()},
        reached={number: one.low for number, one in bounds.items()},
    )
    store.begin(run)
    return run, False


def run_name(now: datetime) -> str:
    """Return the name of a new run."""
    return f"{now:%Y%m%d-%H%M%S}-{uuid.uuid4().hex[:4]}"


@dataclass(frozen=True, slots=True)
class Redriver:
    """Does a run; belongs to the process that holds the lock."""

    producer: RawProducer
    store: AuditStore
    me: Lock

    def redrive(self, reader: LetterReader, run: Run, order: Order) -> Iterator[int]:
        """Bring a run to its end; gives the number of records that were read, or 0 after a batch was sent.

        Raises:
            DeliveryFailed: the broker does not acknowledge; the run can be continued.
            BrokerUnavailable: the broker does not answer; as above.
            RegistryUnavailable: the registry does not answer; as above.
            AuditUnavailable: MongoDB does not answer; as above.
            RunActive: this process was taken for dead and another one redrives.
        """
        began = noted = time.monotonic()
        sent = 0
        parts = [within(part, run.reached, run.until) for part in reader.parts(order.selection)]
        for scan in reader.scan(order.selection, parts, size=_READ):
            sends, left = _decided(scan.letters, order, datetime.now(UTC))
            fresh, already = self._unsent(sends, run)
            for batch in _chunks(fresh, order.batch):
                self.store.beat(replace(self.me, beat=datetime.now(UTC)))  # and be sure that nobody took over
                self._send(batch, run)
                sent += len(batch)
                yield 0
                time.sleep(pause(sent, order.rate, time.monotonic() - began))
            run = _advanced(run, scan, left + Counter({ALREADY: already}))
            if fresh or time.monotonic() - noted > _NOTED:
                self.store.progress(run)
                noted = time.monotonic()
            yield scan.read
        self.store.progress(replace(run, state=RunState.FINISHED))

    def resend(self, send: Send, run: Run) -> Item:
        """Send one message of a run; returns what is written down about it. Errors as `redrive`."""
        self._send([send], run)
        return self.store.known([send.letter.identity])[send.letter.identity]

    def _unsent(self, sends: Sequence[Send], run: Run) -> tuple[list[Send], int]:
        """Those that nobody sent yet, and how many an earlier run sent."""
        known = self.store.known([one.letter.identity for one in sends])
        done = {name: one for name, one in known.items() if one.state is ItemState.SENT}
        fresh = [one for one in sends if one.letter.identity not in done]
        return fresh, sum(one.run != run.id for one in done.values())

    def _send(self, sends: Sequence[Send], run: Run) -> None:
        """Write the intention, send, wait for every answer, write what is certain; what is not stays intended."""
        now = datetime.now(UTC)
        items = tuple(item(one, run.id, now) for one in sends)
        batch = Batch(f"{run.id}/{uuid.uuid4().hex[:12]}", run.id, items)
        self.store.write(batch)
        answers = [self.producer.send(one.topic, one.value, key=one.key, headers=one.headers) for one in sends]
        failures: list[ContractsError] = []
        try:
            self.producer.flush(_ACKNOWLEDGED)
        except DeliveryFailed as error:
            failures.append(error)
        results = [_answered(one, answer) for one, answer in zip(items, answers, strict=True)]
        failures += [error for _, error in results if error is not None]
        self.store.write(replace(batch, items=tuple(one for one, _ in results)))
        if failures:
            raise failures[-1]


def ends(store: AuditStore, run: str, now: datetime) -> Counter[End]:
    """How the messages of a run ended by now, by the ledger; what is new is written to the items."""
    counts: Counter[End] = Counter()
    for batch in store.batches({"run": run}):
        open_ones = [one for one in batch.items if one.state is ItemState.SENT and one.end in OPEN_ENDS]
        entries = store.ledger([name for one in open_ones for name in one.ledger_ids]) if open_ones else {}
        items = tuple(replace(one, end=end_of(one, entries, now)) if one in open_ones else one for one in batch.items)
        if any(new.shown_end is not old.shown_end for new, old in zip(items, batch.items, strict=True)):
            store.write(replace(batch, items=items))
        counts.update(one.end for one in items if one.end is not None)
    return counts


def _decided(letters: Sequence[Letter], order: Order, now: datetime) -> tuple[list[Send], Counter[str]]:
    decisions = [decide(letter, order.guard, now) for letter in letters]
    left = Counter(str(one.why) for one in decisions if isinstance(one, Leave))
    return [one for one in decisions if isinstance(one, Send)], left


def _chunks(sends: Sequence[Send], size: int) -> Iterator[Sequence[Send]]:
    return (sends[start : start + size] for start in range(0, len(sends), size))


def _advanced(run: Run, scan: Scan, left: Counter[str]) -> Run:
    reached = {number: max(offset, scan.reached.get(number, 0)) for number, offset in run.reached.items()}
    return replace(run, reached=reached, left=dict(+(Counter(run.left) + left)))


def _answered(one: Item, answer: Future[Delivery]) -> tuple[Item, ContractsError | None]:
    """The item as it is after an answer; with an error where it is not certain whether the broker has the message."""
    if not answer.done():
        return one, DeliveryFailed(f"{one.topic}: no answer about {one.place}; repeat the command to continue")
    error = answer.exception()
    if error is None:
        place = answer.result()
        return replace(one, state=ItemState.SENT, target=(place.topic, place.partition, place.offset)), None
    if isinstance(error, MessageTooLarge):
        return replace(one, state=ItemState.FAILED, error=str(error)), None
    if isinstance(error, ContractsError):
        return one, error
    raise error
