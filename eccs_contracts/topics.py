"""Topics as the contracts declare them, and what it takes to bring a broker there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

from confluent_kafka import KafkaException
from confluent_kafka.admin import (
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    NewPartitions,
    NewTopic,
    ResourceType,
)

from eccs_contracts._contract import Topic
from eccs_contracts.errors import BrokerUnavailable

__all__ = ["Change", "State", "Topic", "apply", "describe", "plan"]


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
class Change:
    """One difference between a topic as declared and as it is.

    Attributes:
        what: "create", "partitions" or the name of a setting.
        refused: why it is never applied; None where it is.
    """

    topic: Topic
    what: str
    old: str
    new: str
    refused: str | None = None

    def __str__(self) -> str:
        text = f"{self.topic.name}: {self.what}: {self.old} -> {self.new}"
        return f"{text} (refused: {self.refused})" if self.refused else text


def plan(declared: Sequence[Topic], there: Mapping[str, State], environment: str) -> tuple[Change, ...]:
    """What is different; nothing is asked and nothing is changed."""
    changes: list[Change] = []
    for topic in declared:
        state = there.get(topic.name)
        if state is None:
            replicas = topic.environments[environment].replication_factor
            changes.append(Change(topic, "create", "-", f"{topic.partitions} partitions, {replicas} replicas"))
            continue
        if state.partitions != topic.partitions:
            shrinks = state.partitions > topic.partitions
            refused = "partitions cannot be taken away" if shrinks else None
            changes.append(Change(topic, "partitions", str(state.partitions), str(topic.partitions), refused))
        wanted = topic.settings(environment)
        changes += [
            Change(topic, name, state.settings.get(name, "-"), value)
            for name, value in wanted.items()
            if state.settings.get(name) != value
        ]
    return tuple(changes)


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
            partitions = found[topic.name].partitions
            states[topic.name] = State(len(partitions), len(partitions[0].replicas), settings)
    except KafkaException as error:
        raise BrokerUnavailable(f"no broker answers ({error.args[0].str()}); see KAFKA_BOOTSTRAP_SERVERS") from None
    return states


def apply(admin: AdminClient, changes: Sequence[Change], environment: str, timeout: float) -> None:
    """Make the changes that are not refused.

    Raises:
        BrokerUnavailable: the broker refuses one, or does not answer.
    """
    wanted = [change for change in changes if change.refused is None]
    creates = [_new_topic(one.topic, environment) for one in wanted if one.what == "create"]
    grows = [NewPartitions(one.topic.name, one.topic.partitions) for one in wanted if one.what == "partitions"]
    configs: dict[str, list[ConfigEntry]] = {}
    for one in wanted:
        if one.what not in ("create", "partitions"):
            entry = ConfigEntry(one.what, one.new, incremental_operation=AlterConfigOpType.SET)
            configs.setdefault(one.topic.name, []).append(entry)
    resources = [
        ConfigResource(ResourceType.TOPIC, name, incremental_configs=entries) for name, entries in configs.items()
    ]
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
        raise BrokerUnavailable(f"the broker refuses a change: {error.args[0].str()}") from None


def _new_topic(topic: Topic, environment: str) -> NewTopic:
    return NewTopic(
        topic.name,
        num_partitions=topic.partitions,
        replication_factor=topic.environments[environment].replication_factor,
        config=topic.settings(environment),
    )
