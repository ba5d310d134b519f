"""Throughput: the service beside the same service whose produce does nothing, in one run, taking turns."""

from __future__ import annotations

import json
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


def measure(env: Mapping[str, str], plan: Plan) -> tuple[Result, Result, int]:
    """The no-op, the real one, and how many messages the topic has got meanwhile."""
    settings = {**env, "JWT_SECRET": SECRET, "RATE_LIMIT": "0", "LOG_LEVEL": "warning"}
    with server(settings, "noop") as noop, server(settings) as real:
        results = {noop: Result(), real: Result()}
        before = topic_end(env)
        for port, result in results.items():  # warm
            _round(port, Plan(plan.connections, 1, 1.0), result)
        accepted = results[real].accepted
        results = {noop: Result(), real: Result(accepted=accepted)}
        for _ in range(plan.rounds):
            for port, result in results.items():
                _round(port, plan, result)
        return results[noop], results[real], topic_end(env) - before


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


def table(noop: Result, real: Result, messages: int, plan: Plan) -> tuple[list[str], bool]:
    """The result for people, and whether it is good: 70 %, and every 202 in the topic."""
    lines = [("{:<14}" + "{:>11}" * 7).format("", "us", "cpu us", "requests/s", "p50 ms", "p99 ms", "202", "other")]
    for name, one in (("no-op", noop), ("Apache Kafka", real)):
        best = min(one.micros)
        figures = (best, min(one.cpu), 1e6 / best, min(one.p50) * 1e3, min(one.p99) * 1e3, one.accepted, one.other)
        lines.append(f"{name:<14}" + "".join(f"{figure:>11.0f}" for figure in figures))
    ratio = min(noop.micros) / min(real.micros)
    lines.append(f"ratio {ratio:.2f} (at least 0.70), {plan.connections} connections, minimum of {plan.rounds} rounds")
    lines.append(f"messages in the topic: {messages}; 202 answers: {real.accepted}")
    return lines, ratio >= 0.7 and messages == real.accepted and not real.other
