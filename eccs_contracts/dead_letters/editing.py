"""Corrects the request of a dead letter: what may change, what is wrong with a correction, and how it differs.

No clock, no broker, no editor. The bytes of the original stay in the DLQ; a correction is a new message for the same
e-mail.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from difflib import unified_diff
from typing import Any, Final, TypeAlias

from eccs_contracts import headers as names
from eccs_contracts._framing import GUID_HEADER
from eccs_contracts._json_object import json_kind
from eccs_contracts.dead_letters.decision import EXPLANATIONS, MOST_REDRIVES, Guard, Left, Send
from eccs_contracts.dead_letters.errors import EditRefused
from eccs_contracts.dead_letters.letters import REDRIVE_COUNT, REDRIVE_OF, Letter, original_headers
from eccs_contracts.dead_letters.masking import masked
from eccs_contracts.dead_letters.request_fields import no_number
from eccs_contracts.errors import ValidationError
from eccs_contracts.headers import Headers
from eccs_contracts.models import EmailRequest

Tree: TypeAlias = Mapping[str, Any]

EDITED: Final = names.EDITED
FIXED: Final[Mapping[str, str]] = {
    "id": "the correction is of the same e-mail, and the ledger knows it by this id",
    "userId": "the e-mail stays the user's that asked for it",
    "timestamp": "it says when the e-mail was asked for",
}
MAX_TEXT: Final = 4_000_000  # characters of a correction; a topic takes messages of 1 MB
# What says how the original was written and retried: a correction is Avro, and a first delivery.
_STALE_HEADERS: Final = frozenset((GUID_HEADER, names.RETRY_COUNT, names.ORIGINAL_TOPIC, names.SCHEDULED_RETRY_TIME))


@dataclass(frozen=True, slots=True)
class Draft:
    """A letter and the request in it, in the plain JSON form; a request that could not be decoded may lack fields."""

    letter: Letter
    before: Tree


@dataclass(frozen=True, slots=True)
class Correction:
    """A draft and the request that takes its place; the contract's constraints hold."""

    draft: Draft
    request: EmailRequest

    @property
    def changed(self) -> tuple[str, ...]:
        """Names of the fields that differ."""
        after = self.request.to_json()
        return tuple(one for one in EmailRequest.FIELDS if self.draft.before.get(one) != after.get(one))


def draft_of(letter: Letter) -> Draft:
    """Return what can be corrected of a letter.

    Raises:
        EditRefused: the letter is unreadable, or its original is neither decoded nor JSON.
    """
    envelope = letter.envelope
    if envelope is None:
        raise EditRefused((f"{letter.place}: {EXPLANATIONS[Left.UNREADABLE]}",))
    if envelope.original_data is not None:
        return Draft(letter, envelope.original_data.to_json())
    fields = _object(envelope.original_payload or b"")
    if fields is None:
        raise EditRefused(
            (f"{letter.place}: the original could not be decoded and is no JSON: there is nothing to correct",)
        )
    return Draft(letter, {name: fields[name] for name in EmailRequest.FIELDS if name in fields})


def corrected(draft: Draft, after: Any) -> Correction:
    """Check a correction.

    Args:
        draft: what was there.
        after: the request in the plain JSON form.

    Raises:
        EditRefused: it breaks the contract, changes a field that stays as it is, or changes nothing; lists everything.
    """
    if not isinstance(after, Mapping):
        raise EditRefused((f"a JSON object is expected, not {json_kind(after)}",))
    problems = tuple(_moved(draft, after))
    try:
        request = EmailRequest.from_json(after)
        request.validate()
    except ValidationError as error:
        raise EditRefused((*problems, *map(str, error.problems))) from None
    if problems:
        raise EditRefused(problems)
    found = Correction(draft, request)
    if not found.changed:
        raise EditRefused(("nothing is changed; to send a letter as it is: eccs-contracts dlq redrive",))
    return found


def corrected_text(draft: Draft, text: str) -> Correction:
    """Check a correction that is JSON text; errors as `corrected`."""
    if len(text) > MAX_TEXT:
        raise EditRefused((f"{len(text):,} characters are more than the {MAX_TEXT:,} that a correction may have",))
    try:
        after = json.loads(text.removeprefix("\ufeff"), object_pairs_hook=_once, parse_constant=no_number)
    except EditRefused:
        raise
    except json.JSONDecodeError as error:
        raise EditRefused((f"not JSON: {error.msg} at line {error.lineno}, column {error.colno}",)) from None
    except (ValueError, RecursionError):  # a number of thousands of digits; too many brackets
        raise EditRefused(("not JSON that can be read: a number is too long, or it is nested too deeply",)) from None
    return corrected(draft, after)


def text_of(tree: Tree) -> str:
    """Return a request as JSON for an editor: every field of the contract, with null for one that is absent."""
    return json.dumps({name: tree.get(name) for name in EmailRequest.FIELDS}, indent=2, ensure_ascii=False) + "\n"


def difference(before: Tree, after: Tree, *, personal: bool) -> list[str]:
    """Return a unified diff of two requests, a line for each line of a text; personal data is masked unless shown."""
    old, new = (tree if personal else masked(tree, EmailRequest.SCHEMA) for tree in (before, after))
    marks = {name: " changed" for name in EmailRequest.FIELDS if before.get(name) != after.get(name)}
    hidden = {name: mark for name, mark in marks.items() if old.get(name) == new.get(name)}
    return list(unified_diff(list(_lines(old, {})), list(_lines(new, hidden)), "before", "after", lineterm="", n=2))


def send_of(correction: Correction, value: bytes, guard: Guard, run: str, now: datetime) -> Send:
    """Return the message that takes the place of the original.

    It goes to the topic of requests under its e-mail id: a correction of a retry is delivered for the first time. The
    loop guard counts it as a redrive, and the ledger lets it through by this count.

    Args:
        correction: what to send.
        value: the corrected request, encoded.
        guard: what is never sent.
        run: its name in the audit record, for the header that says that it was edited.
        now: what `expiresAt` is held against.

    Raises:
        EditRefused: the guard leaves it.
    """
    letter, request = correction.draft.letter, correction.request
    if (why := _left(letter, request, guard, now)) is not None:
        raise EditRefused((f"{letter.place}: {EXPLANATIONS[why]}",))
    assert letter.envelope is not None  # noqa: S101  there is a draft of it
    kept = [(name, one) for name, one in original_headers(letter.envelope) if name not in _STALE_HEADERS]
    redrive = letter.redrives + 1
    ours = {
        names.EMAIL_ID: str(request.id),
        names.USER_ID: request.user_id,
        names.TIMESTAMP: names.millis(now),
        names.CONTENT_TYPE: names.AVRO,
        names.SCHEMA_VERSION: EmailRequest.VERSION,
        REDRIVE_COUNT: str(redrive),
        REDRIVE_OF: letter.identity,
        EDITED: run,
    }
    headers: Headers = names.replace(kept, ours)
    return Send(letter, EmailRequest.TOPIC, str(request.id).encode(), value, headers, redrive, request.id)


def _left(letter: Letter, request: EmailRequest, guard: Guard, now: datetime) -> Left | None:
    if letter.topic not in guard.topics:
        return Left.OTHER_TOPIC
    if letter.redrives >= min(guard.max_redrives, MOST_REDRIVES):
        return Left.LOOP
    return Left.EXPIRED if request.expires_at is not None and request.expires_at <= now else None


def _moved(draft: Draft, after: Tree) -> Iterator[str]:
    """Say which fields differ that must not; one that the contract refuses as it is may be put right."""
    for name, why in FIXED.items():
        if stands(draft.before, name) and after.get(name) != draft.before[name]:
            yield f"{name}: it cannot be changed, because {why}"


def stands(before: Tree, name: str) -> bool:
    """Return whether a request has a field, and the contract takes its value, whatever is wrong with the others."""
    try:
        EmailRequest.from_json({**_SOUND, name: before[name]}).validate()
    except (KeyError, ValidationError):
        return False
    return True


_SOUND: Final[Tree] = {
    "id": "00000000-0000-4000-8000-000000000000",
    "to": "someone@example.com",
    "subject": "",
    "body": "",
    "userId": "user",
    "timestamp": 1_767_225_600_000,
}


def _lines(tree: Tree, marks: Mapping[str, str]) -> Iterator[str]:
    for name in EmailRequest.FIELDS:
        value, mark = tree.get(name), marks.get(name, "")
        if isinstance(value, Mapping):
            yield f"{name}:{mark}"
            yield from (f"  {key}: {json.dumps(one, ensure_ascii=False)}" for key, one in sorted(value.items()))
        elif isinstance(value, str):
            first, *rest = value.split("\n")
            yield f"{name}: {first}{mark}"
            yield from (f"  {line}" for line in rest)
        elif value is not None:
            yield f"{name}: {json.dumps(value, ensure_ascii=False)}{mark}"


def _object(payload: bytes) -> dict[str, Any] | None:
    try:
        found = json.loads(payload.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise EditRefused(("a field is given twice",))
    return found
