"""Consumer groups: where they are, how far behind, and what it takes to put them somewhere else."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, TypeAlias

from confluent_kafka import ConsumerGroupState, ConsumerGroupTopicPartitions, KafkaError, KafkaException
from confluent_kafka.admin import AdminClient, OffsetSpec
from confluent_kafka.cimpl import TopicPartition

from eccs_contracts.errors import BrokerUnavailable, ContractsError
from eccs_contracts.topics import bounds, offsets

__all__ = [
    "Earliest",
    "Group",
    "GroupRefused",
    "Lag",
    "Latest",
    "Move",
    "Offset",
    "Target",
    "Time",
    "apply",
    "describe",
    "offsets_at",
    "overview",
    "plan",
]

_INACTIVE: Final = frozenset({ConsumerGroupState.EMPTY, ConsumerGroupState.DEAD, ConsumerGroupState.UNKNOWN})
_ACTIVE_CODES: Final = frozenset({KafkaError.NON_EMPTY_GROUP, KafkaError.UNKNOWN_MEMBER_ID})
_NOT_KNOWN: Final = "Dead"
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class GroupRefused(ContractsError):
    """Raised where a group may not be changed as it stands: it is active, or the broker says no."""


@dataclass(frozen=True, slots=True)
class Lag:
    """A group in one partition.

    Attributes:
        committed: the offset that it reads next; None where it never committed.
        low: the first offset that the partition holds.
        high: the offset after its last.
        member: client id of the member that has it; None where nobody does.
    """

    topic: str
    partition: int
    committed: int | None
    low: int
    high: int
    member: str | None = None

    @property
    def lag(self) -> int:
        """Records that are not read yet; where nothing is committed, all that there are."""
        place = self.low if self.committed is None else self.committed
        return max(0, self.high - max(self.low, place))


@dataclass(frozen=True, slots=True)
class Group:
    """A consumer group.

    Attributes:
        state: as the broker names it, for example "Stable" or "Empty"; "Dead" where there is none of this name.
    """

    name: str
    state: str
    active: bool
    members: int
    lags: Sequence[Lag]

    @property
    def known(self) -> bool:
        """Whether the broker has heard of it: it has members, or had, or committed something."""
        return self.state != _NOT_KNOWN

    @property
    def lag(self) -> int:
        """Records that are not read yet, in all."""
        return sum(one.lag for one in self.lags)


@dataclass(frozen=True, slots=True)
class Earliest:
    """The first record that is there."""


@dataclass(frozen=True, slots=True)
class Latest:
    """The end: nothing that is there."""


@dataclass(frozen=True, slots=True)
class Time:
    """The first record that is not older than an instant; the end where none is."""

    instant: datetime


@dataclass(frozen=True, slots=True)
class Offset:
    """An offset, the same in each partition; brought to what the partition holds."""

    offset: int


_Place: TypeAlias = tuple[str, int]  # topic and partition
_Held: TypeAlias = Mapping[_Place, tuple[int, int]]
Target: TypeAlias = Earliest | Latest | Time | Offset


@dataclass(frozen=True, slots=True)
class Move:
    """One partition of a reset."""

    topic: str
    partition: int
    old: int | None
    new: int
    low: int
    high: int

    @property
    def change(self) -> int:
        """Records that are read again, as a number below 0, or never read, above 0."""
        place = self.low if self.old is None else self.old
        return self.new - min(max(place, self.low), self.high)


def plan(lags: Iterable[Lag], target: Target, at_time: Mapping[tuple[str, int], int] | None = None) -> tuple[Move, ...]:
    """Where each partition would go; nothing is asked and nothing is changed.

    Args:
        lags: the partitions to move.
        target: where to.
        at_time: for `Time`, the offset that the broker gives for each partition; -1 where no record is so young.
    """
    return tuple(
        Move(one.topic, one.partition, one.committed, _place(one, target, at_time or {}), one.low, one.high)
        for one in lags
    )


def _place(one: Lag, target: Target, at_time: Mapping[tuple[str, int], int]) -> int:
    match target:
        case Earliest():
            return one.low
        case Latest():
            return one.high
        case Offset(offset):
            return min(max(offset, one.low), one.high)
        case Time():
            found = at_time.get((one.topic, one.partition), -1)
            return one.high if found < 0 else found


def describe(admin: AdminClient, group: str, topics: Sequence[str], timeout: float) -> Group:
    """A group in topics: those that it committed to, and the given ones as far as the broker has them.

    Raises:
        BrokerUnavailable: it does not answer within `timeout` seconds.
        GroupRefused: it refuses the question.
    """
    try:
        (found,) = _described(admin, [group], topics, timeout)
    except KafkaException as error:
        raise _error(error, group) from None
    return found


def overview(admin: AdminClient, timeout: float) -> list[Group]:
    """Every consumer group that the broker knows, by name; errors as `describe`."""
    try:
        found = admin.list_consumer_groups(request_timeout=timeout).result()
        names = sorted(one.group_id for one in found.valid)
        groups = _described(admin, names, (), timeout) if names else []
    except KafkaException as error:
        raise _error(error, "groups") from None
    if found.errors:  # of brokers that did not answer: their groups are missing
        raise _error(KafkaException(found.errors[0]), "groups")
    return groups


def _described(admin: AdminClient, groups: Sequence[str], topics: Sequence[str], timeout: float) -> list[Group]:
    """Groups, asked for together: what takes long is the way to the broker and back."""
    answers = admin.describe_consumer_groups(list(groups), request_timeout=timeout)
    committed = _committed(admin, groups, timeout)
    there = admin.list_topics(timeout=timeout).topics
    read = {group: {name for name, _ in committed[group]} | set(topics) for group in groups}
    names = sorted(set().union(*read.values()) & set(there))
    places = [TopicPartition(name, number) for name in names for number in there[name].partitions]
    held = bounds(admin, places, timeout)
    return [_group(group, answers[group].result(), read[group], committed[group], held) for group in groups]


def _group(group: str, found: Any, read: Collection[str], committed: Mapping[_Place, int], held: _Held) -> Group:
    members = _owners(found.members)
    places = [place for place in sorted(held) if place[0] in read]
    lags = [Lag(*place, committed.get(place), *held[place], members.get(place)) for place in places]
    return Group(group, _state_name(found.state), found.state not in _INACTIVE, len(found.members), lags)


def offsets_at(
    admin: AdminClient, lags: Iterable[Lag], instant: datetime, timeout: float
) -> dict[tuple[str, int], int]:
    """The first offset in each partition whose record is not older than an instant; -1 where none is.

    Raises:
        BrokerUnavailable: no answer within `timeout` seconds.
    """
    millis = max(0, int((instant - _EPOCH).total_seconds() * 1000))
    places = [TopicPartition(one.topic, one.partition) for one in lags]
    try:
        return offsets(admin, places, OffsetSpec.for_timestamp(millis), timeout)
    except KafkaException as error:
        raise _error(error, "offsets") from None


def apply(admin: AdminClient, group: str, moves: Sequence[Move], timeout: float) -> None:
    """Commit the new offsets in the group's name.

    Raises:
        GroupRefused: the group is active, or the broker refuses.
        BrokerUnavailable: no answer within `timeout` seconds.
    """
    if not moves:
        return
    places = [TopicPartition(one.topic, one.partition, one.new) for one in moves]
    request = ConsumerGroupTopicPartitions(group, places)
    try:
        answer = admin.alter_consumer_group_offsets([request], request_timeout=timeout)[group].result()
    except KafkaException as error:
        raise _error(error, group) from None
    if refused := [place.error for place in answer.topic_partitions if place.error is not None]:
        raise _error(KafkaException(refused[0]), group)


def _committed(admin: AdminClient, groups: Sequence[str], timeout: float) -> dict[str, dict[_Place, int]]:
    """What each group committed; librdkafka asks about one group in a request."""
    requests = {group: [ConsumerGroupTopicPartitions(group)] for group in groups}
    answers = {
        group: admin.list_consumer_group_offsets(request, request_timeout=timeout)[group]
        for group, request in requests.items()
    }
    return {group: _offsets(answer) for group, answer in answers.items()}


def _offsets(answer: Future[Any]) -> dict[_Place, int]:
    try:
        found = answer.result().topic_partitions
    except KafkaException as error:
        if error.args[0].code() == KafkaError.GROUP_ID_NOT_FOUND:
            return {}
        raise
    return {(place.topic, place.partition): place.offset for place in found if place.offset >= 0}


def _owners(members: Iterable[Any]) -> dict[tuple[str, int], str]:
    return {
        (place.topic, place.partition): str(member.client_id)
        for member in members
        if member.assignment is not None
        for place in member.assignment.topic_partitions
    }


def _state_name(state: ConsumerGroupState) -> str:
    return state.name.replace("_", " ").capitalize()


def _error(error: KafkaException, group: str) -> ContractsError:
    reason = error.args[0]
    if reason.code() in _ACTIVE_CODES:
        return GroupRefused(f"{group} has active members: stop them first, they would overwrite what is set")
    if reason.code() < 0 or reason.retriable():  # below 0 are librdkafka's own: nobody was reached
        return BrokerUnavailable(f"no broker answers ({reason.str()}); see KAFKA_BOOTSTRAP_SERVERS")
    return GroupRefused(f"{group}: the broker refuses: {reason.str()}")
