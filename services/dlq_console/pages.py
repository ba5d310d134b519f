"""The pages that only read: overview, list, one letter."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlencode

from starlette.exceptions import HTTPException

from eccs_contracts.dead_letters.audit import Item
from eccs_contracts.dead_letters.errors import AuditUnavailable
from eccs_contracts.dead_letters.letters import Letter, Place
from eccs_contracts.dead_letters.masking import mask_text
from eccs_contracts.dead_letters.showing import brief, shown
from eccs_contracts.dead_letters.statistics import AGES, Statistics, statistics
from eccs_contracts.errors import ContractsError
from services.dlq_console import access, filters
from services.dlq_console.filters import BadInput, Fields, Filter
from services.dlq_console.rendering import MOST_DUMPED, flat
from services.dlq_console.visits import Page, Parts, Problem, Visit

EXPECTED: Final = (Problem, BadInput, HTTPException, ContractsError, TimeoutError)
PAGE: Final = 50  # letters of a list
_REASONS: Final = 10
_CUT: Final = re.compile(r"…|\*\*\*")


@dataclass(frozen=True, slots=True)
class Bar:
    """A row of a chart: its share of the largest, in per cent, and where it leads."""

    name: str
    count: int
    share: float
    query: str


def overview(parts: Parts, visit: Visit) -> Page:
    """What lies in the DLQ, in numbers."""
    snapshot = parts.letters.snapshot()
    found = statistics(snapshot.letters, visit.now)
    values = {
        "found": found,
        "beyond": snapshot.beyond,
        "categories": bars(found.by_category, lambda name: {"category": name}),
        "topics": bars(found.by_topic, lambda name: {"topic": name}),
        "reasons": bars(Counter(dict(found.by_reason.most_common(_REASONS))), lambda name: {"reason": fragment(name)}),
        "ages": _ages(found),
    }
    return Page("overview.html", values, _numbers(found, snapshot.beyond))


def bars(counts: Counter[str], link: Any) -> list[Bar]:
    """Rows of a chart, the largest first."""
    most = max(counts.values(), default=1)
    return [
        Bar(name, count, round(100 * count / most, 1), urlencode(link(name))) for name, count in counts.most_common()
    ]


def fragment(kind: str) -> str:
    """The longest part of a kind of reasons that each of them holds, to search for."""
    return max((part.strip() for part in _CUT.split(mask_text(kind))), key=len)[:200]


def _ages(found: Statistics) -> list[Bar]:
    """From the youngest to the oldest, empty ones, too."""
    most = max(found.by_age.values(), default=1)
    rows, young = [], None
    for name, limit in AGES:
        hours = None if limit.days > 365 else f"{int(limit.total_seconds() // 3600)}h"
        query = urlencode({key: text for key, text in (("since", hours), ("until", young)) if text})
        rows.append(Bar(name, found.by_age[name], round(100 * found.by_age[name] / most, 1), query))
        young = hours
    return rows


def _numbers(found: Statistics, beyond: int) -> dict[str, Any]:
    return {
        "total": found.total,
        "beyond": beyond,
        "redrivenBefore": found.again,
        "oldest": found.oldest and found.oldest.isoformat(),
        "newest": found.newest and found.newest.isoformat(),
        "categories": dict(found.by_category),
        "reasons": dict(found.by_reason),
        "topics": dict(found.by_topic),
        "ages": dict(found.by_age),
    }


def listing(parts: Parts, visit: Visit) -> Page:
    """Letters, the latest first, by what was typed; what cannot be understood is said beside the form."""
    snapshot = parts.letters.snapshot()
    chosen, found, wrong = _chosen(visit.fields, snapshot.letters, visit.now)
    page = _page(visit.fields, len(found))
    start = (page - 1) * PAGE
    some = found[start : start + PAGE]
    values = {
        "letters": some,
        "chosen": chosen,
        "wrong": wrong,
        "all_ticked": filters.first(visit.fields, "tick") == "all",
        "none_ticked": filters.first(visit.fields, "tick") == "none",
        "total": len(found),
        "start": start,
        "page": page,
        "pages": max(1, -(-len(found) // PAGE)),
        "beyond": snapshot.beyond,
        "categories": filters.CATEGORIES,
        "topics": sorted({one.topic for one in snapshot.letters if one.topic} | set(chosen.topics)),
    }
    data = {"total": len(found), "page": page, "letters": [brief(one) for one in some]}
    problem = {"error": f"{wrong.field}: {wrong}", "field": wrong.field} if wrong else data
    return Page("letters.html", values, problem, 422 if wrong else 200)


def _chosen(
    fields: Fields, letters: Sequence[Letter], now: datetime
) -> tuple[Filter, Sequence[Letter], BadInput | None]:
    """Return the filter, the letters that pass it, and what is wrong with it; then no letter passes."""
    try:
        chosen = filters.filter_of(fields)
        selection = chosen.selection(now)
    except BadInput as error:
        return filters.typed_of(fields), (), error
    found = letters if chosen.empty else [one for one in letters if selection.matches(one)]
    return chosen, found, None


def _page(fields: Fields, total: int) -> int:
    """The page that is asked for, or the nearest that there is."""
    text = filters.first(fields, "page") or "1"
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 1
    return min(max(1, number), max(1, -(-total // PAGE)))


def letter(parts: Parts, visit: Visit) -> Page:
    """One letter, whole; personal data only where it is asked for by somebody who may see it."""
    place = Place(visit.path["partition"], visit.path["offset"])
    personal = filters.first(visit.fields, "personal") == "1"
    if personal and not visit.visitor.may(access.PERSONAL):
        raise Problem(403, "Not allowed", f"Your token does not have the scope {access.PERSONAL}.")
    found = parts.letters.one(place)
    if found is None:
        raise Problem(404, "There is no such letter", f"The DLQ has nothing at {place}: retention may have deleted it.")
    if personal:
        parts.log.audit("personal data shown", visit.visitor.user, place=str(place))
    data = shown(found, personal=personal)
    known, note = _history(parts, found)
    payload = found.envelope.original_payload if found.envelope else found.raw
    tree = shown(found, personal=personal, dates=True).get("letter", {})
    values = {
        "letter": found,
        "personal": personal,
        "reason": found.reason if personal else mask_text(found.reason),
        "metadata": [row for row in flat(tree.get("dlqMetadata", {})) if row[0] != "failureReason"],  # it has its card
        "original": list(flat(tree.get("originalData") or {})),
        "key": tree.get("originalKey") if tree else data["key"],
        "headers": tree.get("originalHeaders", []),
        "own_headers": data["headers"],
        "payload": payload,
        "most": MOST_DUMPED,
        "known": known,
        "note": note,
    }
    return Page("letter.html", values, data)


def _history(parts: Parts, found: Letter) -> tuple[Item | None, str]:
    """What the audit record knows of a letter; a letter can be read without it, too."""
    try:
        item = parts.store.known([found.identity]).get(found.identity)
    except AuditUnavailable as error:
        return None, str(error)
    return item, ""
