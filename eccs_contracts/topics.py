"""Topics as the contracts declare them, and what it takes to bring a broker there."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from confluent_kafka import KafkaError, KafkaException, TopicCollection
from confluent_kafka.admin import (
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    NewPartitions,
    NewTopic,
    OffsetSpec,
    ResourceType,
)
from confluent_kafka.cimpl import TopicPartition

from eccs_contracts._contract import Topic
from eccs_contracts.errors import BrokerUnavailable, ContractsError

__all__ = [
    "Change",
    "ChangeRefused",
    "Danger",
    "Partition",
    "State",
    "Topic",
    "apply",
    "bounds",
    "describe",
    "names",
    "offsets",
    "partitions",
    "plan",
]


class ChangeRefused(ContractsError):
    """Raised where the broker answers, and refuses a change."""


class Danger(StrEnum):
    """What a change can cost; each is allowed by its name only."""

    DATA_LOSS = "data-loss"
    COMPACTION = "compaction"
    LESS_DURABLE = "less-durable"
    SMALLER_MESSAGES = "smaller-messages"


_COSTS: Final = {
    Danger.DATA_LOSS: "deletes records that are there",
    Danger.COMPACTION: "keeps only the last record of each key",
    Danger.LESS_DURABLE: "acknowledges records that fewer brokers have",
    Danger.SMALLER_MESSAGES: "refuses messages that were accepted",
}


@dataclass(frozen=True, slots=True)
class State:
    """A topic as it is.

    Attributes:
        settings: those that were asked for, as the broker has them.
    """

    partitions: int
    replication_factor: int
    settings: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Partition:
    """A partition as it is: its leader and in-sync replicas by broker number, and the offsets that it holds."""

    number: int
    leader: int
    replicas: Sequence[int]
    in_sync: Sequence[int]
    low: int
    high: int


@dataclass(frozen=True, slots=True)
class Change:
    """One difference between a topic as declared and as it is.

    Attributes:
        what: "create", "partitions", "replication.factor" or the name of a setting.
        refused: why it is not applied; None where it is.
        danger: what it costs; None where it costs nothing.
    """

    topic: Topic
    what: str
    old: str
    new: str
    refused: str | None = None
    danger: Danger | None = None

    def __str__(self) -> str:
        text = f"{self.topic.name}: {self.what}: {self.old} -> {self.new}"
        return f"{text} (refused: {self.refused})" if self.refused else text


def plan(
    declared: Sequence[Topic], there: Mapping[str, State], environment: str, allowed: Collection[Danger] = ()
) -> tuple[Change, ...]:
    """What is different; nothing is asked and nothing is changed.

    Args:
        declared: how topics should be.
        there: how they are.
        environment: which settings.
        allowed: dangers that are accepted; a change with another one is refused.
    """
    changes: list[Change] = []
    for topic in declared:
        state = there.get(topic.name)
        if state is None:
            replicas = topic.environments[environment].replication_factor
            changes.append(Change(topic, "create", "-", f"{topic.partitions} partitions, {replicas} replicas"))
        else:
            changes += _layout(topic, state, environment)
            changes += _settings(topic, state, environment, allowed)
    return tuple(changes)


def _layout(topic: Topic, state: State, environment: str) -> list[Change]:
    changes = []
    if state.partitions != topic.partitions:
        shrinks = state.partitions > topic.partitions
        refused = "partitions cannot be taken away: declare what is there, or make a new topic" if shrinks else None
        changes.append(Change(topic, "partitions", str(state.partitions), str(topic.partitions), refused))
    replicas = topic.environments[environment].replication_factor
    if state.replication_factor != replicas:
        refused = "the broker moves replicas, not this command: see kafka-reassign-partitions"
        changes.append(Change(topic, "replication.factor", str(state.replication_factor), str(replicas), refused))
    return changes


def _settings(topic: Topic, state: State, environment: str, allowed: Collection[Danger]) -> list[Change]:
    changes = []
    for name, new in topic.settings(environment).items():
        old = state.settings.get(name)
        if old != new:
            danger = _danger(name, old, new)
            refused = None
            if name == "min.insync.replicas" and int(new) > state.replication_factor:
                refused = f"no write would be acknowledged: there are {state.replication_factor} replicas"
            elif danger is not None and danger not in allowed:
                refused = f"it {_COSTS[danger]}; --allow {danger} does it"
            changes.append(Change(topic, name, "-" if old is None else old, new, refused, danger))
    return changes


def _danger(name: str, old: str | None, new: str) -> Danger | None:
    if old is None:
        return None
    return next((danger for setting, danger, costs in _DANGERS if setting == name and costs(old, new)), None)


def _less(old: str, new: str) -> bool:
    return _limit(new) < _limit(old)


def _limit(text: str) -> float:
    """A setting that is a number; -1 stands for no limit."""
    value = float(text)
    return float("inf") if value < 0 else value


# Setting to what a change of it can cost, and when it does.
_DANGERS: Final[Sequence[tuple[str, Danger, Callable[[str, str], bool]]]] = (
    ("retention.ms", Danger.DATA_LOSS, _less),
    ("retention.bytes", Danger.DATA_LOSS, _less),
    ("cleanup.policy", Danger.COMPACTION, lambda old, new: "compact" in new and "compact" not in old),
    ("cleanup.policy", Danger.DATA_LOSS, lambda old, new: "delete" in new and "delete" not in old),
    ("min.insync.replicas", Danger.LESS_DURABLE, _less),
    ("max.message.bytes", Danger.SMALLER_MESSAGES, _less),
)


def names(admin: AdminClient, timeout: float) -> dict[str, tuple[int, int]]:
    """Every topic of the broker but its own internal ones, with its partitions and replicas.

    Raises:
        BrokerUnavailable: it does not answer within `timeout` seconds.
    """
    try:
        found = admin.list_topics(timeout=timeout).topics
    except KafkaException as error:
        raise _error(error) from None
    return {
        name: (len(topic.partitions), _replicas(topic.partitions))
        for name, topic in sorted(found.items())
        if not name.startswith("__")
    }


def _replicas(found: Mapping[int, Any]) -> int:
    return max((len(one.replicas) for one in found.values()), default=0)


def describe(admin: AdminClient, declared: Sequence[Topic], environment: str, timeout: float) -> dict[str, State]:
    """The declared topics as the broker has them; those that it does not have are left out.

    Raises:
        BrokerUnavailable: it does not answer within `timeout` seconds.
    """
    try:
        found = admin.list_topics(timeout=timeout).topics
        present = [topic for topic in declared if topic.name in found]
        resources = {ConfigResource(ResourceType.TOPIC, topic.name): topic for topic in present}
        answers = admin.describe_configs(list(resources), request_timeout=timeout) if resources else {}
        states = {}
        for resource, answer in answers.items():
            topic = resources[resource]
            entries = answer.result()
            settings = {name: str(entries[name].value) for name in topic.settings(environment) if name in entries}
            layout = found[topic.name].partitions
            states[topic.name] = State(len(layout), _replicas(layout), settings)
    except KafkaException as error:
        raise _error(error) from None
    return states


def partitions(admin: AdminClient, topics: Sequence[str], timeout: float) -> dict[str, list[Partition]]:
    """The partitions of topics, with the offsets that they hold; topics that the broker does not have are left out.

    Raises:
        BrokerUnavailable: it does not answer within `timeout` seconds.
    """
    try:
        answers = admin.describe_topics(TopicCollection(list(topics)), request_timeout=timeout)
        found = {name: layout for name, answer in answers.items() if (layout := _known(answer)) is not None}
        places = [TopicPartition(name, one.id) for name, layout in found.items() for one in layout.partitions]
        held = bounds(admin, places, timeout)
    except KafkaException as error:
        raise _error(error) from None
    return {
        name: [
            Partition(
                one.id,
                one.leader.id if one.leader else -1,
                [node.id for node in one.replicas],
                [node.id for node in one.isr],
                *held[name, one.id],
            )
            for one in layout.partitions
        ]
        for name, layout in found.items()
    }


def _known(answer: Future[Any]) -> Any:
    try:
        return answer.result()
    except KafkaException as error:
        if error.args[0].code() == KafkaError.UNKNOWN_TOPIC_OR_PART:
            return None
        raise


def bounds(
    admin: AdminClient, places: Sequence[TopicPartition], timeout: float
) -> dict[tuple[str, int], tuple[int, int]]:
    """The first offset and the one after the last of partitions.

    Raises:
        KafkaException: as the broker answers.
    """
    spec: Any = OffsetSpec
    lows, highs = (offsets(admin, places, one, timeout) for one in (spec.earliest(), spec.latest()))
    return {place: (low, highs[place]) for place, low in lows.items()}


def offsets(
    admin: AdminClient, places: Sequence[TopicPartition], spec: OffsetSpec, timeout: float
) -> dict[tuple[str, int], int]:
    """One offset of each partition; errors as `bounds`."""
    if not places:
        return {}
    answers = admin.list_offsets(dict.fromkeys(places, spec), request_timeout=timeout)
    return {(place.topic, place.partition): answer.result().offset for place, answer in answers.items()}


def apply(admin: AdminClient, changes: Sequence[Change], environment: str, timeout: float) -> None:
    """Make the changes that are not refused.

    Raises:
        BrokerUnavailable: the broker does not answer.
        ChangeRefused: it refuses one; others may be made.
    """
    wanted = [change for change in changes if change.refused is None]
    creates = [_new_topic(one.topic, environment) for one in wanted if one.what == "create"]
    grows = [NewPartitions(one.topic.name, one.topic.partitions) for one in wanted if one.what == "partitions"]
    resources = _resources([one for one in wanted if one.what not in ("create", "partitions")])
    futures: list[Future[Any]] = []
    if creates:
        futures += admin.create_topics(creates, request_timeout=timeout).values()
    if grows:
        futures += admin.create_partitions(grows, request_timeout=timeout).values()
    if resources:
        futures += admin.incremental_alter_configs(resources, request_timeout=timeout).values()
    try:
        for future in futures:
            future.result()
    except KafkaException as error:
        raise _error(error) from None


def _resources(changes: Sequence[Change]) -> list[ConfigResource]:
    configs: dict[str, list[ConfigEntry]] = {}
    for one in changes:
        entry = ConfigEntry(one.what, one.new, incremental_operation=AlterConfigOpType.SET)
        configs.setdefault(one.topic.name, []).append(entry)
    return [ConfigResource(ResourceType.TOPIC, name, incremental_configs=entries) for name, entries in configs.items()]


def _new_topic(topic: Topic, environment: str) -> NewTopic:
    return NewTopic(
        topic.name,
        num_partitions=topic.partitions,
        replication_factor=topic.environments[environment].replication_factor,
        config=topic.settings(environment),
    )


def _error(error: KafkaException) -> ContractsError:
    """Who does not answer may answer later; who refuses will refuse again."""
    reason = error.args[0]
    if reason.code() < 0 or reason.retriable():  # below 0 are librdkafka's own: nobody was reached
        return BrokerUnavailable(f"no broker answers ({reason.str()}); see KAFKA_BOOTSTRAP_SERVERS")
    return ChangeRefused(f"the broker refuses: {reason.str()}")
