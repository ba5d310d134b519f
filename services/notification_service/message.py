"""A message as the service sees it: the record as it came, what it asks for, and which attempt it is."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from confluent_kafka import Message

from eccs_contracts import EmailRequest, EmailRetry, RetryMetadata
from eccs_contracts._framing import GUID_HEADER
from eccs_contracts.decoding import decode_value
from eccs_contracts.delivery import Outcome, OutcomeKind, RetryPolicy
from eccs_contracts.errors import ContractsError, UnknownSchema, ValidationError
from eccs_contracts.headers import Headers, listed, redrive_count
from eccs_contracts.migration import (
    FromJson,
    is_json,
    refuse_unknown,
    request_from_json,
    retry_from_json,
    retry_state_from_json,
)
from eccs_contracts.serde import ContractDeserializer
from services.notification_service.unknown_fields import UnknownFields

_FRAME: Final = 5  # bytes: magic byte and schema id
_GUID: Final = 64  # bytes: more than a GUID has
_LARGEST_AT_ONCE: Final = 65_536  # bytes of JSON; a megabyte of small values takes seconds
_MAX_REASON: Final = 1024  # characters; a message can break its contract in 100,000 places
_MOST_KNOWN: Final = 1000  # frames without an id in them must not fill the memory


@dataclass(frozen=True, slots=True)
class Record:
    """A Kafka record, byte for byte."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: Headers

    @property
    def place(self) -> tuple[str, int]:
        """Topic and partition."""
        return self.topic, self.partition

    @property
    def schema(self) -> bytes:
        """What tells the writer's schema from others: its GUID where a header has one, else the frame with its id."""
        guids = [
            value.encode() if isinstance(value, str) else value for name, value in self.headers if name == GUID_HEADER
        ]
        return b"".join(one or b"" for one in guids)[:_GUID] if guids else (self.value or b"")[:_FRAME]

    @property
    def size(self) -> int:
        """Bytes of key and value."""
        return len(self.key or b"") + len(self.value or b"")

    @classmethod
    def of(cls, message: Message) -> Record:
        """The record of a message that is not an error."""
        key, value = message.key(), message.value()
        return cls(
            topic=str(message.topic()),
            partition=message.partition() or 0,
            offset=message.offset() or 0,
            key=key.encode() if isinstance(key, str) else key,
            value=value.encode() if isinstance(value, str) else value,
            headers=listed(message.headers()),
        )


@dataclass(frozen=True, slots=True)
class Job:
    """Work on one record.

    Attributes:
        request: what is asked for; None where the record could not be decoded.
        attempt: 0 for the first delivery, n for the n-th retry.
        due: not before this instant; None for at once.
        verdict: the outcome where it is known without sending, for example a broken constraint.
        redrive: how often a person has sent it again from the DLQ.
        holds: how often in a row it waited for a server that served others.
        defects: how often an error of this program stopped it.
        first_topic: where the e-mail came from at first; only for a retry that the older service wrote, whose
            original the ledger does not have.
    """

    record: Record
    request: EmailRequest | None
    attempt: int = 0
    due: datetime | None = None
    verdict: Outcome | None = None
    redrive: int = 0
    holds: int = 0
    defects: int = 0
    first_topic: str | None = None

    @property
    def ledger_id(self) -> str:
        """The e-mail's id; the place of the record where no id could be read."""
        if self.request is not None:
            return str(self.request.id)
        return f"{self.record.topic}/{self.record.partition}/{self.record.offset}"

    def at(self, now: datetime) -> Job:
        """The job as it stands at an instant: a request past its `expiresAt` is expired."""
        expires = self.request.expires_at if self.request and self.verdict is None else None
        if expires is None or expires > now:
            return self
        return replace(self, verdict=Outcome(OutcomeKind.EXPIRED, f"expired at {expires.isoformat()}"))


@dataclass(frozen=True, slots=True)
class Decoder:
    """From records to jobs.

    Attributes:
        longest: no retry is believed to be due later than this from now.
        unknown: takes the fields of JSON that the contract does not have.
    """

    requests: ContractDeserializer[EmailRequest]
    retries: ContractDeserializer[EmailRetry]
    retry_topic: str
    policy: RetryPolicy
    longest: timedelta
    unknown: UnknownFields
    _known: set[bytes] = field(default_factory=set)

    def at_once(self, record: Record) -> bool:
        """Whether decoding is quick: no look-up in the registry, which can take seconds, and no large JSON."""
        value = record.value
        if not value or value[:_FRAME] in self._known:
            return True
        return len(value) <= _LARGEST_AT_ONCE and is_json(value, record.headers)

    def job(self, record: Record, now: datetime) -> Job:
        """The job of a record; what is wrong with it is its verdict.

        Raises:
            RegistryUnavailable: the writer's schema is not known yet and the registry does not answer.
            UnknownSchema: the registry does not have the writer's schema; it may be about to.
        """
        try:
            if record.value and is_json(record.value, record.headers):
                return self._from_json(record, record.value, now)
            job = self._retry(record, now) if record.topic == self.retry_topic else self._request(record)
        except UnknownSchema:
            raise
        except ContractsError as error:
            if error.retryable:
                raise
            return undecodable(record, error)
        if len(self._known) < _MOST_KNOWN:
            self._known.add((record.value or b"")[:_FRAME])
        return job

    def _request(self, record: Record) -> Job:
        request = decode_value(self.requests, EmailRequest, record.value, record.headers)
        return _checked(Job(record, request, redrive=redrive_count(record.headers)))

    def _retry(self, record: Record, now: datetime) -> Job:
        envelope = decode_value(self.retries, EmailRetry, record.value, record.headers)
        attempt, due = self._bounded(envelope.retry, now)
        return _checked(Job(record, request_of(envelope), attempt, due, redrive=redrive_count(record.headers)))

    def _from_json(self, record: Record, value: bytes, now: datetime) -> Job:
        """The job of a message of an older producer; fields that the contract does not have are counted."""
        read = retry_from_json if record.topic == self.retry_topic else _first_delivery_from_json
        try:
            found = read(value, record.headers, now)
        except ValidationError as error:
            return replace(undecodable(record, error), attempt=self._attempt_of(record, value, now))
        self.unknown.seen(found.unknown, now)
        job = _checked(self._job_of(record, found, now))
        return _without_unknown(job, found.unknown) if self.unknown.reject else job

    def _attempt_of(self, record: Record, value: bytes, now: datetime) -> int:
        """Which attempt a message in JSON is whose request is wrong: its dead letter says how often it was tried."""
        if record.topic != self.retry_topic:
            return 0
        return self._bounded(retry_state_from_json(value, record.headers, now), now)[0]

    def _job_of(self, record: Record, found: FromJson, now: datetime) -> Job:
        job = Job(record, found.request, redrive=redrive_count(record.headers))
        if found.retry is None:
            return job
        job = replace(job, first_topic=found.retry.original_topic)
        if job.redrive:  # sent again by a person: its retries begin again, as those of any other e-mail
            return replace(job, attempt=1, due=now)
        attempt, due = self._bounded(found.retry, now)
        return replace(job, attempt=attempt, due=due)

    def _bounded(self, state: RetryMetadata, now: datetime) -> tuple[int, datetime]:
        """Attempt and due time of a retry, bounded: nobody may park a message in the year 3000."""
        attempt = min(max(state.attempt, 1), max(self.policy.max_attempts, 1))
        return attempt, min(state.scheduled_at, now + self.longest)


def undecodable(record: Record, error: Exception) -> Job:
    """The job of a record that is not what its contract says, or that the decoder has failed on."""
    if not isinstance(error, ContractsError):
        return Job(
            record, None, verdict=Outcome(OutcomeKind.DEFECT, f"an error of the service: {type(error).__name__}")
        )
    kind = OutcomeKind.VALIDATION if isinstance(error, ValidationError) else OutcomeKind.PARSE
    return Job(record, None, verdict=Outcome(kind, str(error)[:_MAX_REASON]))


def request_of(envelope: EmailRetry) -> EmailRequest:
    """The request inside of a retry: every field of EmailRequest is in EmailRetry, with the same type."""
    return EmailRequest(**{name: getattr(envelope, name) for name in EmailRequest.__slots__})


def _first_delivery_from_json(value: bytes, headers: Headers, now: datetime) -> FromJson:  # noqa: ARG001  as a retry's
    return request_from_json(value, now)


def _checked(job: Job) -> Job:
    try:
        if job.request is not None:
            job.request.validate()
    except ValidationError as error:
        return replace(job, verdict=Outcome(OutcomeKind.VALIDATION, str(error)[:_MAX_REASON]))
    return job


def _without_unknown(job: Job, unknown: tuple[str, ...]) -> Job:
    try:
        refuse_unknown(unknown)
    except ValidationError as error:
        return (
            job
            if job.verdict is not None
            else replace(job, verdict=Outcome(OutcomeKind.VALIDATION, str(error)[:_MAX_REASON]))
        )
    return job
