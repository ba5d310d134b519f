"""The ledger in MongoDB: one document for each e-mail, which guards it against being sent twice.

claim -> send -> mark -> commit. A claim of attempt k succeeds where nobody made attempt k yet, or where whoever
claimed it gave no sign of life for as long as the lease says. That time is measured by the one who waits, on its own
steady clock: the clocks of two hosts are never compared. Claims and marks of many messages travel together.
"""

from __future__ import annotations

import asyncio
import itertools
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, TypeAlias

from bson.codec_options import CodecOptions
from pymongo import AsyncMongoClient, UpdateOne, WriteConcern
from pymongo.errors import BulkWriteError, OperationFailure, PyMongoError

from eccs_contracts.delivery import DeadLetter, Disposition, Retry
from eccs_contracts.errors import InfrastructureError
from eccs_contracts.failure_reasons import database_failure
from eccs_contracts.ledger import COLLECTION, DATABASE, EmailState, client_of
from services.notification_service.batches import Batches
from services.notification_service.clock import Clock
from services.notification_service.entries import (
    Document,
    Mark,
    Standing,
    claim_fields,
    first_entry,
    held_by,
    origin_document,
    origin_record,
    pushed,
    standing,
    step,
)
from services.notification_service.logs import log
from services.notification_service.message import Job, Record
from services.notification_service.metrics import Metrics
from services.notification_service.settings import LedgerSettings

_DUPLICATE_KEY: Final = 11000
_INDEX_DIFFERS: Final = (85, 86)  # IndexOptionsConflict, IndexKeySpecsConflict
_TTL_INDEX: Final = "ttl"
_DAY: Final = 86_400
_LOOK: Final = timedelta(seconds=0.5)  # between two looks at a claim of somebody else
_FIELDS: Final = {"state": 1, "attempt": 1, "owner": 1, "claim": 1, "beat": 1, "redrive": 1}


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


@dataclass(frozen=True, slots=True)
class Orphan:
    """Ours, after another instance claimed it and crashed: maybe it sent the mail, and nobody knows."""


Claim: TypeAlias = Claimed | Finished | Busy | Orphan


class Ledger:
    """The collection `email_log`, as one instance of the service writes it; belongs to the loop it is used on."""

    def __init__(self, settings: LedgerSettings, instance: str, clock: Clock, metrics: Metrics) -> None:
        """Take the settings, the name of this instance, the time, and where conflicts are counted."""
        self._client: AsyncMongoClient[Document] = client_of(
            AsyncMongoClient,
            settings.uri,
            serverSelectionTimeoutMS=3000,
            socketTimeoutMS=20_000,
            retryWrites=False,
            tz_aware=True,
        )
        database = self._client.get_default_database(DATABASE)
        self._log = database.get_collection(
            COLLECTION,
            codec_options=CodecOptions(tz_aware=True, tzinfo=UTC),
            # On disk of a majority before it is answered; where there is one server, that is a majority.
            write_concern=WriteConcern(w="majority", j=True, wtimeout=10_000),
        )
        self._settings, self._instance, self._clock, self._metrics = settings, instance, clock, metrics
        self._lease = timedelta(seconds=settings.lease)
        self._tokens = itertools.count()
        self._claims: Batches[Job, Claim] = Batches(self._claim_all)
        self._marks: Batches[Mark, None] = Batches(self._mark_all)
        self._releases: Batches[str, None] = Batches(self._release_all)
        self._origins: Batches[Job, None] = Batches(self._keep_all)
        self._held: dict[str, datetime] = {}  # claims of ours, and when they were last known to be ours
        self._seen: dict[str, tuple[object, datetime]] = {}  # claims of others, and since when they are unchanged

    async def prepare(self) -> None:
        """Make the index that the time to live needs; whoever lists e-mails makes the one to read along.

        Raises:
            LedgerUnavailable: no answer.
        """
        seconds = self._settings.ttl_days * _DAY
        try:
            try:
                await self._log.create_index([("updatedAt", 1)], name=_TTL_INDEX, expireAfterSeconds=seconds)
            except OperationFailure as error:
                if error.code not in _INDEX_DIFFERS:
                    raise
                await self._log.drop_index(_TTL_INDEX)
                await self._log.create_index([("updatedAt", 1)], name=_TTL_INDEX, expireAfterSeconds=seconds)
        except PyMongoError as error:
            raise _unavailable(error, self._settings.uri) from error

    async def align(self) -> float:
        """Let the service go by the database's clock; by how many seconds that is ahead. Errors as `claim`."""
        try:
            answer = await self._client.admin.command("hello")
        except PyMongoError as error:
            raise _unavailable(error, self._settings.uri) from error
        return self._clock.align(answer["localTime"].replace(tzinfo=UTC))

    async def check(self) -> None:
        """Ping; raises LedgerUnavailable."""
        try:
            await self._client.admin.command("ping")
        except PyMongoError as error:
            raise _unavailable(error, self._settings.uri) from error

    async def claim(self, job: Job) -> Claim:
        """Try to make this attempt ours; what is ours must be marked or released.

        Raises:
            LedgerUnavailable: no answer; nothing is known then.
        """
        return await self._claims.do(job)

    def surely_held(self, job: Job) -> bool:
        """Whether a claim cannot have been taken over: a process that stood still has to ask again."""
        known = self._held.get(job.ledger_id)
        return known is not None and self._clock.now() - known < self._lease / 2

    async def holds(self, job: Job) -> bool:
        """Whether a claim is ours still; errors as `claim`."""
        try:
            return await self._log.find_one(held_by(self._instance, job), {"_id": 1}) is not None
        except PyMongoError as error:
            raise _unavailable(error, self._settings.uri) from error

    async def sent(self, job: Job) -> None:
        """Mark a message delivered; errors as `claim`."""
        now = self._clock.now()
        await self._mark(Mark(job, EmailState.SENT, now, details={"sentAt": now}, drop_origin=True))

    async def keep_origin(self, job: Job) -> None:
        """Keep the record as its producer wrote it, for the DLQ; errors as `claim`.

        Before its first retry is written: whoever has the retry cannot know the record.
        """
        await self._origins.do(job)

    async def retrying(self, job: Job, retry: Retry) -> None:
        """Mark a message as due again; errors as `claim`."""
        await self._mark(Mark(job, EmailState.RETRYING, self._clock.now(), retry.reason, {"dueAt": retry.due}))

    async def dead(self, job: Job, letter: DeadLetter) -> None:
        """Mark a message given up, or parked; errors as `claim`."""
        ends = {Disposition.EXPIRED: EmailState.EXPIRED, Disposition.PARKED: EmailState.UNKNOWN}
        details = {"category": str(letter.category), "disposition": str(letter.disposition)}
        state = ends.get(letter.disposition, EmailState.DEAD)
        await self._mark(Mark(job, state, self._clock.now(), letter.reason, details, drop_origin=True))

    async def release(self, job: Job) -> None:
        """Give a claim back: nothing was sent; errors as `claim`."""
        await self._releases.do(job.ledger_id)
        self._held.pop(job.ledger_id, None)

    async def origin(self, job: Job) -> Record:
        """The record as its producer wrote it; the job's own where the ledger has none. Errors as `claim`."""
        if not job.attempt:
            return job.record
        try:
            found = await self._log.find_one({"_id": job.ledger_id}, {"origin": 1})
        except PyMongoError as error:
            raise _unavailable(error, self._settings.uri) from error
        origin = (found or {}).get("origin")
        return origin_record(origin) if origin else job.record

    async def keep_alive(self) -> None:
        """Give signs of life for what is held, for ever: a send may take longer than a lease."""
        while True:
            await asyncio.sleep(self._settings.lease / 4)
            if not self._held:
                continue
            now, held = self._clock.now(), list(self._held)
            query = {"_id": {"$in": held}, "owner": self._instance, "state": EmailState.SENDING}
            try:
                if (await self._log.update_many(query, {"$inc": {"beat": 1}})).matched_count < len(held):
                    held = [one["_id"] for one in await self._log.find(query, {"_id": 1}).to_list()]
            except PyMongoError as error:
                log("warning", "no_sign_of_life", error=type(error).__name__)
            else:
                self._held.update((one, now) for one in held if one in self._held)

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()

    async def _claim_all(self, jobs: Sequence[Job]) -> list[Claim]:
        """New e-mails by one insert; those that are there by a look and a compare-and-set."""
        token, now = f"{self._instance}/{next(self._tokens)}", self._clock.now()
        try:
            taken = await self._insert([job for job in jobs if not job.attempt], token, now)
            known = [job for job in jobs if job.attempt or job.ledger_id in taken]
            verdicts = await self._contest(known, token, now) if known else {}
        except PyMongoError as error:
            raise _unavailable(error, self._settings.uri) from error
        claims = [verdicts.get(job.ledger_id, Claimed()) for job in jobs]
        ours = [job for job, claim in zip(jobs, claims, strict=True) if isinstance(claim, Claimed | Orphan)]
        self._held.update((job.ledger_id, now) for job in ours)
        return claims

    async def _insert(self, jobs: Sequence[Job], token: str, now: datetime) -> set[str]:
        """Insert entries; the ids that were there already."""
        if not jobs:
            return set()
        entries = [first_entry(job, self._instance, token, now) for job in jobs]
        try:
            await self._log.insert_many(entries, ordered=False)
        except BulkWriteError as error:
            failed = error.details.get("writeErrors", [])
            if error.details.get("writeConcernErrors") or any(one.get("code") != _DUPLICATE_KEY for one in failed):
                raise
            return {entries[one["index"]]["_id"] for one in failed}
        return set()

    async def _contest(self, jobs: Sequence[Job], token: str, now: datetime) -> dict[str, Claim]:
        """Claim what has an entry already: all that are free in one write, and a look at who has what is left."""
        by_id = {job.ledger_id: job for job in jobs}
        entries = await self._look(list(by_id))
        free = [one for one in entries.values() if standing(one, by_id[one["_id"]], self._instance) is Standing.FREE]
        orphans = {one["_id"]: one for one in entries.values() if self._orphaned(one, by_id[one["_id"]], now)}
        missing = [job for job in jobs if job.ledger_id not in entries]
        await self._insert(missing, token, now)
        taken = await self._take([*free, *orphans.values()], by_id, token, now)
        unsure = [email for email in by_id if email not in taken]
        after = await self._look(unsure) if unsure else {}
        verdicts: dict[str, Claim] = {}
        for email, job in by_id.items():
            found = after.get(email)
            if email in taken or (found is not None and found.get("claim") == token):
                verdicts[email] = Orphan() if email in orphans else Claimed()
            elif found is not None and standing(found, job, self._instance) is Standing.FINISHED:
                verdicts[email] = Finished(found["state"])
            else:
                verdicts[email] = Busy(now + _LOOK)
                continue
            self._seen.pop(email, None)
        return verdicts

    async def _look(self, emails: list[str]) -> dict[str, Document]:
        found = await self._log.find({"_id": {"$in": emails}}, _FIELDS).to_list()
        return {one["_id"]: one for one in found}

    async def _take(self, entries: Sequence[Document], jobs: Mapping[str, Job], token: str, now: datetime) -> set[str]:
        """Compare and set: an entry is taken as it was seen, or not at all; those that are ours for sure."""
        taken: set[str] = set()
        alike: defaultdict[tuple[Any, ...], list[str]] = defaultdict(list)
        for entry in entries:
            job = jobs[entry["_id"]]
            alike[
                entry["state"], entry["attempt"], entry.get("owner"), entry.get("claim"), job.attempt, job.redrive
            ].append(entry["_id"])
        for (state, attempt, owner, claim, _, _), emails in alike.items():
            job = jobs[emails[0]]
            seen = {"_id": {"$in": emails}, "state": state, "attempt": attempt, "owner": owner, "claim": claim}
            history = pushed(step(EmailState.SENDING, job.attempt, now))
            fields = claim_fields(job, self._instance, token, now)
            result = await self._log.update_many(seen, {"$set": fields, "$push": history})
            if result.matched_count == len(emails):
                taken.update(emails)
        return taken

    def _orphaned(self, entry: Document, job: Job, now: datetime) -> bool:
        """Whether a claim of somebody else has been without a sign of life for a lease, as seen from here."""
        if standing(entry, job, self._instance) is not Standing.HELD:
            return False
        sign = (entry.get("claim"), entry.get("beat"))
        last, since = self._seen.get(entry["_id"], (None, now))
        if last != sign:
            since = now
        self._seen[entry["_id"]] = (sign, since)
        return now - since >= self._lease

    async def _release_all(self, emails: Sequence[str]) -> list[None]:
        query = {"_id": {"$in": list(emails)}, "owner": self._instance, "state": EmailState.SENDING}
        try:
            await self._log.update_many(query, {"$set": {"owner": None, "claim": None}})
        except PyMongoError as error:
            raise _unavailable(error, self._settings.uri) from error
        return [None] * len(emails)

    async def _keep_all(self, jobs: Sequence[Job]) -> list[None]:
        changes = [
            UpdateOne(held_by(self._instance, job), {"$set": {"origin": origin_document(job.record)}}) for job in jobs
        ]
        try:
            await self._log.bulk_write(changes, ordered=False)
        except PyMongoError as error:
            raise _unavailable(error, self._settings.uri) from error
        return [None] * len(jobs)

    async def _mark(self, mark: Mark) -> None:
        await self._marks.do(mark)
        self._held.pop(mark.job.ledger_id, None)

    async def _mark_all(self, marks: Sequence[Mark]) -> list[None]:
        """All mails that were sent in one write for each attempt, the rest in one unordered bulk."""
        sent: defaultdict[int, list[Mark]] = defaultdict(list)
        others: list[UpdateOne] = []
        for mark in marks:
            if mark.state is EmailState.SENT:
                sent[mark.job.attempt].append(mark)
            else:
                others.append(UpdateOne(held_by(self._instance, mark.job), mark.update()))
        matched = 0
        try:
            for alike in sent.values():
                query = {
                    **held_by(self._instance, alike[0].job),
                    "_id": {"$in": [mark.job.ledger_id for mark in alike]},
                }
                matched += (await self._log.update_many(query, alike[0].update())).matched_count
            if others:
                matched += (await self._log.bulk_write(others, ordered=False)).matched_count
        except PyMongoError as error:
            raise _unavailable(error, self._settings.uri) from error
        if matched < len(marks):
            self._metrics.conflicts.inc(len(marks) - matched)
        return [None] * len(marks)


def _unavailable(error: PyMongoError, uri: str) -> LedgerUnavailable:
    return LedgerUnavailable(database_failure(error, uri))
