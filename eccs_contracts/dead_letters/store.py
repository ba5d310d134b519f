"""The audit record in MongoDB: `dlq_redrives` holds runs, `dlq_redrive_batches` their letters, beside the ledger.

`dlq_edits` holds corrections, both versions of each. Letters that are sent together are one document: two writes for
each batch, whatever its size.

Every write is journalled before it counts. PyMongo is an optional part: it is imported when a store is opened.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, Self, TypeAlias

from eccs_contracts.dead_letters.audit import Batch, Edit, End, Item, ItemState, Lock, Run, RunState, earliest, latest
from eccs_contracts.dead_letters.errors import AuditUnavailable, ExtraMissing, RunActive
from eccs_contracts.dead_letters.letters import Place
from eccs_contracts.failure_reasons import database_failure
from eccs_contracts.ledger import COLLECTION, DATABASE, client_of
from eccs_contracts.settings import setting

if TYPE_CHECKING:
    from pymongo import MongoClient

Document: TypeAlias = dict[str, Any]

RUNS: Final = "dlq_redrives"
BATCHES: Final = "dlq_redrive_batches"
EDITS: Final = "dlq_edits"
KEPT: Final = timedelta(days=30)  # how long the versions of a correction are kept: as long as a letter is in the DLQ
_LOCK: Final = "lock"  # the one document of RUNS that is no run
_PAGE: Final = 1000
_FETCHED: Final = 20  # documents of an answer: without it, the database sends 16 MiB at once


class AuditStore:
    """Runs and items in one database; errors of the database are AuditUnavailable."""

    def __init__(self, client: MongoClient[Document]) -> None:
        """Take a client whose datetimes are aware."""
        from pymongo import WriteConcern

        self._client = client
        self._database = client.get_default_database(DATABASE).with_options(
            write_concern=WriteConcern(w="majority", j=True)
        )
        self._runs, self._batches = self._database[RUNS], self._database[BATCHES]
        self._edits = self._database[EDITS]

    @classmethod
    def from_env(cls, env: Mapping[str, str] | None = None) -> Self:
        """The store at MONGODB_URI, which is where the ledger is.

        Raises:
            ConfigurationError: MONGODB_URI is not set, or no URI.
            ExtraMissing: PyMongo is not installed.
        """
        uri = setting("MONGODB_URI", env=env)
        try:
            from pymongo import MongoClient
        except ImportError:
            message = "the audit record needs PyMongo: pip install 'eccs-contracts[operations]'"
            raise ExtraMissing(message) from None
        with _answered():
            return cls(
                client_of(
                    MongoClient,
                    uri,
                    serverSelectionTimeoutMS=5000,
                    socketTimeoutMS=30_000,
                    tz_aware=True,
                    tzinfo=UTC,
                )
            )

    def close(self) -> None:
        """Let go of the connections."""
        self._client.close()

    def prepare(self) -> None:
        """Make the indexes that looking things up needs."""
        with _answered():
            for field in ("run", "open", "items.identity"):
                self._batches.create_index([(field, 1)])
            self._edits.create_index("at", expireAfterSeconds=int(KEPT.total_seconds()))

    def lock(self) -> Lock | None:
        """Who redrives, or did when it crashed."""
        with _answered():
            found = self._runs.find_one({"_id": _LOCK})
        return Lock(found["host"], found["pid"], found["beat"]) if found else None

    def take(self, seen: Lock | None, me: Lock) -> None:
        """Take the lock from whoever was seen to have it.

        Raises:
            RunActive: somebody else was faster.
        """
        from pymongo.errors import DuplicateKeyError

        try:
            with _answered():
                if seen is None:
                    self._runs.insert_one({"_id": _LOCK, **asdict(me)})
                elif not self._runs.update_one({"_id": _LOCK, **asdict(seen)}, {"$set": asdict(me)}).matched_count:
                    raise RunActive("another redrive began at this moment; look at: eccs-contracts dlq audit")
        except DuplicateKeyError:
            raise RunActive("another redrive began at this moment; look at: eccs-contracts dlq audit") from None

    def release(self, me: Lock) -> None:
        """Give the lock back."""
        with _answered():
            self._runs.delete_one({"_id": _LOCK, "host": me.host, "pid": me.pid})

    def begin(self, run: Run) -> None:
        """Write a new run down."""
        with _answered():
            self._runs.insert_one(_run_document(run))

    def beat(self, me: Lock) -> None:
        """Give a sign of life.

        Raises:
            RunActive: the lock is somebody else's by now.
        """
        with _answered():
            mine = {"_id": _LOCK, "host": me.host, "pid": me.pid}
            found = self._runs.update_one(mine, {"$set": {"beat": me.beat}}).matched_count
        if not found:
            raise RunActive("another redrive took over while this one stood still; repeat the command to go on")

    def progress(self, run: Run) -> None:
        """Write down how far a run is."""
        with _answered():
            document = _run_document(run)
            self._runs.update_one({"_id": document.pop("_id")}, {"$set": {**document, "updatedAt": datetime.now(UTC)}})

    def runs(self, query: Mapping[str, Any] | None = None) -> list[Run]:
        """The runs that have these values, for example `{"state": "running"}`; the latest first."""
        with _answered():
            found = list(self._runs.find({"_id": {"$ne": _LOCK}, **(query or {})}).sort("started", -1))
        return [_run(document) for document in found]

    def known(self, identities: Sequence[str]) -> dict[str, Item]:
        """What is written down about letters; of one that several batches had, that it was sent, if it was."""
        wanted = set(identities)
        batches = self.batches({"items.identity": {"$in": list(wanted)}}) if wanted else ()
        return latest(one for batch in batches for one in batch.items if one.identity in wanted)

    def items(self, run: str) -> Iterator[Item]:
        """What is written down about each letter of a run: those that were sent, then the others.

        Holds only those that were not sent. A letter is sent by one batch of a run; it may be in others, which were
        interrupted before they sent it.
        """
        for batch in self.batches({"run": run}):
            yield from (one for one in batch.items if one.state is ItemState.SENT)
        yield from self._unsent(run)

    def batches(self, query: Mapping[str, Any]) -> Iterator[Batch]:
        """The batches that have these values, for example `{"run": ...}` or `{"open": True}`."""
        with _answered():
            for document in self._batches.find({**query}).batch_size(_FETCHED):
                yield _batch(document)

    def write(self, batch: Batch) -> None:
        """Write a batch down as it is now."""
        document = {"run": batch.run, "open": batch.open, "items": [_item_document(one) for one in batch.items]}
        with _answered():
            self._batches.replace_one({"_id": batch.id}, document, upsert=True)

    def keep(self, edit: Edit) -> None:
        """Write a correction down. Versions are JSON text: names of entries are free, and MongoDB's are not."""
        versions = {"before": json.dumps(dict(edit.before)), "after": json.dumps(dict(edit.after))}
        with _answered():
            self._edits.insert_one({"_id": edit.run, "identity": edit.identity, "at": edit.at, **versions})

    def edit(self, run: str) -> Edit | None:
        """Return the correction that a run sent; None if it sent none, or its versions are not kept any more."""
        with _answered():
            found = self._edits.find_one({"_id": run})
        if found is None:
            return None
        return Edit(run, found["identity"], found["at"], json.loads(found["before"]), json.loads(found["after"]))

    def first_items(self, run: str, most: int) -> list[Item]:
        """What is written down about the first letters of a run, in their order; holds no more than is asked for."""
        return earliest((one for batch in self.batches({"run": run}) for one in batch.items), most)

    def counts(self, run: str) -> Counter[ItemState]:
        """How many letters of a run are in each state."""
        return Counter(one.state for one in self.items(run))

    def _unsent(self, run: str) -> list[Item]:
        items = (one for batch in self.batches({"run": run}) for one in batch.items)
        unsent = latest(one for one in items if one.state is not ItemState.SENT)
        names = list(unsent)
        for start in range(0, len(names), _PAGE):
            for name, known in self.known(names[start : start + _PAGE]).items():
                if known.state is ItemState.SENT and known.run == run:
                    del unsent[name]
        return list(unsent.values())

    def ledger(self, ids: Sequence[str]) -> dict[str, Mapping[str, Any]]:
        """The ledger's entries of e-mails, as far as they say how these ended."""
        fields = {"state": 1, "redrive": 1, "updatedAt": 1}
        found: dict[str, Mapping[str, Any]] = {}
        with _answered():
            for start in range(0, len(ids), _PAGE):
                page = list(ids[start : start + _PAGE])
                found |= {one["_id"]: one for one in self._database[COLLECTION].find({"_id": {"$in": page}}, fields)}
        return found


@contextmanager
def _answered() -> Iterator[None]:
    """Turns PyMongo's errors into ours; one of a key that is taken stays what it is."""
    from pymongo.errors import ConfigurationError as BadUri
    from pymongo.errors import DuplicateKeyError, PyMongoError

    from eccs_contracts.errors import ConfigurationError

    try:
        yield
    except DuplicateKeyError:
        raise
    except BadUri as error:
        raise ConfigurationError(f"MONGODB_URI is not usable: {error}") from None
    except PyMongoError as error:
        raise AuditUnavailable(database_failure(error)) from error


def _run_document(run: Run) -> Document:
    """MongoDB's keys are text, and a dataclass's own are its attributes."""
    document = asdict(run)
    places = {name: {str(number): offset for number, offset in document[name].items()} for name in ("until", "reached")}
    return {"_id": document.pop("id"), **document, **places}


def _run(document: Document) -> Run:
    places = {name: {int(number): offset for number, offset in document[name].items()} for name in ("until", "reached")}
    return Run(
        id=document["_id"],
        by=document["by"],
        note=document["note"],
        options=document["options"],
        started=document["started"],
        state=RunState(document["state"]),
        left=document["left"],
        **places,
    )


def _batch(document: Document) -> Batch:
    items = tuple(_item(one, document["run"]) for one in document["items"])
    return Batch(document["_id"], document["run"], items)


def _item_document(one: Item) -> Document:
    document = asdict(one)
    del document["run"]  # its batch says it
    return {**document, "place": str(one.place), "target": list(one.target) if one.target else None}


def _item(document: Document, run: str) -> Item:
    partition, offset = document["place"].split("/")
    parts = {
        "place": Place(int(partition), int(offset)),
        "state": ItemState(document["state"]),
        "target": tuple(document["target"]) if document["target"] else None,
        "end": End(document["end"]) if document["end"] else None,
    }
    return Item(**{**document, **parts, "run": run})
