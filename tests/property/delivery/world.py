"""A small world around the real core: topics, a group, a ledger and a mail server that count what happens.

Only the effects are modelled. What may start, wait, run and be committed is decided by `Desk` and `decide`.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from eccs_contracts.delivery import (
    DeadLetter,
    Desk,
    Done,
    Hold,
    Outcome,
    OutcomeKind,
    Progress,
    Retry,
    RetryPolicy,
    Ticket,
    decide,
    decode_note,
    encode_note,
)

Place = tuple[str, int]
PLACES: tuple[Place, ...] = (("main", 0), ("main", 1), ("retry", 0), ("retry", 1))
POLICY = RetryPolicy(base_delay_ms=1000, max_delay_ms=60_000, max_attempts=3)
LEASE = timedelta(seconds=20)
POINTS = ("claim", "send", "produce", "mark")
AHEAD = timedelta(seconds=2)  # how long before it is due a payload is read again


@dataclass(frozen=True, slots=True)
class Letter:
    """A record of a topic: an e-mail and which attempt it asks for; a retry does not hold its request's bytes."""

    email: int
    attempt: int
    due: datetime | None
    payload: bytes


@dataclass(slots=True)
class Entry:
    """What the ledger knows of an e-mail."""

    attempt: int
    owner: int
    state: str
    origin: bytes | None = None


@dataclass(slots=True)
class Worker:
    """One instance: its desk, and the tickets that run."""

    name: int
    desk: Desk[Place, Letter] = field(default_factory=lambda: Desk(limit=4, window=3, stubs=4))
    running: list[Ticket[Place, Letter]] = field(default_factory=list)
    fetched: dict[Place, int] = field(default_factory=dict)


class Crashed(Exception):
    """Raised where the script says that the process ends."""


class World:
    """All of it; `now` only goes forward."""

    def __init__(self) -> None:
        self.now = datetime(2026, 1, 1, tzinfo=UTC)
        self.topics: dict[Place, list[Letter]] = {place: [] for place in PLACES}
        self.committed: dict[Place, int] = dict.fromkeys(PLACES, 0)
        self.notes: dict[Place, str] = dict.fromkeys(PLACES, "")  # the metadata of the commits
        self.done: dict[Place, set[int]] = {place: set() for place in PLACES}
        self.ledger: dict[int, Entry] = {}
        self.sink: Counter[int] = Counter()
        self.dead: dict[int, bytes] = {}
        self.accepted: dict[int, bytes] = {}
        self.hopeless: set[int] = set()  # e-mails that nobody will ever take
        self.repeatable = 0  # sends that were under way in a process that crashed
        self.early: list[Letter] = []
        self.names = 0
        self.died: dict[int, datetime] = {}  # by instance: its claims are free a lease later
        self.workers: list[Worker] = []
        self.owner: dict[Place, Worker] = {}
        for _ in range(2):
            self.join()

    def join(self) -> None:
        """Start an instance."""
        self.names += 1
        self.workers.append(Worker(self.names))
        self.spread()

    def spread(self) -> None:
        """Give each partition without an owner to an instance."""
        for number, place in enumerate(PLACES):
            if place not in self.owner:
                self.give(place, self.workers[number % len(self.workers)])

    def give(self, place: Place, worker: Worker) -> None:
        """Assign a partition, from its committed place."""
        self.owner[place] = worker
        offset = self.committed[place]
        worker.desk.assign([place], {place: Progress(offset, decode_note(offset, self.notes[place]))})
        worker.fetched[place] = self.committed[place]

    def accept(self, email: int, place: Place) -> None:
        """Produce a request, for the first time or again."""
        payload = b"mail %d" % email
        self.accepted[email] = payload
        self.topics[place].append(Letter(email, 0, None, payload))

    def fetch(self, worker: Worker) -> None:
        """Take what there is room for and start or lay aside each."""
        for place in sorted(worker.desk.partitions):
            while worker.desk.room and not (place[0] == "retry" and worker.desk.full()):
                offset = worker.fetched[place]
                if offset >= len(self.topics[place]):
                    break
                worker.fetched[place] += 1
                letter = self.topics[place][offset]
                ticket = worker.desk.take(place, offset, letter)
                if ticket is None:
                    continue
                if letter.due is not None and letter.due > self.now:
                    worker.desk.lay_aside(ticket, letter.due, letter, readable=True)
                else:
                    self.start(worker, ticket)

    def read_again(self, worker: Worker, *, fails: bool = False) -> None:
        """Read the payloads of what is due soon, or find out that the broker does not answer."""
        for stub in worker.desk.wanted(self.now + AHEAD, 2):
            if fails:
                worker.desk.put_back(stub)
                continue
            letter = self.topics[stub.partition][stub.offset]
            ticket = worker.desk.returned(stub, letter, len(letter.payload))
            if ticket is None:
                continue
            if letter.due is not None and letter.due > self.now:
                worker.desk.lay_aside(ticket, letter.due, letter, readable=True)
            else:
                self.start(worker, ticket)

    def start(self, worker: Worker, ticket: Ticket[Place, Letter]) -> None:
        """Run a ticket, where its lane is free."""
        if ticket.work.due is not None and ticket.work.due > self.now:
            self.early.append(ticket.work)
        if worker.desk.start(ticket, ticket.work.email, ticket.work):
            worker.running.append(ticket)

    def start_due(self, worker: Worker) -> None:
        """Start what has become due."""
        for ticket in worker.desk.due(self.now):
            self.start(worker, ticket)

    def complete(self, worker: Worker, ticket: Ticket[Place, Letter], kind: OutcomeKind, crash: str = "") -> None:
        """Bring a running ticket to its end, or to the point where its process crashes."""
        worker.running.remove(ticket)
        try:
            again = self._deliver(worker, ticket.work, kind, crash)
        except Crashed:
            self.crash(worker)
            return
        if again is None:
            self._finish(worker, ticket)
        else:
            worker.desk.lay_aside(ticket, again, ticket.work)
        following = worker.desk.stop(ticket, ticket.work.email)
        if following is not None:
            worker.running.append(following)

    def _finish(self, worker: Worker, ticket: Ticket[Place, Letter]) -> None:
        self.done[ticket.partition].add(ticket.offset)
        worker.desk.finish(ticket)

    def _deliver(self, worker: Worker, letter: Letter, kind: OutcomeKind, crash: str) -> datetime | None:
        """One attempt; when to come again, or None where nothing is left to do."""
        entry = self.ledger.get(letter.email)
        if entry is not None and not self._free(entry, letter, worker):
            busy = entry.state == "sending" and entry.attempt == letter.attempt
            return self.now + timedelta(seconds=1) if busy else None
        origin = entry.origin if entry is not None else None
        self.ledger[letter.email] = entry = Entry(letter.attempt, worker.name, "sending", origin)
        self._point("claim", crash)
        if kind is OutcomeKind.SENT:
            self.sink[letter.email] += 1
            self.repeatable += crash == "send"
        self._point("send", crash)
        outcome = Outcome(kind)
        match decide(outcome, letter.attempt, POLICY, now=self.now, chance=0.5):
            case Done():
                entry.state = "sent"
            case Retry(attempt=attempt, due=due):
                if not letter.attempt:
                    entry.origin = letter.payload
                self.topics["retry", letter.email % 2].append(Letter(letter.email, attempt, due, b"a retry"))
                self._point("produce", crash)
                entry.state = "retrying"
            case DeadLetter():
                self.dead[letter.email] = letter.payload if not letter.attempt else entry.origin or letter.payload
                self._point("produce", crash)
                entry.state = "dead"
            case Hold():
                entry.owner = 0
                return self.now + timedelta(seconds=1)
        self._point("mark", crash)
        return None

    def _free(self, entry: Entry, letter: Letter, worker: Worker) -> bool:
        if entry.state in ("sending", "retrying") and entry.attempt < letter.attempt:
            return True
        given_up = self.now - self.died.get(entry.owner, self.now) >= LEASE
        return (
            entry.state == "sending"
            and entry.attempt == letter.attempt
            and (given_up or entry.owner in (0, worker.name))
        )

    @staticmethod
    def _point(name: str, crash: str) -> None:
        if crash == name:
            raise Crashed

    def crash(self, worker: Worker) -> None:
        """End a process; what it ran is gone with it, and its partitions go on from what is committed."""
        self.workers.remove(worker)
        self.died[worker.name] = self.now
        self.owner = {place: one for place, one in self.owner.items() if one is not worker}
        if not self.workers:
            self.join()
        self.spread()

    def move(self, place: Place, target: Worker, *, lost: bool) -> None:
        """Give a partition to another instance: drained and committed first, or lost without a word."""
        source = self.owner[place]
        if not lost:
            for ticket in [one for one in source.running if one.partition == place]:
                self.complete(source, ticket, OutcomeKind.SENT)
            self.commit(source)
        source.desk.release([place])
        self.give(place, target)

    def commit(self, worker: Worker) -> None:
        """Commit what may be."""
        offsets = worker.desk.committable()
        for place, progress in offsets.items():
            offset = progress.offset
            assert offset is not None
            assert self.owner[place] is worker, "a commit for a partition of somebody else"
            assert offset >= self.committed[place], "a commit that goes back"
            self.committed[place] = offset
            self.notes[place] = encode_note(offset, progress.ahead)
        worker.desk.committed(offsets)

    def settle(self) -> int:
        """Let everything come to its end; the steps that it took."""
        for step in range(2000):
            for worker in list(self.workers):
                self.read_again(worker)
                self.start_due(worker)
                self.fetch(worker)
                for ticket in list(worker.running):
                    if ticket in worker.running:
                        hopeless = ticket.work.email in self.hopeless
                        self.complete(worker, ticket, OutcomeKind.TRANSIENT if hopeless else OutcomeKind.SENT)
                self.commit(worker)
            if all(self.committed[place] == len(self.topics[place]) for place in PLACES):
                return step
            self.now += timedelta(seconds=5)
        return -1
