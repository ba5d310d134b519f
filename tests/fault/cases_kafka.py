"""Faults of the broker and of the group."""

from __future__ import annotations

import signal
import threading
import time
from concurrent.futures import Future

from confluent_kafka.admin import AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource, ResourceType

from eccs_contracts.clients import Delivery, RawProducer
from eccs_contracts.errors import DeliveryFailed
from services.local_stack import Fault
from services.local_stack.up import apply_contracts
from tests.fault.case import Injected, fault
from tests.fault.rig import SLOTS, Rig, pause

_REPLIES = (Fault("RCPT", "450 4.2.0 not now", r".*@retry\.example", first=2), Fault("DOT", "hang 0.05"))


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
    rig.feed(100)
    rig.feed(50, "retry.example")
    rig.until(lambda: len(rig.sink.messages) > 10, "it is under way")
    rig.broker.kill()
    rig.until(lambda: instance.get("/readyz") == 503, "it says that it is not ready", 40)
    pause(3)
    assert instance.get("/livez") == 200
    assert instance.metric("email_dlq_total") == 0
    rig.broker.start()
    lifted = time.monotonic()
    return Injected(1, bound=SLOTS, note="not ready, live, 0 dead", lifted=lifted)


@fault("3", "Retry topic and DLQ are missing")
def topics_missing(rig: Rig) -> Injected:
    """What cannot be written stays uncommitted, loudly, until the topics are there."""
    instance = rig.start()
    admin = AdminClient({"bootstrap.servers": rig.broker.address})
    rig.sink.script(
        Fault("RCPT", "450 4.2.0 not now", r".*@retry\.example", first=1),
        Fault("RCPT", "550 5.1.1 no", r".*@gone\.example"),
    )
    for answer in admin.delete_topics(["email_requests_retry", "email_dlq"]).values():
        answer.result()
    pause(1)
    rig.feed(20)
    rig.feed(3, "retry.example")
    rig.feed(3, "gone.example")
    rig.until(lambda: instance.metric("kafka_delivery_failures_total") >= 1, "a write fails", 40)
    assert instance.metric("email_dlq_total") == 0
    rig.until(lambda: instance.get("/readyz") == 503, "it says that it is not ready", 40)
    lifted = time.monotonic()
    apply_contracts(rig.direct)
    return Injected(int(instance.metric("kafka_delivery_failures_total")), note="not ready meanwhile", lifted=lifted)


@fault("21", "Rebalance storm, cooperative: 3 instances, one comes or goes every 2 s")
def storm_cooperative(rig: Rig) -> Injected:
    """Partitions go from hand to hand under load; nothing is lost, nothing sent twice."""
    return storm(rig, {}, 24)


@fault("21", "Rebalance storm, group.protocol=consumer (KIP-848)")
def storm_consumer(rig: Rig) -> Injected:
    """The same with the protocol where the broker decides."""
    return storm(rig, {"KAFKA_GROUP_PROTOCOL": "consumer", "KAFKA_GROUP_ID": "fault-suite"}, 24)


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
    small = RawProducer({"bootstrap.servers": rig.broker.address, "queue.buffering.max.messages": 10, "linger.ms": 200})
    refused, left = 0, list(range(100))
    while left:
        answers: dict[int, Future[Delivery]] = {
            number: small.send("email_requests", b"{%d" % number, key=f"full{number}", headers=[]) for number in left
        }
        for number, answer in answers.items():
            try:
                place = answer.result(30)
            except DeliveryFailed:
                refused += 1
            else:
                left.remove(number)
                rig.fed.values[place.topic, place.partition, place.offset] = b"{%d" % number
    small.close()
    rig.start()
    return Injected(refused, note=f"{refused} refused, all 100 written once")


@fault("29", "NOT_ENOUGH_REPLICAS on the retry topic and the DLQ")
def too_few_replicas(rig: Rig) -> Injected:
    """As a broker that is away: nothing is committed until the broker takes it."""
    instance = rig.start()
    rig.sink.script(
        Fault("RCPT", "450 4.2.0 not now", r".*@retry\.example", first=1),
        Fault("RCPT", "550 5.1.1 no", r".*@gone\.example"),
    )
    _min_replicas(rig, "2")
    try:
        rig.feed(3, "retry.example")
        rig.feed(3, "gone.example")
        rig.feed(20)
        rig.until(lambda: instance.metric("kafka_delivery_failures_total") >= 1, "a write fails", 40)
        failures = int(instance.metric("kafka_delivery_failures_total"))
        assert instance.metric("email_dlq_total") == 0
    finally:
        lifted = time.monotonic()
        _min_replicas(rig, "1")
    return Injected(failures, lifted=lifted)


def _min_replicas(rig: Rig, count: str) -> None:
    admin = AdminClient({"bootstrap.servers": rig.broker.address})
    entry = ConfigEntry("min.insync.replicas", count, incremental_operation=AlterConfigOpType.SET)
    resources = [
        ConfigResource(ResourceType.TOPIC, name, incremental_configs=[entry])
        for name in ("email_requests_retry", "email_dlq")
    ]
    for answer in admin.incremental_alter_configs(resources).values():
        answer.result()
