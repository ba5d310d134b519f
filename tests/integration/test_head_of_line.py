"""One retry topic, delays that differ: who waits long holds nobody up."""

from __future__ import annotations

import os
import signal
import sys
import threading
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from eccs_contracts import EmailRequest, EmailRetry, RetryMetadata
from eccs_contracts.clients import RawProducer
from eccs_contracts.serde import ContractSerializer, Registry
from eccs_contracts.settings import kafka_config
from services.local_stack import SmtpSink, Stack
from services.local_stack.processes import Child, Patience, Server, run_server
from tests import places

pytestmark = [pytest.mark.stack]


def test_a_minute_ahead_of_a_second_in_one_partition(stack: Stack, sink: SmtpSink) -> None:
    """The second record is sent when it is due, the first is not, and nothing is committed past the first."""
    group, broker = f"head-{uuid.uuid4().hex[:8]}", stack.environment["KAFKA_BOOTSTRAP_SERVERS"]
    places.skip(broker, group, [EmailRequest.TOPIC, EmailRetry.TOPIC])
    with service(stack, group) as (child, _):
        late, soon = retry(60), retry(1)
        partition, first = produced(stack, late, soon)
        arrived = sink.wait_for(lambda each: len(each.messages) > 0, timeout=30)
        exit_code = stopped(child)

    assert arrived
    assert [mail.message_id for mail in sink.messages] == [f"<{soon.id}@eccs.example>"]
    assert 0 <= sink.messages[0].time - soon.retry.scheduled_at.timestamp() < 10
    assert exit_code == 0
    assert places.committed(broker, group, EmailRetry.TOPIC)[partition] == first


def retry(seconds: float) -> EmailRetry:
    """A first retry that is due in so many seconds."""
    now = datetime.now(UTC)
    due = now + timedelta(seconds=seconds)
    metadata = RetryMetadata(
        attempt=1,
        previous_error="RCPT: 451",
        scheduled_at=due.replace(microsecond=due.microsecond // 1000 * 1000),  # the schema has milliseconds
        backoff_delay_ms=round(seconds * 1000),
        original_topic=EmailRequest.TOPIC,
    )
    request = EmailRequest(id=uuid.uuid4(), to="a@head.example", subject="s", body="b", user_id="u", timestamp=now)
    return EmailRetry(**{name: getattr(request, name) for name in EmailRequest.__slots__}, retry=metadata)


def produced(stack: Stack, *retries: EmailRetry) -> tuple[int, int]:
    """The partition of all of them, in this order, and the offset of the first."""
    serialize = ContractSerializer(Registry.from_env(stack.environment), EmailRetry, subject=EmailRetry.SUBJECT)
    producer = RawProducer(kafka_config(stack.environment))
    answers = [producer.send(EmailRetry.TOPIC, serialize(one), key="one partition", headers=[]) for one in retries]
    found = [answer.result(20) for answer in answers]
    producer.close()
    assert [(one.partition, one.offset) for one in found] == [
        (found[0].partition, found[0].offset + number) for number in range(len(found))
    ]
    return found[0].partition, found[0].offset


@contextmanager
def service(stack: Stack, group: str, **settings: str) -> Iterator[tuple[Child, int]]:
    """The notification service as a process that has its partitions, and its port."""

    def answers(port: int) -> bool:
        try:
            return httpx.get(f"http://127.0.0.1:{port}/readyz", timeout=5).is_success
        except httpx.HTTPError:
            return False

    def command(_: Path, ports: Sequence[int]) -> list[str]:
        return ["env", f"HTTP_PORT={ports[0]}", sys.executable, "-m", "services.notification_service"]

    database = f"{stack.environment['MONGODB_URI'].rstrip('/')}/{group}"
    environment = {**os.environ, **stack.environment, "MONGODB_URI": database, "KAFKA_GROUP_ID": group, **settings}
    server = Server("notification_service", command, answers, environment=environment)
    child, port = run_server(server, Patience(45, threading.Event()))
    try:
        yield child, port
    finally:
        child.stop()


def stopped(child: Child) -> int | None:
    """SIGTERM, and the exit code."""
    os.kill(int((child.directory / "pid").read_text()), signal.SIGTERM)
    Patience(30, threading.Event()).until(lambda: child.exit_code() is not None)
    return child.exit_code()
