"""Redriving: what would happen, doing it, and how it went."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from contextlib import closing
from datetime import datetime
from typing import Any, Final
from urllib.parse import parse_qs

from eccs_contracts.dead_letters.audit import STALE, ItemState, Lock, Run, RunState
from eccs_contracts.dead_letters.decision import EXPLANATIONS, MOST_REDRIVES, Guard, Left
from eccs_contracts.dead_letters.editing import difference
from eccs_contracts.dead_letters.reading import LetterReader
from eccs_contracts.dead_letters.redriving import ALREADY, Order, Outlook, ends, outlook
from services.dlq_console import filters
from services.dlq_console.filters import BadInput, Filter
from services.dlq_console.runner import Wish, Work, WorkState
from services.dlq_console.visits import Elsewhere, Page, Parts, Problem, Visit

_RUNS: Final = 20  # of a list
_ITEMS: Final = 100  # letters of a run that are listed
_AGAIN: Final = 2  # seconds until a page of work is asked for again
_ALL: Final = "all"
_FIELDS: Final = 1_000  # of the query of a list


def preview(parts: Parts, visit: Visit) -> Page | Elsewhere:
    """What a redrive would do; nothing is sent. Pinned to this moment: what is seen here is what would be sent."""
    typed = filters.filter_of(visit.fields)
    if typed.empty and "list" in visit.fields:  # of the list, with nothing ticked
        return Elsewhere(f"/letters?{_back(filters.first(visit.fields, 'list'))}")
    if typed.empty and filters.first(visit.fields, "everything") != _ALL:
        raise Problem(422, "Nothing is selected", "Choose letters in the list, or filter it.")
    most = filters.redrives_of(visit.fields)
    chosen = typed.pinned(visit.now)
    found = _outlook(parts, Order(chosen.selection(visit.now), Guard(filters.TARGETS, most)), visit.now)
    values = {
        "typed": typed,
        "chosen": chosen,
        "found": found,
        "left": _explained(found.left),
        "most": most,
        "limit": MOST_REDRIVES,
        "interrupted": [run for run in _running(parts) if not _at_work(parts, run, visit.now)],
    }
    data = {"send": found.send, "again": found.again, "left": dict(found.left), "topics": dict(found.topics)}
    return Page("redrive.html", values, {**data, "until": chosen.until})


def _back(query: str) -> str:
    """Return the query of the list that a form came from, to say there that nothing is ticked."""
    fields = parse_qs(query, max_num_fields=_FIELDS) if query.count("&") < _FIELDS else {}
    return filters.typed_of(fields).query(page=filters.first(fields, "page") or "1", tick="none")


def _outlook(parts: Parts, order: Order, now: datetime) -> Outlook:
    with closing(LetterReader({**parts.settings.kafka}, parts.registry)) as reader:
        return outlook(reader.scan(order.selection), order, parts.store, now)


def begin(parts: Parts, visit: Visit) -> Elsewhere:
    """Begin a redrive in the background.

    Raises:
        Problem: nothing was confirmed.
        BadInput: a value is not what it should be.
        RunActive: a redrive is at work.
    """
    chosen = filters.filter_of(visit.fields)
    everything = filters.first(visit.fields, "everything") == _ALL
    if not chosen.until:
        raise BadInput("until", "what is redriven ends at an instant: begin with the dry run")
    if _unlimited(chosen) and not everything:
        raise Problem(422, "Not confirmed", "Go back, and tick that you mean every dead letter.")
    options = filters.options_of(chosen, filters.redrives_of(visit.fields))
    note = filters.text_of(visit.fields, "note")
    return _begun(parts, Wish(options, filters.rate_of(visit.fields), f"{visit.visitor.user}@console", note))


def _unlimited(chosen: Filter) -> bool:
    """Whether nothing but the end in time limits a selection."""
    return chosen == Filter(until=chosen.until)


def proceed(parts: Parts, visit: Visit) -> Elsewhere:
    """Continue a run that was interrupted, here or elsewhere; errors as `begin`."""
    run = _run(parts, visit.path["run"])
    if run.state is not RunState.RUNNING:
        raise Problem(409, "Nothing to continue", f"The redrive {run.id} is {run.state}.")
    return _begun(parts, Wish(run.options, filters.rate_of(visit.fields), f"{visit.visitor.user}@console"))


def _begun(parts: Parts, wish: Wish) -> Elsewhere:
    return Elsewhere(f"/runs/{parts.runner.begin(wish)}")


def listing(parts: Parts, visit: Visit) -> Page:
    """The latest redrives."""
    runs = parts.store.runs()[:_RUNS]
    rows = [(run, _state(parts, run, visit.now), parts.store.counts(run.id)) for run in runs]
    data = [{**_document(run, state), "items": _counted(counts)} for run, state, counts in rows]
    refresh = _AGAIN if any(state == "running" for _, state, _ in rows) else None
    return Page("runs.html", {"rows": rows, "sent": ItemState.SENT}, data, refresh=refresh)


def show(parts: Parts, visit: Visit) -> Page:
    """How far a redrive is, what became of each letter, and how the messages ended."""
    run = _run(parts, visit.path["run"])
    state = _state(parts, run, visit.now)
    work = _work(parts, run)
    ended = ends(parts.store, run.id, visit.now)
    items, counts = parts.store.first_items(run.id, _ITEMS), parts.store.counts(run.id)
    values = {
        "run": run,
        "state": state,
        "work": work,
        "share": round(100 * work.done / work.total, 1) if work and work.total else 100.0,
        "counts": {str(one): counts[one] for one in ItemState},
        "ends": {str(end): count for end, count in ended.items()},
        "left": _explained(Counter(run.left)),
        "items": items,
        "more": max(0, counts.total() - _ITEMS),
        "options": [(name, value) for name, value in run.options.items() if value],
        "correction": _correction(parts, run.id),
    }
    data = {**_document(run, state), "items": _counted(counts), "ends": values["ends"], "left": dict(run.left)}
    data["letters"] = [one.to_json() for one in items]
    return Page("run.html", values, data, refresh=_pace(state, ended))


def _correction(parts: Parts, run: str) -> list[str]:
    """Return how a corrected letter differs, personal data masked; nothing for any other run."""
    edit = parts.store.edit(run)
    return difference(edit.before, edit.after, personal=False)[2:] if edit else []


def _pace(state: str, ended: Mapping[Any, int]) -> int | None:
    under_way = any(str(end) == "under-way" and count for end, count in ended.items())
    return _AGAIN if state == "running" else 10 * _AGAIN if under_way and state == "finished" else None


def _run(parts: Parts, name: str) -> Run:
    found = parts.store.runs({"_id": name})
    if not found or name == "lock":
        raise Problem(404, "There is no such redrive", "Look for it under Redrives.")
    return found[0]


def _running(parts: Parts) -> list[Run]:
    return parts.store.runs({"state": RunState.RUNNING})


def _work(parts: Parts, run: Run) -> Work | None:
    work = parts.runner.work
    return work if work is not None and work.run == run.id else None


def _state(parts: Parts, run: Run, now: datetime) -> str:
    """The state of a run as people are told: one that nobody works on was interrupted."""
    if run.state is not RunState.RUNNING:
        return str(run.state)
    return "running" if _at_work(parts, run, now) else "interrupted"


def _at_work(parts: Parts, run: Run, now: datetime) -> bool:
    work = _work(parts, run)
    if work is not None:
        return work.state is WorkState.RUNNING
    lock = parts.store.lock()
    return lock is not None and _fresh(lock, now) and not _ours(parts)


def _fresh(lock: Lock, now: datetime) -> bool:
    return now - lock.beat < STALE


def _ours(parts: Parts) -> bool:
    """Whether this process holds the lock, which is for another run then."""
    return parts.runner.work is not None and parts.runner.work.state is WorkState.RUNNING


def _explained(left: Counter[str]) -> list[tuple[str, int]]:
    known = {str(why): text for why, text in EXPLANATIONS.items()} | {ALREADY: "sent by an earlier run"}
    known[str(Left.LOOP)] = "redriven as often as the loop guard allows, and dead each time"
    return [(known.get(why, why), count) for why, count in left.most_common()]


def _counted(counts: Mapping[ItemState, int]) -> dict[str, int]:
    return {str(state): count for state, count in counts.items() if count}


def _document(run: Run, state: str) -> dict[str, Any]:
    return {
        "run": run.id,
        "by": run.by,
        "note": run.note,
        "state": state,
        "started": run.started.isoformat(),
        "options": dict(run.options),
    }
