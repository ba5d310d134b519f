"""Groups are listed, described and moved; topics are brought to what is declared."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta

import pytest
from confluent_kafka import Consumer, TopicPartition
from confluent_kafka.admin import AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource, NewTopic, ResourceType

from services.local_stack import Stack
from tests.integration.operations.operating import Operator, ends

pytestmark = pytest.mark.stack


def test_an_active_group_is_not_moved(stack: Stack, operator: Operator) -> None:
    """Its members would overwrite what is set; once they are gone, it is."""
    group = f"operations-{uuid.uuid4()}"
    settings = {"bootstrap.servers": stack.environment["KAFKA_BOOTSTRAP_SERVERS"], "group.id": group}
    member = Consumer({**settings, "receive.message.max.bytes": 1_000_000_000, "auto.offset.reset": "earliest"})
    member.subscribe(["email_requests"])
    while not member.assignment():
        member.poll(0.1)
    member.commit(offsets=[TopicPartition("email_requests", 0, 0)], asynchronous=False)
    command = ["groups", "reset", group, "--to-latest", "--yes"]
    refused = operator.run(*command)
    seen = operator.answer("groups", "describe", group)
    active = operator.answer("groups", "list", "--active")
    member.close()

    assert (refused[0], "nothing is changed" in refused[2]) == (1, True)
    assert (seen["members"], seen["partitions"][0]["committed"]) == (1, 0)
    assert [(one["members"], one["lag"]) for one in active if one["group"] == group] == [(1, seen["lag"])]
    assert operator.run(*command)[0] == 0
    assert operator.answer("groups", "describe", group)["lag"] == 0
    assert operator.run("groups", "describe", group, "--max-lag", "0")[0] == 0
    assert [one["lag"] for one in operator.answer("groups", "list") if one["group"] == group] == [0]
    assert group not in operator.run("groups", "list", "--active")[1]


def test_a_group_that_nobody_knows_has_no_good_lag(operator: Operator) -> None:
    """An alert that watches a group of a misspelt name must not stay silent."""
    code, output, _ = operator.run("groups", "describe", "nobody", "--max-lag", "9")

    assert (code, output.splitlines()[0]) == (1, "nobody: the broker knows no such group")


@pytest.mark.parametrize("target", ["--to-earliest", "--to-latest", "--to-time", "--to-offset"])
def test_a_group_goes_where_it_is_sent(stack: Stack, operator: Operator, target: str) -> None:
    """First it is only shown; the place is one that the partition has."""
    before = (datetime.now(UTC) - timedelta(days=1)).isoformat()
    after = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    assert operator.run("produce", "--batch", "20")[0] == 0
    end = ends(stack)
    values = {"--to-time": [before], "--to-offset": ["0"]}
    expected = end if target == "--to-latest" else dict.fromkeys(end, 0)
    group = f"operations-{uuid.uuid4()}"
    command = ["groups", "reset", group, "--topic", "email_requests"]

    dry = operator.answer(*command, target, *values.get(target, []))
    assert (dry["done"], {one["partition"]: one["new"] for one in dry["moves"]}) == (False, expected)
    assert operator.answer("groups", "describe", group)["partitions"] == []
    assert operator.answer(*command, target, *values.get(target, []), "--yes")["done"]
    seen = operator.answer("groups", "describe", group)["partitions"]
    assert {one["partition"]: one["committed"] for one in seen} == expected
    late = operator.answer(*command, "--to-time", after)
    assert {one["partition"]: one["new"] for one in late["moves"]} == end


@pytest.mark.apache_kafka("the embedded broker keeps no such settings")
def test_what_costs_data_is_refused_until_it_is_named(stack: Stack, operator: Operator) -> None:
    """A retention that is longer than declared would be cut."""
    client = AdminClient({"bootstrap.servers": stack.environment["KAFKA_BOOTSTRAP_SERVERS"]})
    longer = ConfigEntry("retention.ms", "9999999999", incremental_operation=AlterConfigOpType.SET)
    resource = ConfigResource(ResourceType.TOPIC, "email_dlq", incremental_configs=[longer])
    for future in client.incremental_alter_configs([resource]).values():
        future.result(20)

    assert operator.run("topics", "describe", "email_dlq")[0] == 1
    code, output, _ = operator.run("topics", "apply", "--yes")
    assert (code, "--allow data-loss" in " ".join(output.split())) == (1, True)
    assert operator.run("topics", "apply", "--yes", "--allow", "data-loss")[0] == 0
    assert operator.run("topics", "plan")[:2] == (0, "the broker is as declared\n")


@pytest.mark.apache_kafka("the embedded broker cannot delete and grow topics as it should")
def test_partitions_grow_and_replicas_are_told(stack: Stack, operator: Operator) -> None:
    """A topic that somebody made by hand: what can be mended is, what cannot is refused with who can."""
    client = AdminClient({"bootstrap.servers": stack.environment["KAFKA_BOOTSTRAP_SERVERS"]})
    name = "email_requests_retry"
    client.delete_topics([name])[name].result(20)
    while name in client.list_topics(timeout=10).topics:
        client.poll(0.05)
    client.create_topics([NewTopic(name, num_partitions=2)])[name].result(20)
    while len(client.list_topics(name, timeout=10).topics[name].partitions) != 2:
        client.poll(0.05)

    drift = {one["what"]: one["refused"] for one in operator.answer("topics", "plan") if one["topic"] == name}
    assert drift["partitions"] is None
    assert operator.run("topics", "apply", "--yes", "--allow", "data-loss")[0] == 0
    shown = operator.answer("topics", "describe", name)
    assert (len(shown["partitions"]), operator.run("topics", "plan")[0]) == (6, 0)
    production = operator.answer("topics", "plan", "--environment", "prod")
    refused = {one["what"]: one["refused"] for one in production if one["topic"] == name and one["refused"]}
    assert "kafka-reassign-partitions" in refused["replication.factor"]
    assert "no write would be acknowledged" in refused["min.insync.replicas"]
