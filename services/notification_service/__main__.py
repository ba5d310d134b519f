"""`python -m services.notification_service`: run until SIGTERM.

Exit codes: 0 stopped and drained, 2 stopped before all was finished, or usage, 3 a dependency does not answer.
"""

from __future__ import annotations

import asyncio
import logging
import signal
import sys
import threading
import time
from pathlib import Path

from confluent_kafka import Consumer

from eccs_contracts import EmailDlq, EmailRequest, EmailRetry
from eccs_contracts.clients import CONSUMER_SETTINGS, RawProducer
from eccs_contracts.errors import ConfigurationError, InfrastructureError
from eccs_contracts.serde import ContractDeserializer, ContractSerializer, Registry
from services.notification_service.engine import Engine
from services.notification_service.http import HealthServer
from services.notification_service.ledger import Ledger
from services.notification_service.logs import log
from services.notification_service.mail import Composer
from services.notification_service.message import Decoder
from services.notification_service.metrics import Metrics
from services.notification_service.settings import Settings, load_settings
from services.notification_service.smtp import SmtpPool
from services.notification_service.worker import Outbox, Worker

_LARGEST = 4_194_304  # bytes: as the topic of dead letters takes them
_STUCK = 60.0  # seconds without a turn of the engine
_TEMPLATES = Path(__file__).with_name("templates")


def main() -> int:
    """Run the service; the exit code."""
    try:
        settings = load_settings()
    except ConfigurationError as error:
        print(f"notification-service: {error}", file=sys.stderr)
        return 2
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="delivery", daemon=True)
    thread.start()
    try:
        return _serve(settings, loop)
    except (InfrastructureError, OSError) as error:
        print(f"notification-service: {error}", file=sys.stderr)
        return 3
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def _serve(settings: Settings, loop: asyncio.AbstractEventLoop) -> int:
    registry = Registry.from_env()
    producer = RawProducer({"message.max.bytes": _LARGEST, **settings.kafka})
    ledger, smtp = asyncio.run_coroutine_threadsafe(_open(settings), loop).result()
    try:
        _check(settings, registry, producer, loop, ledger, smtp)
        engine = _engine(settings, registry, producer, loop, ledger, smtp)
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: engine.stop())
        with HealthServer(
            (settings.http_host, settings.http_port),
            engine.metrics.registry,
            live=lambda: _stuck(engine),
            ready=lambda: _unready(engine, ledger, loop),
        ) as server:
            log("info", "started", instance=settings.instance, http_port=server.port)
            drained = engine.run([EmailRequest.TOPIC, EmailRetry.TOPIC])
        producer.flush(10)
        log("info", "stopped", drained=drained)
        return 0 if drained else 2
    finally:
        asyncio.run_coroutine_threadsafe(_close(ledger, smtp), loop).result(10)
        producer.stop()


async def _open(settings: Settings) -> tuple[Ledger, SmtpPool]:
    """Both belong to the loop that they are made on."""
    return Ledger(settings.mongodb_uri, settings.instance, settings.claim_lease), SmtpPool(settings.smtp)


async def _close(ledger: Ledger, smtp: SmtpPool) -> None:
    await smtp.close()
    await ledger.close()


def _check(
    settings: Settings,
    registry: Registry,
    producer: RawProducer,
    loop: asyncio.AbstractEventLoop,
    ledger: Ledger,
    smtp: SmtpPool,
) -> None:
    """See every dependency answer, within the time that the settings give.

    Raises:
        InfrastructureError: one does not; names its address and the variable to set.
    """
    deadline = time.monotonic() + settings.startup_timeout
    producer.check(settings.startup_timeout)
    while True:
        try:
            registry.check()
            asyncio.run_coroutine_threadsafe(ledger.prepare(), loop).result()
            asyncio.run_coroutine_threadsafe(smtp.check(), loop).result()
        except InfrastructureError:
            if time.monotonic() > deadline:
                raise
        else:
            return
        threading.Event().wait(0.5)


def _engine(
    settings: Settings,
    registry: Registry,
    producer: RawProducer,
    loop: asyncio.AbstractEventLoop,
    ledger: Ledger,
    smtp: SmtpPool,
) -> Engine:
    decoder = Decoder(
        ContractDeserializer(registry, EmailRequest),
        ContractDeserializer(registry, EmailRetry),
        EmailRetry.TOPIC,
        settings.policy,
    )
    worker = Worker(
        ledger,
        smtp,
        asyncio.Semaphore(settings.smtp.sessions),
        Composer(settings.smtp.sender, _TEMPLATES),
        Outbox(
            producer,
            ContractSerializer(registry, EmailRetry, subject=EmailRetry.SUBJECT),
            ContractSerializer(registry, EmailDlq, subject=EmailDlq.SUBJECT),
        ),
        settings.policy,
        Metrics(),
        (settings.group_id, settings.instance),
    )
    config = {
        **CONSUMER_SETTINGS,
        **settings.kafka,
        "group.id": settings.group_id,
        "fetch.wait.max.ms": 50,
        "session.timeout.ms": 10_000,  # after a crash the partitions are somebody else's this soon
    }
    consumer = Consumer(config, logger=logging.getLogger("librdkafka"))
    return Engine(consumer, decoder, worker, loop, settings)


def _stuck(engine: Engine) -> str | None:
    idle = time.monotonic() - engine.ticked
    return f"the engine has not turned for {idle:.0f} s" if idle > _STUCK else None


def _unready(engine: Engine, ledger: Ledger, loop: asyncio.AbstractEventLoop) -> str | None:
    if not engine.ready:
        return "no partitions are assigned, or the service is stopping"
    try:
        asyncio.run_coroutine_threadsafe(ledger.check(), loop).result(3)
    except (InfrastructureError, TimeoutError) as error:
        return str(error) or "MongoDB does not answer"
    return None


if __name__ == "__main__":
    sys.exit(main())
