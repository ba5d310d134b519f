"""The ledger in MongoDB: one document for each e-mail, which guards it against being sent twice.

claim -> send -> mark -> commit. A claim of attempt k succeeds where nobody made attempt k yet, or where whoever
claimed it let the lease run out. Claims and marks of many messages travel in one unordered bulk write.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, TypeAlias

from bson.binary import Binary
from bson.codec_options import CodecOptions
from pymongo import AsyncMongoClient, UpdateOne, WriteConcern
from pymongo.errors import BulkWriteError, PyMongoError

from eccs_contracts.delivery import DeadLetter, Retry
from eccs_contracts.errors import InfrastructureError
from eccs_contracts.ledger import COLLECTION, DATABASE, EmailState
from services.notification_service.message import Job, Record

_DUPLICATE_KEY: Final = 11000
_HISTORY: Final = 50  # steps kept for each e-mail
_GATHER: Final = 0.004  # seconds that a write waits for company
_GROUP: Final = 500  # writes in one round trip at most

Document: TypeAlias = dict[str, Any]


class LedgerUnavailable(InfrastructureError):
    """Raised where MongoDB does not answer, or refuses."""


@dataclass(frozen=True, slots=True)
class Claimed:
    """The message is ours to send."""


@dataclass(frozen=True, slots=True)
class Finished:
    """Nothing is left to do: the e-mail has its end, or this attempt was made before."""

    state: str


@dataclass(frozen=True, slots=True)
class Busy:
    """Another instance claimed it; ask again at `until`."""

    until: datetime


Claim: TypeAlias = Claimed | Finished | Busy


class Ledger:
    """The collection `email_log`, as one instance of the service writes it."""

    def __init__(self, uri: str, instance: str, lease: float) -> None:
        """Take the URI, the name of this instance and the lease of a claim in seconds."""
        self._client: AsyncMongoClient[Document] = AsyncMongoClient(
            uri, serverSelectionTimeoutMS=3000, socketTimeoutMS=20_000, retryWrites=False, tz_aware=True
        )
        database = self._client.get_default_database(DATABASE)
        self._log = database.get_collection(
            COLLECTION,
            codec_options=CodecOptions(tz_aware=True, tzinfo=UTC),
            write_concern=WriteConcern(w=1, j=True),
        )
        self._instance = instance
        self._lease = timedelta(seconds=lease)
        self._waiting: list[tuple[UpdateOne, asyncio.Future[bool]]] = []
        self._flusher: asyncio.Task[None] | None = None

    async def prepare(self) -> None:
        """Make the indexes that the log's readers use.

        Raises:
            LedgerUnavailable: no answer.
        """
        try:
            await self._log.create_index([("userId", 1), ("createdAt", -1)])
        except PyMongoError as error:
            raise _unavailable(error) from error

    async def check(self) -> None:
        """Ping; raises LedgerUnavailable."""
        try:
            await self._client.admin.command("ping")
        except PyMongoError as error:
            raise _unavailable(error) from error

    async def claim(self, job: Job, now: datetime) -> Claim:
        """Try to make this attempt ours.

        Raises:
            LedgerUnavailable: no answer; nothing is known then.
        """
        query = {"_id": job.ledger_id, "$or": [*_this_life(job, now, self._instance), *_next_life(job)]}
        change = {
            "state": EmailState.SENDING,
            "attempt": job.attempt,
            "redrive": job.redrive,
            "owner": self._instance,
            "leaseUntil": now + self._lease,
            "updatedAt": now,
        }
        update = {"$set": change, "$setOnInsert": _first_entry(job, now)}
        if await self._write(UpdateOne(query, update, upsert=True)):
            return Claimed()
        return await self._why_not(job)

    async def sent(self, job: Job, now: datetime) -> None:
        """Mark a message delivered."""
        await self._mark(job, EmailState.SENT, now, {"sentAt": now}, drop_origin=True)

    async def retrying(self, job: Job, retry: Retry, now: datetime) -> None:
        """Mark a message as due again, and keep the record as its producer wrote it for the DLQ."""
        origin = {} if job.attempt else {"origin": _origin_document(job.record)}
        await self._mark(job, EmailState.RETRYING, now, {"dueAt": retry.due, **origin}, reason=retry.reason)

    async def dead(self, job: Job, letter: DeadLetter, now: datetime) -> None:
        """Mark a message given up."""
        expired = letter.category == "EXPIRED"
        state = EmailState.EXPIRED if expired else EmailState.DEAD
        details = {"category": str(letter.category)}
        await self._mark(job, state, now, details, reason=letter.reason, drop_origin=True)

    async def release(self, job: Job, now: datetime) -> None:
        """Give a claim back: nothing was sent."""
        query = {"_id": job.ledger_id, "owner": self._instance, "state": EmailState.SENDING}
        await self._write(UpdateOne(query, {"$set": {"leaseUntil": now}}))

    async def origin(self, job: Job) -> Record:
        """The record as its producer wrote it; the job's own where the ledger has none."""
        if not job.attempt:
            return job.record
        try:
            found = await self._log.find_one({"_id": job.ledger_id}, {"origin": 1})
        except PyMongoError as error:
            raise _unavailable(error) from error
        origin = (found or {}).get("origin")
        return _record(origin) if origin else job.record

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()

    async def _mark(
        self,
        job: Job,
        state: EmailState,
        now: datetime,
        details: Document,
        *,
        reason: str = "",
        drop_origin: bool = False,
    ) -> None:
        step = {
            "state": state,
            "at": now,
            "attempt": job.attempt,
            **({"reason": reason[:500]} if reason else {}),
        }
        update: Document = {
            "$set": {"state": state, "updatedAt": now, **details, **({"reason": reason} if reason else {})},
            "$push": {"history": {"$each": [step], "$slice": -_HISTORY}},
        }
        if drop_origin:
            update["$unset"] = {"origin": ""}
        query = {"_id": job.ledger_id, "owner": self._instance, "attempt": job.attempt, "redrive": job.redrive}
        await self._write(UpdateOne(query, update))

    async def _why_not(self, job: Job) -> Claim:
        try:
            found = await self._log.find_one({"_id": job.ledger_id}, {"state": 1, "attempt": 1, "leaseUntil": 1})
        except PyMongoError as error:
            raise _unavailable(error) from error
        if found is None:
            raise LedgerUnavailable(f"{job.ledger_id} is neither free nor taken")
        if found["state"] == EmailState.SENDING and found["attempt"] == job.attempt:
            return Busy(found["leaseUntil"])
        return Finished(found["state"])

    async def _write(self, operation: UpdateOne) -> bool:
        """Write together with others; False where the key is taken by a document that does not match."""
        answer: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting.append((operation, answer))
        if self._flusher is None or self._flusher.done():
            self._flusher = asyncio.create_task(self._flush())
        return await answer

    async def _flush(self) -> None:
        while self._waiting:
            await asyncio.sleep(_GATHER)
            group, self._waiting = self._waiting[:_GROUP], self._waiting[_GROUP:]
            taken: set[int] = set()
            failure: Exception | None = None
            try:
                await self._log.bulk_write([operation for operation, _ in group], ordered=False)
            except BulkWriteError as error:
                errors = error.details.get("writeErrors", [])
                taken = {one["index"] for one in errors if one.get("code") == _DUPLICATE_KEY}
                if len(taken) < len(errors) or error.details.get("writeConcernErrors"):
                    failure = _unavailable(error)
            except PyMongoError as error:
                failure = _unavailable(error)
            _answer(group, taken, failure)


def _answer(group: list[tuple[UpdateOne, asyncio.Future[bool]]], taken: set[int], failure: Exception | None) -> None:
    for index, (_, answer) in enumerate(group):
        if answer.done():
            continue
        if failure is not None:
            answer.set_exception(failure)
        else:
            answer.set_result(index not in taken)


def _unavailable(error: PyMongoError) -> LedgerUnavailable:
    return LedgerUnavailable(f"MongoDB does not answer ({type(error).__name__}); see MONGODB_URI")


def _this_life(job: Job, now: datetime, instance: str) -> list[Document]:
    """Entries of the same redrive that this attempt may have: of an earlier attempt, or of a claim that ran out."""
    same: Document = {"redrive": job.redrive} if job.redrive else {"redrive": {"$in": [0, None]}}
    lease_over: Document = {"$or": [{"leaseUntil": {"$lte": now}}, {"owner": instance}]}
    under_way = {"$in": [EmailState.SENDING, EmailState.RETRYING]}
    return [
        {**same, "state": under_way, "attempt": {"$lt": job.attempt}},
        {**same, "state": EmailState.SENDING, "attempt": job.attempt, **lease_over},
    ]


def _next_life(job: Job) -> list[Document]:
    """Entries that a redrive may have: anything but a delivered e-mail, once for each redrive."""
    earlier = [{"redrive": {"$lt": job.redrive}}, {"redrive": None}]
    return [{"state": {"$ne": EmailState.SENT}, "$or": earlier}] if job.redrive else []


def _first_entry(job: Job, now: datetime) -> Document:
    request = job.request
    about: Document = {"createdAt": now, "topic": job.record.topic}
    if request is not None:
        about |= {
            "userId": request.user_id,
            "to": request.to,
            "subject": request.subject,
            "templateId": request.template_id,
            "source": request.source,
            "requestedAt": request.timestamp,
        }
    return about


def _origin_document(record: Record) -> Document:
    return {
        "topic": record.topic,
        "partition": record.partition,
        "offset": record.offset,
        "key": None if record.key is None else Binary(record.key),
        "value": None if record.value is None else Binary(record.value),
        "headers": [[name, value.encode() if isinstance(value, str) else value] for name, value in record.headers],
    }


def _record(origin: Mapping[str, Any]) -> Record:
    return Record(
        topic=origin["topic"],
        partition=origin["partition"],
        offset=origin["offset"],
        key=origin["key"],
        value=origin["value"],
        headers=[(name, value) for name, value in origin["headers"]],
    )
