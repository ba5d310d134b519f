"""Faults of the broker and of the group."""

from __future__ import annotations

import signal
import threading
import time
from typing import Final, TypeVar

from confluent_kafka.admin import (
    AclBinding,
    AclBindingFilter,
    AclOperation,
    AclPermissionType,
    AdminClient,
    NewTopic,
    ResourcePatternType,
    ResourceType,
)

from services.local_stack import Fault
from services.local_stack.up import apply_contracts
from tests.fault.books import reconcile, settled
from tests.fault.case import Injected, fault
from tests.fault.rig import SLOTS, Fed, Rig, pause

A = TypeVar("A", AclBinding, AclBindingFilter)
_WRITTEN: Final = {"email_requests_retry": 6, "email_dlq": 3}  # partitions by topic
_REPLIES: Final = (Fault("RCPT", "450 4.2.0 not now", r".*@retry\.example", first=2), Fault("DOT", "hang 0.05"))


@fault("1", "SIGKILL of the broker, and its restart")
def broker_killed(rig: Rig) -> Injected:
    """Whatever was not acknowledged is written again by an idempotent producer, and not twice."""
    rig.start()
    rig.sink.script(*_REPLIES)
    rig.feed(150)
    rig.feed(50, "retry.example")
    rig.until(lambda: len(rig.sink.messages) > 20, "it is under way")
    rig.broker.kill()
    pause(1)
    rig.broker.start()
    return Injected(1, bound=SLOTS)


@fault("2", "Broker gone for longer than delivery.timeout.ms")
def broker_gone(rig: Rig) -> Injected:
    """Retries wait for a broker, nothing is committed or buried, and the service says that it is not ready."""
    instance = rig.start()
    rig.sink.script(*_REPLIES)
    with rig.api() as send_by_api:
        assert send_by_api() == 202
        rig.feed(100)
        rig.feed(50, "retry.example")
        rig.until(lambda: len(rig.sink.messages) > 10, "it is under way")
        rig.broker.kill()
        answer = send_by_api()
        assert answer == 503, f"the API answered {answer} without a broker"
    rig.until(lambda: instance.get("/readyz") == 503, "it says that it is not ready", 40)
    pause(3)
    assert instance.get("/livez") == 200
    assert instance.metric("email_dlq_total") == 0
    rig.broker.start()
    lifted = time.monotonic()
    return Injected(1, bound=SLOTS, note="not ready, live, 0 dead; the API says 503", lifted=lifted)


@fault("2", "Broker that stands still: connections stay, nothing is answered")
def broker_silent(rig: Rig) -> Injected:
    """The engine turns on: a commit that nobody answers is given up, and the service stays live."""
    instance = rig.start(LIVE_TTL="20000")
    rig.sink.script(*_REPLIES)
    rig.feed(100)
    rig.feed(20, "retry.example")
    rig.until(lambda: len(rig.sink.messages) > 10, "it is under way")
    rig.broker.halt()
    pages = set()
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        pages.add(instance.get("/livez"))
        pause(0.5)
    rig.broker.go_on()
    lifted = time.monotonic()
    assert pages == {200}, f"/livez answered {pages}"
    return Injected(1, bound=SLOTS, note="30 s; live all the time", lifted=lifted)


@fault("3", "Retry topic and DLQ are missing")
def topics_missing(rig: Rig) -> Injected:
    """What cannot be written stays uncommitted, loudly, until the topics are there."""
    instance = rig.start()
    rig.sink.script(
        Fault("RCPT", "450 4.2.0 not now", r".*@retry\.example", first=1),
        Fault("RCPT", "550 5.1.1 no", r".*@gone\.example"),
    )
    _delete(rig)
    rig.feed(20)
    rig.feed(3, "retry.example")
    rig.feed(3, "gone.example")
    rig.until(lambda: instance.metric("kafka_delivery_failures_total") >= 1, "a write fails", 40)
    assert instance.metric("email_dlq_total") == 0
    rig.until(lambda: instance.get("/readyz") == 503, "it says that it is not ready", 40)
    lifted = time.monotonic()
    apply_contracts(rig.direct)
    return Injected(int(instance.metric("kafka_delivery_failures_total")), note="not ready meanwhile", lifted=lifted)


@fault("3", "Writing to the retry topic and the DLQ is forbidden")
def topics_forbidden(rig: Rig) -> Injected:
    """As topics that are missing: nothing is committed that could not be written."""
    instance = rig.start()
    rig.sink.script(
        Fault("RCPT", "450 4.2.0 not now", r".*@retry\.example", first=1),
        Fault("RCPT", "550 5.1.1 no", r".*@gone\.example"),
    )
    admin = AdminClient({"bootstrap.servers": rig.broker.address})
    for answer in admin.create_acls([_denied(AclBinding, topic) for topic in _WRITTEN]).values():
        answer.result()
    try:
        for name in ("retry", "gone"):
            rig.feed(3, f"{name}.example")
        rig.feed(20)
        rig.until(lambda: instance.metric("kafka_delivery_failures_total") >= 6, "six writes fail", 40)
        failures = int(instance.metric("kafka_delivery_failures_total"))
        assert instance.metric("email_dlq_total") == 0
    finally:
        lifted = time.monotonic()
        for removal in admin.delete_acls([_denied(AclBindingFilter, topic) for topic in _WRITTEN]).values():
            removal.result()
    return Injected(failures, note="20 neighbours went out meanwhile", lifted=lifted)


def _denied(kind: type[A], topic: str) -> A:
    deny, literal = AclPermissionType.DENY, ResourcePatternType.LITERAL
    return kind(ResourceType.TOPIC, topic, literal, "User:ANONYMOUS", "*", AclOperation.WRITE, deny)


@fault("21", "Rebalance storm, cooperative: 3 instances, one comes or goes every 2 s for two minutes")
def storm_cooperative(rig: Rig) -> Injected:
    """Partitions go from hand to hand under load; nothing is lost, nothing sent twice."""
    return storm(rig, {}, 120)


@fault("21", "Rebalance storm, group.protocol=consumer (KIP-848), for two minutes")
def storm_consumer(rig: Rig) -> Injected:
    """The same with the protocol where the broker decides."""
    return storm(rig, {"KAFKA_GROUP_PROTOCOL": "consumer"}, 120)


def storm(rig: Rig, settings: dict[str, str], seconds: float) -> Injected:
    """Three instances under load; every two seconds one leaves in order, or comes."""
    rig.sink.script(*_REPLIES)
    instances = [rig.start(**settings) for _ in range(3)]
    stopped = threading.Event()
    feeder = threading.Thread(target=_feed_until, args=(rig, stopped))
    feeder.start()
    deadline, moves, codes = time.monotonic() + seconds, 0, []
    try:
        while time.monotonic() < deadline:
            began = time.monotonic()
            if len(instances) == 3:
                leaving = instances.pop(0)
                codes.append(leaving.end())
            else:
                instances.append(rig.start(ready="/health", **settings))
            moves += 1
            pause(max(0.0, 2 - (time.monotonic() - began)))
    finally:
        stopped.set()
        feeder.join()
    assert set(codes) == {0}, f"exit codes {codes}"
    return Injected(moves, note=f"{len(rig.fed.values)} e-mails while {moves} times one came or went")


def _feed_until(rig: Rig, stopped: threading.Event) -> None:
    while not stopped.is_set():
        rig.feed(15)
        rig.feed(5, "retry.example")
        stopped.wait(0.2)


@fault("22", "A process stands still for longer than max.poll.interval.ms")
def standing_still(rig: Rig) -> Injected:
    """Another one takes its partitions; when it goes on it commits nothing of what is not its own any more."""
    settings = {"MAX_POLL_INTERVAL": "7000", "KAFKA_SESSION_TIMEOUT": "6000"}
    first = rig.start(**settings)
    rig.sink.script(Fault("DOT", "hang 0.2"))
    rig.feed(200)
    rig.until(lambda: len(rig.sink.messages) > 10, "it is under way")
    first.signal(signal.SIGSTOP)
    rig.start(ready="/health", **settings)
    pause(11)
    first.signal(signal.SIGCONT)
    rig.until(lambda: first.metric("kafka_rebalances_total", kind="lost") > 0, "it learns that it lost them", 30)
    lost = int(first.metric("kafka_rebalances_total", kind="lost"))
    return Injected(lost, bound=SLOTS, note=f"{lost} partitions lost, none committed after")


@fault("23", "A partition with waiting retries goes from A to B and back")
def there_and_back(rig: Rig) -> Injected:
    """They start on time wherever they are; nothing stays paused."""
    settings = {"BASE_RETRY_DELAY": "9000", "MAX_RETRY_DELAY": "9000"}
    rig.sink.script(Fault("RCPT", "450 4.2.0 not now", r".*@retry\.example", first=1))
    first = rig.start(**settings)
    rig.feed(60, "retry.example")
    rig.until(lambda: first.metric("email_retry_queue_depth") == 60, "60 wait", 8)
    second = rig.start(**settings)
    rig.until(lambda: second.metric("kafka_rebalances_total", kind="assign") >= 6, "half of them moved", 20)
    assert second.end() == 0
    rig.until(lambda: len(rig.sink.messages) == 60, "all arrive", 30)
    tries = rig.sink.attempts.values()
    late = max(each[1].time - each[0].time for each in tries) - 9 * 1.1
    assert late < 2, f"the latest was {late:.1f} s late"
    return Injected(60, note=f"the latest retry was {max(late, 0):.2f} s after 9 s + 10 %")


@fault("26", "The producer's queue is full", fast=True)
def queue_full(rig: Rig) -> Injected:
    """It is a failure that is told at once, and tried again: nothing is dropped."""
    instance = rig.start(PRODUCER_QUEUE="1")
    rig.sink.script(Fault("RCPT", "450 4.2.0 not now", r".*@retry\.example", first=1))
    rig.feed(20, "retry.example")
    rig.until(lambda: len(rig.sink.messages) == 20, "all arrive", 40)
    refused = int(instance.metric("kafka_delivery_failures_total"))
    return Injected(refused, note=f"{refused} writes found it full, 20 retries written once each")


@fault("29", "NOT_ENOUGH_REPLICAS: the second replica of the retry topic and the DLQ is gone")
def too_few_replicas(rig: Rig) -> Injected:
    """As a broker that is away: nothing is committed until the broker takes it."""
    rig.sink.script(
        Fault("RCPT", "450 4.2.0 not now", r".*@retry\.example", first=1),
        Fault("RCPT", "550 5.1.1 no", r".*@gone\.example"),
    )
    with rig.broker.second() as other:
        rig.until(lambda: rig.broker.nodes() == 2, "two brokers")
        _make_again(rig, replicas=2)
        instance = rig.start()
        other.kill()
        rig.until(lambda: rig.broker.nodes() == 1, "the cluster has noticed", 40)
        rig.feed(3, "retry.example")
        rig.feed(3, "gone.example")
        rig.feed(20)
        rig.until(lambda: instance.metric("kafka_delivery_failures_total") >= 6, "six writes fail", 60)
        failures = int(instance.metric("kafka_delivery_failures_total"))
        assert instance.metric("email_dlq_total") == 0
        lifted = time.monotonic()
        other.start()
        rig.until(lambda: settled(rig), "all have their end", 60)
        recovered = time.monotonic() - lifted
        assert instance.end() == 0
        books = reconcile(rig)
        assert not books.problems, books.problems
        assert books.duplicates == 0
    rig.until(lambda: rig.broker.nodes() == 1, "the second broker is gone", 40)
    _delete(rig)
    apply_contracts(rig.direct)
    rig.fed = Fed()
    rig.start()
    rig.feed(5)
    return Injected(failures, note=f"26 e-mails had their ends {recovered:.1f} s after the second broker came back")


def _make_again(rig: Rig, replicas: int) -> None:
    """The two topics that are written to, with as many replicas, all of which must have a message."""
    _delete(rig)
    config = {"min.insync.replicas": str(replicas), "max.message.bytes": "4194304"}
    topics = [NewTopic(name, count, replicas, config=config) for name, count in _WRITTEN.items()]
    admin = AdminClient({"bootstrap.servers": rig.broker.address})
    for answer in admin.create_topics(topics).values():
        answer.result()


def _delete(rig: Rig) -> None:
    admin = AdminClient({"bootstrap.servers": rig.broker.address})
    for answer in admin.delete_topics(list(_WRITTEN)).values():
        answer.result()
    # What the broker takes until it has seen the end of a topic goes with the topic.
    rig.until(lambda: not _WRITTEN.keys() & admin.list_topics(timeout=5).topics.keys(), "the topics are gone")
    pause(1)
