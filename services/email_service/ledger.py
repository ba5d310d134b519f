"""The ledger as callers may read it: the documents that the notification service writes, the caller's own only."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final, TypeAlias

from bson.codec_options import CodecOptions
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.asynchronous.database import AsyncDatabase

from eccs_contracts.ledger import COLLECTION, EmailState
from services.email_service import cursors
from services.email_service.models import EmailPage, EmailStatus, EmailSummary, ListQuery, Period, Stats, Step
from services.email_service.problems import ApiError

Document: TypeAlias = dict[str, Any]

_SLOWEST: Final = 5_000  # ms that a query may take in the database
MOST_COUNTED: Final = 100_000  # e-mails that stats looks at
_RECENT: Final = timedelta(days=30)
_SUMMARY: Final = dict.fromkeys((*EmailSummary.model_fields, "_id"), 1)
_STATUS: Final = dict.fromkeys((*EmailStatus.model_fields, "_id"), 1)


class LedgerReader:
    """Reads `email_log`; every method raises PyMongoError where the database does not answer."""

    def __init__(
        self, database: AsyncDatabase[Document], now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._log: AsyncCollection[Document] = database.get_collection(
            COLLECTION, codec_options=CodecOptions(tz_aware=True, tzinfo=UTC)
        )
        self._now = now

    async def prepare(self) -> None:
        """Make the index that the list reads along, from its end, and the one that stats reads alone.

        Ascending, though the list descends: SecantusDB 0.7.0b3, with an index of three fields, misses what equals the
        bound of `$gte` in a descending one (and of `$lte` in an ascending one, which is not asked here).
        """
        await self._log.create_index([("userId", 1), ("createdAt", 1), ("_id", 1)])
        await self._log.create_index([("userId", 1), ("createdAt", 1), ("state", 1)])  # covers what stats asks

    async def status(self, user: str, email_id: str) -> EmailStatus:
        """An e-mail with its history.

        Raises:
            ApiError: 404, also where it is somebody else's: nobody learns which ids exist.
        """
        found = await self._log.find_one({"_id": email_id, "userId": user}, _STATUS, max_time_ms=_SLOWEST)
        if found is None:
            raise ApiError(404, "no e-mail of yours with this id is known; a new one may still be queued")
        return EmailStatus(**_fields(found), history=[Step(**one) for one in found.get("history", ())])

    async def page(self, user: str, query: ListQuery) -> EmailPage:
        """E-mails, newest first.

        Raises:
            ApiError: 422, the cursor is not of this list.
        """
        filters = query.model_dump(exclude={"limit", "cursor"}, exclude_none=True)
        bound = cursors.scope(user, filters)
        wanted = _period(user, query) | {name: filters[name] for name in _FILTERS if name in filters}
        if query.cursor is not None:
            wanted["$or"] = _behind(cursors.read(query.cursor, bound))
        rows = self._log.find(wanted, _SUMMARY, max_time_ms=_SLOWEST).sort([("createdAt", -1), ("_id", -1)])
        found = await rows.limit(query.limit + 1).to_list()
        more, found = len(found) > query.limit, found[: query.limit]
        last = cursors.Place(found[-1]["createdAt"], found[-1]["_id"]) if more else None
        return EmailPage(
            items=[EmailSummary(**_fields(one)) for one in found], next=cursors.write(last, bound) if last else None
        )

    async def stats(self, user: str, period: Period) -> Stats:
        """How many e-mails stand where, of the newest in a period: the last 30 days unless it begins elsewhere."""
        bounded = period if period.since else period.model_copy(update={"since": self._now() - _RECENT})
        rows = await self._log.aggregate(_stats_steps(user, bounded), maxTimeMS=_SLOWEST)
        counts = {str(one["_id"]): one["count"] for one in await rows.to_list()}
        total = sum(counts.values())
        states = {**dict.fromkeys(map(str, EmailState), 0), **counts}
        return Stats(total=total, states=states, since=bounded.since, complete=total < MOST_COUNTED)


_FILTERS: Final = ("state", "templateId", "source")


def _stats_steps(user: str, period: Period) -> list[Document]:
    """Fields of the index only, so that no document is fetched; bounded, so that no user's history takes long."""
    return [
        {"$match": _period(user, period)},
        {"$sort": {"createdAt": -1}},
        {"$limit": MOST_COUNTED},
        {"$project": {"_id": 0, "state": 1}},
        {"$group": {"_id": "$state", "count": {"$sum": 1}}},
    ]


def _period(user: str, period: Period) -> Document:
    bounds = {"$gte": period.since, "$lt": period.until}
    set_bounds = {name: value for name, value in bounds.items() if value is not None}
    return {"userId": user, **({"createdAt": set_bounds} if set_bounds else {})}


def _behind(place: cursors.Place) -> list[Document]:
    return [
        {"createdAt": {"$lt": place.created_at}},
        {"createdAt": place.created_at, "_id": {"$lt": place.email_id}},
    ]


def _fields(found: Mapping[str, Any]) -> dict[str, Any]:
    """A document as a model takes it, without its history."""
    return {"id": found["_id"], **{name: value for name, value in found.items() if name not in ("_id", "history")}}
