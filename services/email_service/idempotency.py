"""Idempotency keys: the same call twice sends once. Kept in MongoDB until a TTL index removes them.

A key is reserved, with the ids that its e-mails get, before anything is published. Whoever holds the reservation
publishes; others wait for the end. A holder that failed or crashed leaves the ids behind: the next call publishes
under the same ids, which the notification service never sends twice. So a repeat is safe whatever happened before.
"""

from __future__ import annotations

import asyncio
import hashlib
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, TypeAlias

from pymongo import ReturnDocument, WriteConcern
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import DuplicateKeyError, OperationFailure

from services.email_service.problems import ApiError

COLLECTION: Final = "email_idempotency"
_INDEX: Final = "ttl"
_INDEX_DIFFERS: Final = (85, 86)  # IndexOptionsConflict, IndexKeySpecsConflict
_LOOK: Final = 0.05  # seconds between two looks at a reservation of somebody else

Document: TypeAlias = dict[str, Any]
Now: TypeAlias = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Ask:
    """A call with a key.

    Attributes:
        fingerprint: digest of the operation and the body.
        count: e-mails that the call sends.
    """

    user: str
    key: str
    fingerprint: str
    count: int

    @property
    def id(self) -> str:
        """Identity of the key: scoped to the user, and without what either says."""
        return hashlib.sha256(f"{len(self.user)}:{self.user}{self.key}".encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Reservation:
    """The right to publish, or the result of who did.

    Attributes:
        ids: of the e-mails, in their order.
        accepted: positions that the broker has acknowledged already.
        finished: nothing is left to publish.
    """

    key_id: str
    holder: str
    ids: tuple[str, ...]
    accepted: frozenset[int]
    finished: bool


class Idempotency:
    """The collection of keys."""

    def __init__(
        self, database: AsyncDatabase[Document], ttl: float, lease: float, now: Now = lambda: datetime.now(UTC)
    ) -> None:
        """Take the database, and in seconds: how long keys are kept, and how long one call may hold a key.

        The lease must be longer than a call can take to publish.
        """
        self._keys: AsyncCollection[Document] = database.get_collection(
            COLLECTION, write_concern=WriteConcern(w="majority", j=True)
        )
        self._ttl = round(ttl)
        self._lease = timedelta(seconds=lease)
        self._patience = lease
        self._now = now

    async def prepare(self) -> None:
        """Make the TTL index, anew where the time to live has changed; raises PyMongoError."""
        try:
            await self._keys.create_index("createdAt", name=_INDEX, expireAfterSeconds=self._ttl)
        except OperationFailure as error:
            if error.code not in _INDEX_DIFFERS:
                raise
            await self._keys.drop_index(_INDEX)
            await self._keys.create_index("createdAt", name=_INDEX, expireAfterSeconds=self._ttl)

    async def reserve(self, ask: Ask) -> Reservation:
        """Hold a key, or wait until whoever holds it is done.

        Raises:
            ApiError: 422, the key was used for something else; 409, its holder does not end.
            PyMongoError: nothing is known; do not publish.
        """
        deadline = asyncio.get_running_loop().time() + self._patience
        while True:
            found = await self._insert(ask) or await self._look(ask)
            if found is not None:
                return found
            if asyncio.get_running_loop().time() > deadline:
                raise ApiError(409, "try again soon", {"Retry-After": "1"})
            await asyncio.sleep(_LOOK)

    async def finish(self, held: Reservation, accepted: frozenset[int], *, done: bool) -> None:
        """Note what the broker has; unless it is `done`, the next call may try the rest. Raises PyMongoError."""
        change: Document = {"accepted": sorted(accepted), "done": done, "leaseUntil": self._now()}
        await self._keys.update_one({"_id": held.key_id, "holder": held.holder}, {"$set": change})

    async def _insert(self, ask: Ask) -> Reservation | None:
        now = self._now()
        entry: Document = {
            "_id": ask.id,
            "fingerprint": ask.fingerprint,
            "ids": [str(uuid.uuid4()) for _ in range(ask.count)],
            "accepted": [],
            "done": False,
            "holder": uuid.uuid4().hex,
            "leaseUntil": now + self._lease,
            "createdAt": now,
        }
        try:
            await self._keys.insert_one(entry)
        except DuplicateKeyError:
            return None
        return _reservation(entry)

    async def _look(self, ask: Ask) -> Reservation | None:
        """The end that a key has, or the key itself where its holder is gone; None while it is held."""
        entry = await self._keys.find_one({"_id": ask.id})
        if entry is None:  # removed a moment ago: ask again
            return None
        if entry["fingerprint"] != ask.fingerprint:
            raise ApiError(422, "this Idempotency-Key was used for another request; take a new one")
        if entry["done"]:
            return _reservation(entry)
        taken = await self._keys.find_one_and_update(
            {"_id": ask.id, "holder": entry["holder"], "done": False, "leaseUntil": {"$lte": self._now()}},
            {"$set": {"holder": uuid.uuid4().hex, "leaseUntil": self._now() + self._lease}},
            return_document=ReturnDocument.AFTER,
        )
        return _reservation(taken) if taken else None


def _reservation(entry: Document) -> Reservation:
    return Reservation(
        key_id=entry["_id"],
        holder=entry["holder"],
        ids=tuple(entry["ids"]),
        accepted=frozenset(entry["accepted"]),
        finished=entry["done"],
    )
