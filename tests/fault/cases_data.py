"""Faults of what is in the messages, and of the registry that explains them."""

from __future__ import annotations

import random
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from eccs_contracts import EmailRequest, EmailRetry, RetryMetadata
from eccs_contracts.delivery import Disposition
from eccs_contracts.serde import ContractSerializer, Registry
from services.local_stack import Fault
from tests.fault.case import Injected, fault
from tests.fault.rig import Rig, pause

_POISON: tuple[bytes | None, ...] = (
    None,
    b"",
    b"\x00",
    b"\x00\x00\x00\x00",
    b"\x00\x00\x00\x00\x01",
    b"\x00\x00\x00\x00\x01\x48",
    b"\x00\x00\x00\x00\x01" + b"\xff" * 40,
    b"\x01" + b"\x00" * 16,
    b"\x01" + b"\xab" * 30,
    b"\x05\x00\x00\x00\x01abc",
    b"\xff\xfe\x00garbage",
    b"{",
    b"{}",
    b'{"id": "\xff"}',
    b'{"id": 7}',
    b"[1]",
    b"null",
    b"plain text",
    b"\x00" * 5000,
)


@fault("4", "Registry down, silent, and answering 500")
def registry_away(rig: Rig) -> Injected:
    """Known schemas decode on; what is unknown waits, and nothing is dead."""
    known = rig.start()
    rig.feed(12)
    rig.until(lambda: len(rig.sink.messages) == 12, "the ids are known")
    rig.registry.down()
    rig.feed(12)
    rig.until(lambda: len(rig.sink.messages) == 24, "known ids decode without a registry")
    known.end()
    rig.registry.up()
    fresh = rig.start()
    rig.registry.stall()
    rig.registry.reset_all()
    rig.feed(12)
    rig.until(lambda: len(rig.sink.messages) == 28, "JSON needs no registry")
    pause(3)
    assert (len(rig.sink.messages), fresh.metric("email_dlq_total")) == (28, 0)
    with _broken_server() as (port, hits):
        registry = rig.registry.aim("127.0.0.1", port)
        rig.registry.resume()
        rig.registry.reset_all()
        rig.until(lambda: len(hits) >= 8, "the registry answers 500")
        assert (len(rig.sink.messages), fresh.metric("email_dlq_total")) == (28, 0)
        lifted = time.monotonic()
        rig.registry.aim(*registry)
        rig.registry.reset_all()
    note = f"12 of known ids went on; 8 of unknown ids waited through {len(hits)} answers of 500, 0 dead"
    return Injected(2 + len(hits), note=note, lifted=lifted)


@contextmanager
def _broken_server() -> Iterator[tuple[int, list[str]]]:
    """A registry that answers 500 to everything: its port, and what it was asked."""
    hits: list[str] = []

    class Broken(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            hits.append(self.path)
            self.send_error(500)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the name of the base class
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Broken)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield server.server_address[1], hits
    finally:
        server.shutdown()
        server.server_close()


@fault("5", "Unknown schema id")
def unknown_schema(rig: Rig) -> Injected:
    """A few short looks, then the DLQ; neighbours are not held up."""
    rig.start()
    for number in range(3):
        rig.put(b"\x00\x7f\xff\xff" + bytes([number]) + b"data", f"unknown{number}")
    rig.feed(12)
    rig.until(lambda: len(rig.sink.messages) == 12, "the neighbours", 10)
    dead = sum(state == "dead" for state in rig.states().values())
    assert dead == 0, "no short retries were made"
    return Injected(3, note="12 neighbours arrived before the first was dead")


@fault("6", "Wrong magic, too short, empty, null, invalid UTF-8 and JSON, truncated Avro", fast=True)
def poison(rig: Rig) -> Injected:
    """Each is dead within one pass, byte for byte."""
    instance = rig.start(DLQ_MAX_PERCENT="100")
    chance = random.Random(6)
    fuzz = [bytes([chance.choice((0, 1, 5, 123)), *chance.randbytes(chance.randrange(1, 60))]) for _ in range(60)]
    for number, value in enumerate((*_POISON, *fuzz)):
        rig.put(value, f"poison{number}", headers=[("producer", b"x")])
    rig.feed(12)
    count = len(_POISON) + len(fuzz)
    rig.until(lambda: instance.metric("email_dlq_total") == count, "all are dead")
    return Injected(count, note="bytes identical, 60 of them random")


@fault("7", "Forged and oversized headers, and a due time in the year 3000")
def forged(rig: Rig) -> Injected:
    """Headers of the main topic are no retry state; a due time is believed for two longest delays at most."""
    rig.start()
    forgeries = [
        [("x-retry-count", b"-1"), ("x-scheduled-retry-time", b"32503680000000")],
        [("x-retry-count", b"255")] * 50,
        [("x-retry-count", b"9" * 9), ("x-redrive-count", b"99999999999")],
        [("x-original-topic", b"\xff" * 2000), ("traceparent", b"nonsense")],
        [("pad", b"x" * 60_000)],
    ]
    for number in range(20):
        request = _request(f"forged{number}@{'retry' if number % 2 else 'ok'}.example")
        headers = forgeries[number % len(forgeries)]
        _produce(rig, request, headers)
    rig.sink.script(Fault("RCPT", "450 4.2.0 not now", r".*@retry\.example", first=1))
    began = time.monotonic()
    ids = rig.feed(4, "late.example")
    rig.until(lambda: all(rig.states().get(one) == "sent" for one in ids), "the first delivery")
    far = _far_retries(rig, 4)
    rig.until(lambda: all(rig.states().get(one) == "sent" for one in far), "due in the year 3000", 15)
    return Injected(24, note=f"4 due in the year 3000 went out within {time.monotonic() - began:.0f} s")


def _request(to: str) -> EmailRequest:
    return EmailRequest(id=uuid.uuid4(), to=to, subject="s", body="b", user_id="u", timestamp=datetime.now(UTC))


def _produce(rig: Rig, request: EmailRequest, headers: list[tuple[str, bytes]]) -> None:
    answer = rig.put(rig.serialize(request), str(request.id), headers=headers)
    place = answer.result(30)
    rig.fed.ids[place.topic, place.partition, place.offset] = str(request.id)


def _far_retries(rig: Rig, count: int) -> list[str]:
    """Retries that nobody of ours wrote: attempts and due times beyond all bounds."""
    serialize = ContractSerializer(Registry.from_env(rig.direct), EmailRetry, subject=EmailRetry.SUBJECT)
    ids = []
    for number in range(count):
        request = _request(f"far{number}@ok.example")
        metadata = RetryMetadata(
            attempt=[1, 255, 2, 100][number],
            previous_error="forged",
            scheduled_at=datetime(3000, 1, 1, tzinfo=UTC),
            backoff_delay_ms=10**12,
            original_topic="nowhere",
        )
        fields = {name: getattr(request, name) for name in EmailRequest.__slots__}
        value = serialize(EmailRetry(**fields, retry=metadata))
        rig.put(value, str(request.id), topic=EmailRetry.TOPIC).result(30)
        ids.append(str(request.id))
    return ids


@fault("8", "Messages at the size limit, with large headers")
def oversized(rig: Rig) -> Injected:
    """They are retried and buried like any other: retry and dead letter fit."""
    instance = rig.start()
    rig.sink.script(
        Fault("RCPT", "450 4.2.0 not now", r".*@retry\.example", first=1),
        Fault("RCPT", "550 5.1.1 no", r".*@gone\.example"),
    )
    for name in ("retry", "gone", "ok"):
        for number in range(3):
            request = replace(_request(f"big{number}@{name}.example"), body="x" * 1_000_000)
            _produce(rig, request, [("pad", b"x" * 12_000)] * 3)
    rig.until(lambda: len(rig.sink.messages) == 6, "six arrive", 60)
    rig.until(lambda: instance.metric("email_dlq_total") == 3, "three are dead")
    return Injected(9, note="1 MB bodies with 36 kB of headers")


@fault("24", "Duplicate delivery of the request, of the retry, and of both", fast=True)
def delivered_twice(rig: Rig) -> Injected:
    """The ledger takes each once; hits = what was injected."""
    instance = rig.start()
    rig.sink.script(Fault("RCPT", "450 4.2.0 not now", r".*@retry\.example", first=1))
    rig.feed(20)
    rig.feed(10, "retry.example")
    places = list(rig.fed.ids)
    for place in places:
        rig.again(place)
    rig.until(lambda: len(rig.sink.messages) == 30, "all arrive")
    retries = rig.copy_retries()
    rig.until(lambda: instance.metric("email_dedup_hits_total") >= len(places) + retries, "all copies are dropped", 20)
    pause(0.5)
    assert instance.metric("email_dedup_hits_total") == len(places) + retries
    return Injected(len(places) + retries, note=f"dedup_hits = {len(places)} requests + {retries} retries")


@fault("27", "Nothing but refusals: the server answers 550 to everybody")
def flood(rig: Rig) -> Injected:
    """The guard stops the dead letters for a while and says so; nothing is lost meanwhile."""
    instance = rig.start(DLQ_WINDOW="40", DLQ_PAUSE="1500")
    rig.sink.script(Fault("RCPT", "550 5.1.1 no"))
    rig.feed(100)
    rig.until(lambda: instance.metric("email_dlq_guard_trips_total") >= 1, "the guard trips")
    seen = instance.metric("email_dlq_total")
    assert seen < 100, "all are dead before the guard says anything"
    rig.until(lambda: instance.metric("email_dlq_total") == 100, "it goes on by itself", 60)
    trips = int(instance.metric("email_dlq_guard_trips_total"))
    return Injected(trips, note=f"stopped after {seen:.0f} of 100, {trips} times")


@fault("28", "Redrive: nothing asked, wrong filter, killed in the middle, run again, target still broken")
def redriven(rig: Rig) -> Injected:
    """The operator's own tool: a run that was killed is continued, and what can be sent is sent once."""
    instance = rig.start()
    rig.sink.script(Fault("RCPT", "550 5.1.1 no", r".*@(gone|fixed)\.example"))
    rig.feed(30, "fixed.example")
    rig.feed(5, "gone.example")
    rig.until(lambda: instance.metric("email_dlq_total") == 35, "all are dead")
    rig.sink.script(Fault("RCPT", "550 5.1.1 no", r".*@gone\.example"))
    since = ("--since", rig.fed.began.isoformat(timespec="seconds"))
    assert _redrive(rig, *since).wait(60) == 0
    assert _redrive(rig, *since, "--reason", "no such reason", "--yes").wait(60) == 0
    pause(1)
    assert len(rig.sink.messages) == 0, "a dry run or a wrong filter has sent something"
    killed = _redrive(rig, *since, "--rate", "10", "--yes")
    rig.until(lambda: len(rig.sink.messages) >= 5, "the run is under way")
    killed.kill()
    killed.wait()
    pause(1)
    before = len(rig.sink.messages)
    assert before < 30, "it was over before it was killed"
    assert _redrive(rig, *since, "--rate", "100", "--yes").wait(60) in (0, 1)
    rig.until(lambda: len(rig.sink.messages) == 30, "those that can be sent are")
    rig.until(lambda: instance.metric("email_dlq_total") >= 40, "the others are dead again")
    return Injected(1, note=f"killed after {before} of 30; each sent once, 5 dead again")


def _redrive(rig: Rig, *arguments: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "eccs_contracts", "dlq", "redrive", *arguments]
    return subprocess.Popen(command, env=rig.environment(), stdout=subprocess.DEVNULL)


@fault("-", "Expired while it waited for its retry", fast=True)
def expired(rig: Rig) -> Injected:
    """It is not sent after its `expiresAt`, whatever attempt it is at."""
    instance = rig.start(BASE_RETRY_DELAY="1000")
    rig.sink.script(Fault("RCPT", "450 4.2.0 not now", r".*@late\.example", first=1))
    rig.feed(5, "late.example", expires_at=datetime.now(UTC) + timedelta(seconds=0.8))
    rig.until(lambda: instance.metric("email_dlq_total", disposition=str(Disposition.EXPIRED)) == 5, "five expire")
    return Injected(5)
