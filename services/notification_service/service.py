"""All parts of the service, put together: who makes what, and in which order it ends."""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections.abc import Coroutine, Mapping
from contextlib import suppress
from datetime import timedelta
from typing import Any, TypeVar

from confluent_kafka import Consumer, KafkaError, TopicPartition

from eccs_contracts import EmailDlq, EmailRequest, EmailRetry
from eccs_contracts.clients import CONSUMER_SETTINGS, RawProducer, made
from eccs_contracts.delivery import FloodGuard
from eccs_contracts.errors import InfrastructureError
from eccs_contracts.serde import ContractDeserializer, ContractSerializer, Registry
from services.notification_service.clock import Clock
from services.notification_service.engine import BrokerSide, Engine
from services.notification_service.gates import Gates
from services.notification_service.lag import LagWatch
from services.notification_service.ledger import Ledger
from services.notification_service.logs import log
from services.notification_service.lookout import Reach
from services.notification_service.mail import Composer
from services.notification_service.message import Decoder
from services.notification_service.metrics import Metrics
from services.notification_service.outbox import Outbox
from services.notification_service.payloads import Payloads
from services.notification_service.settings import EngineSettings, Settings
from services.notification_service.smtp import SmtpPool
from services.notification_service.tracing import load_tracing
from services.notification_service.unknown_fields import UnknownFields
from services.notification_service.watch import DependencyWatch
from services.notification_service.worker import Terms, Worker
from services.startup import await_dependencies

T = TypeVar("T")

_LARGEST = 4_194_304  # bytes: as the topic of dead letters takes them
_TOPICS = [EmailRequest.TOPIC, EmailRetry.TOPIC]
_PRODUCER_TIMEOUT = 10_000  # ms: a drain must not wait longer for a broker that is away
_OUTBOX_PATIENCE = 10.0  # seconds of failing writes until the service says that it is not ready
_CLOCKS_AGREE = 1.0  # seconds
_RENEW_EVERY = 600.0  # seconds between two consumers at least
_CLOSING = 5.0  # seconds


class Service:
    """Made once; `run` until `stop`, then `close`."""

    def __init__(self, settings: Settings) -> None:
        """Make all parts; nothing is connected yet.

        Raises:
            ConfigurationError: a setting is missing or cannot be followed.
        """
        self._settings = settings
        self.metrics = Metrics()
        self._unknown = UnknownFields(self.metrics.unknown_fields, log, settings.reject_unknown)
        self._clock = Clock()
        self._tracing = load_tracing(os.environ)
        self._registry = Registry.from_env()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="delivery", daemon=True)
        self._thread.start()
        self._outbox = self._make_outbox()
        self._ledger, self._smtp = self._on_loop(self._connections())
        flood = settings.flood
        guard = FloodGuard(flood.window, flood.ratio, timedelta(seconds=flood.pause))
        worker = Worker(
            ledger=self._ledger,
            smtp=self._smtp,
            slots=asyncio.Semaphore(settings.smtp.in_doubt),
            composer=Composer(settings.smtp.sender, settings.templates),
            outbox=self._outbox,
            gates=Gates(self._smtp.breaker, guard, self._clock.now),
            terms=Terms(settings.policy, settings.ledger.ambiguous, (settings.engine.group_id, settings.instance)),
            clock=self._clock,
            metrics=self.metrics,
            tracing=self._tracing,
        )
        self._lag = LagWatch(settings.kafka, settings.engine.group_id, _TOPICS, self.metrics)
        self._worker = worker
        self._stopping, self._renewable = threading.Event(), 0.0
        self._engine = self._make_engine()
        self._watch = DependencyWatch(
            {
                "kafka": lambda: self._outbox.check(3),
                "registry": self._registry.check,
                "mongodb": lambda: self._on_loop(self._ledger.check(), 3),
            },
            self.metrics.dependency,
        )
        self._keeping = asyncio.run_coroutine_threadsafe(self._ledger.keep_alive(), self._loop)

    def check(self) -> None:
        """See every dependency answer, all of them before one deadline: `startup_timeout` seconds from now.

        Raises:
            InfrastructureError: one does not; names its address and the variable to set.
        """
        checks = {
            "the Kafka broker (KAFKA_BOOTSTRAP_SERVERS)": self._outbox.check,
            "the schema registry (SCHEMA_REGISTRY_URL)": lambda _: self._registry.check(),
            "MongoDB (MONGODB_URI)": self._prepare_ledger,
            "the SMTP server (SMTP_HOST, SMTP_PORT)": lambda left: self._on_loop(self._smtp.check(left)),
        }
        await_dependencies(checks, self._settings.startup_timeout)

    def _prepare_ledger(self, _: float) -> None:
        self._on_loop(self._ledger.prepare())
        self._align()

    def _align(self) -> None:
        ahead = self._on_loop(self._ledger.align())
        if abs(ahead) > _CLOCKS_AGREE:
            log("warning", "clock", behind_the_database=round(ahead, 1))

    def run(self) -> bool:
        """Work until stopped, with another consumer where one starves; whether all that was begun is finished."""
        self._lag.start()
        self._watch.start()
        try:
            while True:
                drained = self._engine.run(_TOPICS)
                starved = self._engine.lookout.starved()
                if self._stopping.is_set() or starved is None:
                    return drained
                log("warning", "starved", topic=starved[0], partition=starved[1])
                self.metrics.renewed.inc()
                self._renewable = time.monotonic() + _RENEW_EVERY
                self._engine = self._make_engine()
                if self._stopping.is_set():
                    self._engine.stop()
        finally:
            self._watch.stop()
            self._lag.stop()

    def stop(self) -> bool:
        """Ask it to finish; True where it was asked before, and now shall not wait."""
        self._stopping.set()
        return self._engine.stop()

    def close(self) -> None:
        """Close what is open, each within seconds."""
        self._keeping.cancel()
        with suppress(TimeoutError):
            asyncio.run_coroutine_threadsafe(self._end(), self._loop).result(_CLOSING)
        self._outbox.stop()
        self._tracing.close()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(_CLOSING)

    def stuck(self) -> str | None:
        """What makes no progress; None where all does. It asks no dependency: a restart would heal none."""
        ttl, now = self._settings.live_ttl, time.monotonic()
        if not self._thread.is_alive():
            return "the delivery thread has ended"
        for name, beat in (("engine", self._engine.ticked), ("delivery loop", self._engine.loop_beat)):
            if now - beat > ttl:
                return f"the {name} has not turned for {now - beat:.0f} s"
        return self._engine.lookout.stuck

    def unready(self) -> str | None:
        """Why no messages are taken or finished; None where they are."""
        if not self._engine.ready:
            return "it is not a member of the group, or is stopping"
        if self._lag.missing is not None:
            return f"the topic {self._lag.missing} does not exist"
        if self._outbox.failing_for > _OUTBOX_PATIENCE:
            return f"the broker has confirmed nothing for {self._outbox.failing_for:.0f} s"
        try:
            self._on_loop(self._ledger.check(), 3)
        except (InfrastructureError, TimeoutError) as error:
            return str(error) or "MongoDB does not answer"
        return None

    def _committed(self, error: KafkaError | None, partitions: list[TopicPartition]) -> None:
        self._engine.commits.answered(error, partitions)

    def _heard(self, statistics: str) -> None:
        self._engine.lookout.heard(statistics)

    async def _connections(self) -> tuple[Ledger, SmtpPool]:
        """Both belong to the loop that they are made on."""
        ledger = Ledger(self._settings.ledger, self._settings.instance, self._clock, self.metrics)
        return ledger, SmtpPool(self._settings.smtp, self._clock, self.metrics)

    async def _end(self) -> None:
        await self._smtp.close()
        await self._ledger.close()

    def _on_loop(self, work: Coroutine[Any, Any, T], timeout: float | None = None) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout)

    def _make_engine(self) -> Engine:
        settings = self._settings
        config = consumer_config(settings.kafka, settings.engine, settings.instance)
        config |= {"stats_cb": self._heard, "on_commit": self._committed}
        consumer = made(Consumer, config)
        broker = BrokerSide(Payloads(settings.kafka, settings.engine.group_id), self._reach, self._lag.begun)
        return Engine(consumer, self._decoder(), self._worker, self._loop, settings.engine, broker)

    def _reach(self) -> Mapping[tuple[str, int], Reach]:
        """Nothing for a while after a consumer was renewed: another one so soon would help as little."""
        return self._lag.reach if time.monotonic() > self._renewable else {}

    def _make_outbox(self) -> Outbox:
        config = {
            "message.max.bytes": _LARGEST,
            "delivery.timeout.ms": _PRODUCER_TIMEOUT,
            "queue.buffering.max.messages": self._settings.producer_queue,
            "topic.metadata.refresh.interval.ms": 10_000,
            **self._settings.kafka,
        }
        return Outbox(
            RawProducer(config),
            ContractSerializer(self._registry, EmailRetry, subject=EmailRetry.SUBJECT),
            ContractSerializer(self._registry, EmailDlq, subject=EmailDlq.SUBJECT),
            self.metrics,
        )

    def _decoder(self) -> Decoder:
        longest = max(self._settings.policy.max_delay_ms * 2, self._settings.smtp.greylist_delay_ms)
        return Decoder(
            ContractDeserializer(self._registry, EmailRequest),
            ContractDeserializer(self._registry, EmailRetry),
            EmailRetry.TOPIC,
            self._settings.policy,
            timedelta(milliseconds=longest),
            self._unknown,
        )


def consumer_config(kafka: Any, engine: EngineSettings, instance: str) -> dict[str, Any]:
    """Librdkafka's settings for the consumer."""
    classic = {
        "partition.assignment.strategy": engine.assignment,
        "session.timeout.ms": round(engine.session_timeout * 1000),  # after a crash, somebody else's this soon
        "heartbeat.interval.ms": round(engine.session_timeout * 1000 / 3),
    }
    protocol = classic if engine.group_protocol == "classic" else {"group.protocol": "consumer"}
    return {
        **CONSUMER_SETTINGS,
        "client.id": instance,
        "group.id": engine.group_id,
        "max.poll.interval.ms": round(engine.max_poll_interval * 1000),
        "fetch.wait.max.ms": 100,
        "fetch.error.backoff.ms": 100,
        "queued.max.messages.kbytes": 16_384,  # a pause throws away what was prefetched
        "topic.metadata.refresh.interval.ms": 10_000,  # a topic that was made again is found this soon
        "socket.timeout.ms": 15_000,  # a commit to a broker that stands still does not stop the engine for long
        "statistics.interval.ms": 5_000,
        **protocol,
        **kafka,
    }
