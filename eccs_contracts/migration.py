"""Messages of the older producers: the same fields as UTF-8 JSON instead of Avro. No clock: `now` is an argument."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, TypeAlias

from eccs_contracts import _older_values as older
from eccs_contracts import headers as names
from eccs_contracts._framing import GUID_HEADER
from eccs_contracts._json_object import Repeating, load_object, looks_like_json
from eccs_contracts.errors import Problem, ValidationError
from eccs_contracts.models import EmailRequest, RetryMetadata
from eccs_contracts.timestamps import timestamp_problem

_Headers: TypeAlias = Iterable[tuple[str, str | bytes | None]]

MAX_NAME: Final = 40  # characters of the name of an unknown field
_NO_REASON: Final = "unknown"  # where an older message does not say why it failed
_MAX_NAMED: Final = 10  # unknown or repeated names that an error lists

# How older services spell the state of a retry; compared without case, `_` and `-`.
_STATES: Final = ("retry", "retrymetadata", "retryinfo", "retrystate")
_ATTEMPT: Final = ("attempt", "attempts", "attemptnumber", "retrycount", "retryattempt", "retries", "count")
_DUE: Final = (
    "scheduledat",
    "scheduledretrytime",
    "scheduledtime",
    "scheduledfor",
    "nextretryat",
    "nextattemptat",
    "retryat",
    "dueat",
)
_ERROR: Final = ("previouserror", "lasterror", "error", "errormessage", "reason")
_DELAY: Final = ("backoffdelayms", "backoffdelay", "backoffms", "backoff", "delayms", "delay")
_TOPIC: Final = ("originaltopic", "sourcetopic", "topic")
# The same beside the fields of the request, where shorter names could be anything.
_FLAT: Final = frozenset(
    {
        *("retrycount", "retryattempt", "scheduledat", "scheduledretrytime", "nextretryat", "nextattemptat"),
        *("previouserror", "lasterror", "backoffdelayms", "backoffdelay", "originaltopic"),
    }
)


@dataclass(frozen=True, slots=True)
class FromJson:
    """A request that came as JSON.

    Attributes:
        request: the request; the constraints of the schema are not checked yet.
        unknown: names of fields that the contract does not have and that hold something: printable ASCII, at most
            `MAX_NAME` characters, each once, in their order. They are nowhere in `request`.
        retry: the state of the retry, every part of it usable; None for a first delivery.
    """

    request: EmailRequest
    unknown: tuple[str, ...] = ()
    retry: RetryMetadata | None = None


def is_json(value: bytes, headers: _Headers | None) -> bool:
    """Whether a value is JSON. The bytes decide where they can: a header that contradicts them is wrong.

    What starts with `{` or `[`, after a byte-order mark and blanks, is no Avro of ours, and what has a frame is no
    JSON. Of the rest, that is JSON whose `x-content-type`, or else `content-type`, is application/json.
    """
    if looks_like_json(value):
        return True
    if value[:1] == b"\0":
        return False
    pairs = list(headers or ())
    if any(name == GUID_HEADER for name, _ in pairs):
        return False
    kind = names.text(pairs, names.CONTENT_TYPE) or names.text(pairs, names.PLAIN_CONTENT_TYPE) or ""
    return kind.partition(";")[0].strip().lower() == names.JSON


def request_from_json(value: bytes, now: datetime | None = None) -> FromJson:
    """Read a request; fields that the contract does not have are named and left out.

    Args:
        value: the message.
        now: the current instant, aware; None leaves the bounds of `timestamp` unchecked.

    Raises:
        DecodeError: not UTF-8, not JSON, or not an object.
        ValidationError: a field is missing, given twice, out of bounds or of the wrong type; lists every problem.
    """
    fields = load_object(value)
    return FromJson(request_of_fields(fields, now), _unknown(fields, EmailRequest.FIELDS))


def retry_from_json(value: bytes, headers: _Headers | None, now: datetime) -> FromJson:
    """Read a retry of the older service: a request with `_retry` or `retry` in it, or with headers only.

    Each part of the state comes from the first of these places that has it in a usable form: the object, the fields
    beside those of the request, the headers. Otherwise it is: attempt 1, due now, from `email_requests`. What is
    wrong with the state never makes the message wrong. The caller bounds attempt and due time by its policy.

    Raises:
        DecodeError: as `request_from_json`.
        ValidationError: as `request_from_json`, for the fields of the request.
    """
    fields = load_object(value)
    known = {*EmailRequest.FIELDS, *(name for name in fields if _is_of_the_retry(name))}
    return FromJson(request_of_fields(fields, now), _unknown(fields, known), _retry(fields, headers, now))


def retry_state_from_json(value: bytes, headers: _Headers | None, now: datetime) -> RetryMetadata:
    """The state of a retry alone, also of a request that is wrong; parameters as `retry_from_json`.

    Raises:
        DecodeError: as `request_from_json`.
    """
    return _retry(load_object(value), headers, now)


def _is_of_the_retry(name: str) -> bool:
    return older.plain(name) in _FLAT or older.plain(name) in _STATES


def _retry(fields: Mapping[str, Any], headers: _Headers | None, now: datetime) -> RetryMetadata:
    states = [older.as_object(state) for state in older.named(fields, _STATES)]
    states.append({name: one for name, one in fields.items() if older.plain(name) in _FLAT})
    pairs = list(headers or ())

    def values(spellings: Iterable[str], header: str = "") -> Iterator[Any]:
        for state in states:
            yield from older.named(state, tuple(spellings))
        yield names.text(pairs, header) if header else None

    attempt = older.first(map(older.whole, values(_ATTEMPT, names.RETRY_COUNT)))
    return RetryMetadata(
        attempt=older.clamp(attempt or 1, 1, older.INT32_MAX),
        previous_error=older.first(map(older.message, values(_ERROR))) or _NO_REASON,
        scheduled_at=older.first(map(older.instant, values(_DUE, names.SCHEDULED_RETRY_TIME))) or now,
        backoff_delay_ms=max(0, older.first(map(older.whole, values(_DELAY))) or 0),
        original_topic=older.first(map(older.topic, values(_TOPIC, names.ORIGINAL_TOPIC))) or EmailRequest.TOPIC,
    )


def request_of_fields(fields: Mapping[str, Any], now: datetime | None = None) -> EmailRequest:
    """The request that some fields make, others left out; parameters and errors as `request_from_json`."""
    given = {name: fields[name] for name in EmailRequest.FIELDS if name in fields}
    ours = _problems(fields, given, now)
    if given.get("body") is None:
        given["body"] = ""
    try:
        request = EmailRequest.from_json(given)
    except ValidationError as error:
        said = {one.field for one in ours}
        ours = [*ours, *(one for one in error.problems if one.field not in said)]
    if ours:
        raise ValidationError(EmailRequest.__name__, tuple(sorted(ours, key=_position)))
    return request


def _problems(fields: Mapping[str, Any], given: Mapping[str, Any], now: datetime | None) -> list[Problem]:
    """What the types of the schema do not say."""
    problems = [Problem(name, "one value for each name", "given more than once") for name in _repeated(fields)]
    if given.get("body") is None and given.get("templateId") is None:
        problems.append(Problem("body", "required unless templateId is given", "missing"))
    stamp = given.get("timestamp")
    if now is not None and (rule := _stamp_rule(stamp, now)):
        problems.append(Problem("timestamp", rule, repr(stamp)))
    return problems


def _stamp_rule(stamp: Any, now: datetime) -> str | None:
    """The bound that a timestamp breaks; None if it keeps them, or its type is wrong, which the schema says."""
    if isinstance(stamp, int) and not isinstance(stamp, bool):
        return timestamp_problem(stamp, now)
    if not isinstance(stamp, str) or older.whole(stamp) is not None:
        return None
    found = older.instant(stamp)
    return None if found is None else timestamp_problem(found, now)


def _repeated(fields: Mapping[str, Any]) -> list[str]:
    """Paths of names that are given more than once, where the contract has the field."""
    found = [name for name in _names_again(fields) if name in EmailRequest.FIELDS]
    for outer in ("templateData", "metadata"):
        found += [f"{outer}[{safe_name(name)}]" for name in _names_again(fields.get(outer))[:_MAX_NAMED]]
    return found


def _names_again(value: object) -> tuple[str, ...]:
    return value.repeated if isinstance(value, Repeating) else ()


def _position(problem: Problem) -> int:
    name = problem.field.partition("[")[0]
    return EmailRequest.FIELDS.index(name) if name in EmailRequest.FIELDS else len(EmailRequest.FIELDS)


def _unknown(fields: Mapping[str, Any], known: Iterable[str]) -> tuple[str, ...]:
    left = set(fields).difference(known)
    return tuple(dict.fromkeys(safe_name(name) for name in fields if name in left and fields[name] is not None))


def safe_name(name: str) -> str:
    """The name of a field as it may stand in a label, a log or an error."""
    return names.ascii_text(name[:MAX_NAME]) or "(empty)"


def refuse_unknown(unknown: tuple[str, ...]) -> None:
    """Refuse a message with fields that the contract does not have.

    Raises:
        ValidationError: there are some; names the first ten.
    """
    if unknown:
        problems = [Problem(name, "no field of EmailRequest", "given") for name in unknown[:_MAX_NAMED]]
        if (more := len(unknown) - _MAX_NAMED) > 0:
            problems.append(Problem("others", "no fields of EmailRequest", f"given ({more:,})"))
        raise ValidationError(EmailRequest.__name__, tuple(problems))
