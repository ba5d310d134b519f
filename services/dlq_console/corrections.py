"""Correcting a letter: the form, the review of what would change, and sending it."""

from __future__ import annotations

import socket
from typing import Any, Final

from eccs_contracts import EmailRequest
from eccs_contracts.dead_letters.decision import Guard
from eccs_contracts.dead_letters.editing import Correction, Draft, corrected, difference, draft_of
from eccs_contracts.dead_letters.errors import EditRefused
from eccs_contracts.dead_letters.letters import Place
from eccs_contracts.dead_letters.performing import Resend, refuse_sent, resend
from eccs_contracts.serde import ContractSerializer
from services.dlq_console import filters
from services.dlq_console.correction_form import PREFIX, after_of, inputs
from services.dlq_console.visits import Elsewhere, Page, Parts, Problem, Visit

LARGEST: Final = 4 * 1_048_576  # bytes of a form: a message of 1 MB, percent-encoded


def form(parts: Parts, visit: Visit) -> Page:
    """The request of a letter, to be edited."""
    return _form(_seen_draft(parts, visit), visit, ())


def review(parts: Parts, visit: Visit) -> Page:
    """What a correction changes; nothing is sent. What cannot be sent is said beside the form."""
    draft = _seen_draft(parts, visit)
    if filters.first(visit.fields, "again"):
        return _form(draft, visit, ())
    try:
        correction = _correction(draft, visit)
    except EditRefused as error:
        return _form(draft, visit, error.problems)
    lines = difference(draft.before, correction.request.to_json(), personal=True)
    typed = [(name, values[0]) for name, values in visit.fields.items() if name.startswith(PREFIX)]
    values = {
        "place": draft.letter.place,
        "lines": lines[2:],  # without the names of the two sides
        "typed": typed,
        "changed": correction.changed,
        "max_redrives": filters.redrives_of(visit.fields),
    }
    return Page("review.html", values, {"changed": list(correction.changed), "diff": lines})


def send(parts: Parts, visit: Visit) -> Elsewhere:
    """Send a correction that was confirmed; its end is on the page of its redrive.

    Raises:
        EditRefused: it cannot be sent.
        RunActive: a redrive is at work.
    """
    correction = _correction(_draft(parts, visit), visit)
    task = Resend(
        correction=correction,
        guard=Guard(filters.TARGETS, filters.redrives_of(visit.fields)),
        encode=ContractSerializer(parts.registry, EmailRequest, subject=EmailRequest.SUBJECT),
        by=f"{visit.visitor.user}@console",
        host=socket.gethostname(),
        note=filters.text_of(visit.fields, "note"),
    )
    item = parts.runner.alone(lambda: resend({**parts.settings.kafka}, parts.store, task))
    parts.log.audit("letter corrected", visit.visitor.user, place=str(item.place), run=item.run)
    return Elsewhere(f"/runs/{item.run}")


def _seen_draft(parts: Parts, visit: Visit) -> Draft:
    """Return the draft of a page that shows it unmasked, and note who looked."""
    draft = _draft(parts, visit)
    parts.log.audit("personal data shown", visit.visitor.user, place=str(draft.letter.place))
    return draft


def _draft(parts: Parts, visit: Visit) -> Draft:
    place = Place(visit.path["partition"], visit.path["offset"])
    found = parts.letters.one(place)
    if found is None:
        raise Problem(404, "There is no such letter", f"The DLQ has nothing at {place}: retention may have deleted it.")
    refuse_sent(parts.store, found.identity)
    return draft_of(found)


def _correction(draft: Draft, visit: Visit) -> Correction:
    return corrected(draft, after_of(draft.before, visit.fields))


def _form(draft: Draft, visit: Visit, problems: tuple[str, ...]) -> Page:
    values: dict[str, Any] = {
        "place": draft.letter.place,
        "inputs": inputs(draft.before, visit.fields),
        "problems": problems,
        "prefix": PREFIX,
        "decoded": draft.letter.email_id is not None,
    }
    data = {"place": str(draft.letter.place), "request": dict(draft.before), "problems": list(problems)}
    return Page("edit.html", values, data, 422 if problems else 200)
