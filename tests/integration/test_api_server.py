"""The service as a process, over sockets: what only shows there. And its client against it."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import uuid
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from eccs_contracts import AsyncEmailRequestsProducer, EmailRequest, EmailRequestsConsumer
from eccs_contracts.email_api import AsyncEmailApi, Email, EmailApi, Filter, InvalidRequest, NotAuthenticated, NotFound
from eccs_contracts.serde import Registry
from eccs_contracts.settings import kafka_config
from services.email_service.models import SEND_REQUEST
from services.email_service.publish import Publisher
from services.email_service.sending import valid_request_of
from services.local_stack import Stack
from services.local_stack.processes import Patience, free_ports
from tests.integration.api_harness import GOOD, SECRET, running_api, token

pytestmark = pytest.mark.stack
_URL = "/api/emails/send"


@dataclass(frozen=True, slots=True)
class Running:
    """A service and the process that it is."""

    url: str
    port: int
    process: subprocess.Popen[str]


@contextmanager
def _service(env: Mapping[str, str], before: str = ":", **settings: str) -> Iterator[Running]:
    """The service, after a command of the shell, with its standard error in a pipe; killed if it still runs."""
    [port] = free_ports(1)
    known = {**os.environ, **env, "JWT_SECRET": SECRET, "HTTP_PORT": str(port), **settings}
    command = ["sh", "-c", f'{before}; exec "$0" -m services.email_service', sys.executable]
    with subprocess.Popen(command, env=known, stderr=subprocess.PIPE, text=True) as process:
        running = Running(f"http://127.0.0.1:{port}", port, process)
        try:
            assert Patience(30, threading.Event()).until(lambda: _answers(running.url))
            yield running
        finally:
            process.kill()


def _answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/health", timeout=5).is_success
    except httpx.HTTPError:
        return False


@pytest.fixture(scope="module")
def service(stack: Stack) -> Iterator[Running]:
    """One for the tests that do not end it."""
    with _service(stack.environment, LOG_LEVEL="error", MAX_BODY="20000", BODY_TIMEOUT="500") as running:
        yield running


def _raw(port: int, head: str, body: bytes = b"") -> bytes:
    """Whatever comes back for these bytes, until the other side closes or answers."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(head.encode() + body)
        return connection.recv(65536)


def _head(*lines: str) -> str:
    auth = f"Authorization: {token()['Authorization']}"
    return "\r\n".join([f"POST {_URL} HTTP/1.1", "Host: x", auth, "Content-Type: application/json", *lines, "", ""])


def test_a_length_that_is_too_large_is_refused_before_the_body_comes(service: Running) -> None:
    """Nothing of it was sent."""
    answer = _raw(service.port, _head("Content-Length: 20001"))

    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"connection: close" in answer.lower()


def test_a_body_of_unknown_length_is_read_no_further_than_the_limit(service: Running) -> None:
    """It never ends; the answer comes all the same."""
    answer = _raw(service.port, _head("Transfer-Encoding: chunked"), b"5000\r\n" + b" " * 0x5000)

    assert answer.startswith(b"HTTP/1.1 413 ")


def test_a_body_of_unknown_length_that_is_small_is_taken(service: Running) -> None:
    """In pieces."""
    body = json.dumps(GOOD).encode()
    pieces = (body[start : start + 7] for start in range(0, len(body), 7))

    answer = httpx.post(f"{service.url}{_URL}", content=pieces, headers={**token(), "Content-Type": "application/json"})

    assert answer.status_code == 202


def test_a_body_that_does_not_come_is_408(service: Running) -> None:
    """After BODY_TIMEOUT."""
    assert _raw(service.port, _head("Content-Length: 100"), b"{").startswith(b"HTTP/1.1 408 ")


def test_a_head_without_end_is_refused(service: Running) -> None:
    """Memory is bounded there, too."""
    assert _raw(service.port, "GET /health HTTP/1.1\r\n", b"X: " + b"y" * 200_000).startswith(b"HTTP/1.1 431 ")


def test_idle_connections_keep_nobody_out_and_fill_no_log(stack: Stack) -> None:
    """More than the process may open files; a library's complaints about it were 400,000 lines."""
    with _service(stack.environment, "ulimit -n 300", LOG_LEVEL="warning") as running, ExitStack() as held:
        for _ in range(600):
            connection = held.enter_context(socket.create_connection(("127.0.0.1", running.port), timeout=10))
            connection.sendall(b"G")
        statuses = [httpx.get(f"{running.url}/health", timeout=10).status_code for _ in range(20)]
        running.process.send_signal(signal.SIGTERM)
        assert running.process.stderr is not None
        lines = running.process.stderr.read().splitlines()

    assert statuses == [200] * 20
    assert len(lines) < 20


def test_without_a_token_the_body_is_not_waited_for(service: Running) -> None:
    """401 comes first."""
    head = f"POST {_URL} HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n"

    assert _raw(service.port, head).startswith(b"HTTP/1.1 401 ")


def test_other_sites_scripts_get_no_leave(service: Running) -> None:
    """No CORS header unless configured."""
    answer = httpx.get(f"{service.url}/health", headers={"Origin": "https://evil.example"})

    assert not [name for name in answer.headers if name.startswith("access-control")]


def test_a_configured_site_gets_leave(stack: Stack) -> None:
    """And no other."""
    with running_api(stack.environment, CORS_ORIGINS="https://app.example") as api:
        ours, other = (
            api.get("/health", {"Origin": origin}) for origin in ("https://app.example", "https://evil.example")
        )

    assert ours.headers["access-control-allow-origin"] == "https://app.example"
    assert "access-control-allow-origin" not in other.headers


def test_whoever_sends_too_much_is_told_when_to_come_again(stack: Stack) -> None:
    """An e-mail of a batch counts as much as one alone; others are not concerned."""
    with running_api(stack.environment, RATE_LIMIT="1", RATE_BURST="4", MAX_BATCH="4") as api:
        statuses = [api.batch([GOOD] * 3).status_code, api.send(GOOD).status_code]
        refused = api.send(GOOD)
        other = api.send(GOOD, token(sub="u2"))

    assert (statuses, other.status_code) == ([202, 202], 202)
    assert (refused.status_code, int(refused.headers["retry-after"]) >= 1) == (429, True)


def test_without_the_broker_sending_is_503_and_readiness_says_why(stack: Stack) -> None:
    """Nothing is lost: nothing was taken."""
    away = {**stack.environment, "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:9"}
    with running_api(away, PRODUCE_TIMEOUT="300") as api:
        sent, batch, ready = api.send(GOOD), api.batch([GOOD, {}]), api.get("/readyz")
        metrics = api.get("/metrics").text

    assert [answer.status_code for answer in (sent, batch, ready)] == [503, 503, 503]
    assert (sent.headers["retry-after"], "broker" in ready.json()["detail"]) == ("5", True)
    assert 'dependency_up{dependency="kafka"} 0.0' in metrics
    assert 'dependency_up{dependency="mongodb"} 1.0' in metrics


def test_an_error_of_ours_is_500_without_what_it_was(stack: Stack, capsys: pytest.CaptureFixture[str]) -> None:
    """The log has the place, under the id that the caller got."""
    with running_api(stack.environment) as api:

        @api.app.get("/broken")
        async def broken() -> None:
            raise RuntimeError(GOOD["to"])

        answer = api.get("/broken", {"X-Request-Id": "abc"})
    line = json.loads(capsys.readouterr().err.splitlines()[-1])

    assert (answer.status_code, answer.json()["instance"]) == (500, "urn:eccs:request:abc")
    assert (line["event"], line["request"], line["error"]) == ("failed", "abc", "RuntimeError")
    assert GOOD["to"] not in answer.text + str(line)


def test_a_message_is_what_was_asked_for_and_carries_the_trace(service: Running, stack: Stack) -> None:
    """Read back by the typed consumer, at the place where it lies."""
    trace = f"00-{uuid.uuid4().hex}-00f067aa0ba902b7-01"
    body = SEND_REQUEST["examples"][0]
    answer = httpx.post(f"{service.url}{_URL}", json=body, headers={**token(), "traceparent": trace})

    with EmailRequestsConsumer.from_env(f"test-{uuid.uuid4()}", stack.environment) as consumer:
        found = next(one for one in consumer if dict(one.headers).get("x-email-id") == answer.json()["id"].encode())

    sent = found.value.to_json()
    assert {**{name: sent[name] for name in body}, "expiresAt": body["expiresAt"]} == body
    assert found.value.expires_at == datetime.fromisoformat(body["expiresAt"])
    assert dict(found.headers)["traceparent"] == trace.encode()
    assert found.value.user_id == "u1"


@pytest.mark.apache_kafka  # substitutes answer so fast that there is nothing to gather
def test_many_requests_share_a_produce_request(stack: Stack) -> None:
    """As librdkafka itself counts them."""
    seen: list[dict[str, Any]] = []
    config = {
        **kafka_config(stack.environment),
        "statistics.interval.ms": 50,
        "stats_cb": lambda text: seen.append(json.loads(text)),
        "linger.ms": 10,
    }
    requests = [valid_request_of(GOOD, "u1") for _ in range(600)]

    async def run(producer: AsyncEmailRequestsProducer) -> None:
        publisher = Publisher(producer)
        await asyncio.gather(*(publisher.publish(one, {}) for one in requests if isinstance(one, EmailRequest)))

    with AsyncEmailRequestsProducer(config, Registry.from_env(stack.environment)) as producer:
        asyncio.run(run(producer))
        # The publisher has taken over the producer's reports, statistics among them; it is done, so they are asked for.
        asked = Patience(10, threading.Event()).until(
            lambda: producer.poll() == 0 and bool(seen) and seen[-1]["txmsgs"] >= 600
        )
        assert asked

    produced = sum(broker["req"].get("Produce", 0) for broker in seen[-1]["brokers"].values())
    assert 0 < produced <= 600 / 10


def test_sigterm_ends_with_every_request_answered(stack: Stack) -> None:
    """Nothing is taken without its answer; the process says 0."""
    with _service(stack.environment, LOG_LEVEL="info", RATE_LIMIT="0") as running, ThreadPoolExecutor(8) as pool:
        statuses: list[int] = []
        enough = threading.Event()

        def send_until_closed() -> None:
            with httpx.Client(base_url=running.url, headers=token(sub="ada@example.com"), timeout=20) as client:
                while True:
                    try:
                        statuses.append(client.post(_URL, json=GOOD).status_code)
                    except httpx.TransportError:  # refused, or closed before the service had read a byte
                        return
                    if len(statuses) >= 60:
                        enough.set()

        futures = [pool.submit(send_until_closed) for _ in range(8)]
        assert enough.wait(60)
        running.process.send_signal(signal.SIGTERM)
        for future in futures:
            future.result(60)
        code = running.process.wait(30)
        assert running.process.stderr is not None
        lines = [json.loads(line) for line in running.process.stderr.read().splitlines()]

    assert (code, set(statuses)) == (0, {202})
    assert sum(line.get("path") == _URL and line["status"] == 202 for line in lines) == len(statuses)
    assert "example.com" not in str(lines)


def test_the_client_does_what_the_service_offers(service: Running) -> None:
    """Send, batch, repeat, and read what nobody has delivered."""
    email = Email(to="a@example.com", subject="Hello", body="Text", metadata={"a": "ü"})
    key, bad = str(uuid.uuid4()), Email(to="nobody", subject="", body="")
    with EmailApi(service.url, token(sub="client")["Authorization"].removeprefix("Bearer ")) as api:
        first, again = api.send(email, key=key), api.send(email, key=key)
        items = api.send_batch([email, bad])
        with pytest.raises(InvalidRequest, match="to: an e-mail address"):
            api.send_batch([bad])
        with pytest.raises(NotFound):
            api.status(first.id)
        listed, counted = list(api.emails(Filter(state="sent"))), api.stats()

    assert (first.id, first.replayed, again.replayed) == (again.id, False, True)
    assert [(item.status, bool(item.id)) for item in items] == [("accepted", True), ("invalid", False)]
    assert (listed, counted.total) == ([], 0)


def test_the_example_of_the_docs_runs(service: Running, capsys: pytest.CaptureFixture[str]) -> None:
    """As it is written, but for the address."""
    block = Path("docs/api.md").read_text("utf-8").partition("```python\n")[2].partition("```")[0]
    bearer = token(sub="docs")["Authorization"].removeprefix("Bearer ")

    code = compile(block.replace("http://127.0.0.1:3002", service.url), "docs/api.md", "exec")
    exec(code, {"token": bearer})  # noqa: S102  our own page

    assert capsys.readouterr().out.splitlines()[0].startswith("accepted ")


def test_the_asynchronous_client_does_the_same(service: Running) -> None:
    """Many at a time."""
    email = Email(to="a@example.com", subject="Hello", body="Text")

    async def run() -> tuple[int, int, int]:
        async with AsyncEmailApi(service.url, token(sub="client")["Authorization"].removeprefix("Bearer ")) as api:
            sent = await asyncio.gather(*(api.send(email) for _ in range(20)))
            items = await api.send_batch([email] * 3)
            listed = [one async for one in api.emails()]
            with pytest.raises(NotFound):
                await api.status(sent[0].id)
            total = (await api.stats()).total
        async with AsyncEmailApi(service.url, "x") as stranger:
            with pytest.raises(NotAuthenticated):
                await stranger.stats()
        return len({one.id for one in sent}), len(items), len(listed) + total

    assert asyncio.run(run()) == (20, 3, 0)
