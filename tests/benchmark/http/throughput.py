"""Throughput: the service beside the same service whose produce does nothing, in one run, taking turns."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

import httpx

from services.local_stack.processes import Patience, Server, run_server
from tests.integration.api_harness import GOOD, SECRET, token, topic_end


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is measured."""

    connections: int = 64
    rounds: int = 10
    seconds: float = 2.0


@dataclass(slots=True)
class Result:
    """Microseconds a request, of the clock and of the server's processor time, and the rest of what was seen."""

    micros: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    p50: list[float] = field(default_factory=list)
    p99: list[float] = field(default_factory=list)
    accepted: int = 0
    other: int = 0


@dataclass(frozen=True, slots=True)
class Measured:
    """One run.

    Attributes:
        broker: which one it was.
        messages: that the topic has got meanwhile.
        load: the machine's load average before and after.
    """

    broker: str
    plan: Plan
    noop: Result
    real: Result
    messages: int
    load: tuple[float, float]


def measure(env: Mapping[str, str], plan: Plan, broker: str) -> Measured:
    """The service and its twin, whose produce is a no-op, in turns."""
    load = os.getloadavg()[0]
    settings = {**env, "JWT_SECRET": SECRET, "RATE_LIMIT": "0", "LOG_LEVEL": "warning"}
    with server(settings, "noop") as noop, server(settings) as real:
        results = {noop: Result(), real: Result()}
        before = topic_end(env)
        for port, result in results.items():  # warm
            _round(port, Plan(plan.connections, 1, 1.0), result)
        accepted = results[real].accepted
        results = {noop: Result(), real: Result(accepted=accepted)}
        for number in range(plan.rounds):
            # Each goes first as often as the other: what a round leaves behind hits both alike.
            for port in (noop, real) if number % 2 else (real, noop):
                _round(port, plan, results[port])
        messages = topic_end(env) - before
    return Measured(broker, plan, results[noop], results[real], messages, (load, os.getloadavg()[0]))


def _round(port: int, plan: Plan, result: Result) -> None:
    command = [sys.executable, "-m", "tests.benchmark.http.load", str(port), str(plan.connections), str(plan.seconds)]
    before = _processor_time(port)
    done = subprocess.run(command, input=_request(), capture_output=True, check=True, timeout=120)
    found = json.loads(done.stdout)
    answered = sum(found["statuses"].values())
    accepted = found["statuses"].get("202", 0)
    result.accepted += accepted
    result.other += answered - accepted
    result.micros.append(found["seconds"] / max(accepted, 1) * 1e6)
    result.cpu.append((_processor_time(port) - before) / max(accepted, 1) * 1e6)
    result.p50.append(found["p50"])
    result.p99.append(found["p99"])


def _processor_time(port: int) -> float:
    """Seconds that the server's threads have run, as it says itself."""
    text = httpx.get(f"http://127.0.0.1:{port}/metrics", timeout=10).text
    return float(next(line.split()[1] for line in text.splitlines() if line.startswith("process_cpu_seconds_total ")))


def _request() -> bytes:
    body = json.dumps({**GOOD, "body": "x" * 1000, "metadata": {"a": "1", "b": "2"}}).encode()
    head = [
        "POST /api/emails/send HTTP/1.1",
        "Host: 127.0.0.1",
        f"Authorization: {token(exp=4_000_000_000)['Authorization']}",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
    ]
    return "\r\n".join([*head, "", ""]).encode() + body


@contextmanager
def server(env: Mapping[str, str], *arguments: str) -> Iterator[int]:
    """The service as a process of its own, one worker; its port."""
    spec = Server(
        name="email_service",
        command=lambda _, ports: [
            *("env", f"HTTP_PORT={ports[0]}", sys.executable, "-m", "tests.benchmark.http.server"),
            *arguments,
        ],
        answers=_is_ready,
        environment=env,
    )
    child, port = run_server(spec, Patience(45, threading.Event()))
    try:
        yield port
    finally:
        child.stop()


def _is_ready(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/readyz", timeout=5).is_success
    except httpx.HTTPError:
        return False
