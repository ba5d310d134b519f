"""`python -m tests.benchmark.abuse [load | attack]`: exit code 1 if a promise is missed.

load    another user and the probes while somebody abuses the services (the default)
attack  hostile requests to every HTTP server: each is answered, and none with an error of the server's

Starts the stack and the three services as processes. Exit codes: 0 all held, 1 a promise is missed, 3 the stack does
not start.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import httpx

from services.local_stack import start_stack
from services.local_stack.errors import StackError
from services.local_stack.processes import Child, Patience, Server, run_server
from services.local_stack.up import apply_contracts
from tests.benchmark.abuse.attack import API, CONSOLE, HEALTH, REGISTRY, attack
from tests.benchmark.abuse.loads import LOADS, Load, Target
from tests.benchmark.abuse.report import Met, missed, table
from tests.benchmark.abuse.wire import SECRET, bearer
from tests.benchmark.chart import machine

_SETTINGS: Final = {"JWT_SECRET": SECRET, "RATE_LIMIT": "0", "LOG_LEVEL": "warning", "SECURE_COOKIE": "false"}
# So that the many requests of an attack that are never whole are soon over.
_QUICK: Final = {"HEAD_TIMEOUT": "1000", "BODY_TIMEOUT": "1000"}
_NAMES: Final = {"e-mail": "email_service", "notification": "notification_service", "console": "dlq_console"}
_BEGIN, _END = "<!-- made by `make abuse` -->", "<!-- end -->"


def main() -> int:
    """Run every load, and print a table."""
    parser = argparse.ArgumentParser("python -m tests.benchmark.abuse", description=(__doc__ or "").partition(":")[2])
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("what", nargs="?", choices=["load", "attack"], default="load")
    parser.add_argument("--requests", type=int, default=10_000, help="of an attack, to each server")
    parser.add_argument("--seconds", type=float, default=10.0, help="of each load")
    parser.add_argument("--docs", type=Path, metavar="FILE", help="write the table into this page, too")
    given = parser.parse_args()
    try:
        with start_stack() as stack, ExitStack() as cleanup:
            apply_contracts(stack.environment)
            quick = _QUICK if given.what == "attack" else {}
            env = {**os.environ, **stack.environment, **_SETTINGS, **quick}
            running = {name: cleanup.enter_context(_service(module, env)) for name, module in _NAMES.items()}
            if given.what == "attack":
                return _attacked(running, stack.environment, given.requests)
            results = [_under(name, load, running, stack.environment, given.seconds) for name, load in LOADS.items()]
    except StackError as error:
        print(f"abuse: {error}", file=sys.stderr)
        return 3
    return _tell(results, given.docs)


def _attacked(running: Mapping[str, tuple[Child, int]], env: Mapping[str, str], count: int) -> int:
    """Every server, the registry last: the others need it."""
    token, origin = bearer("ada", "dlq:read dlq:redrive dlq:personal"), f"http://127.0.0.1:{running['console'][1]}"
    sites = {
        "e-mail": (running["e-mail"][1], replace(API, headers=token)),
        "console": (running["console"][1], replace(CONSOLE, headers={**token, "Origin": origin})),
        "notification": (running["notification"][1], HEALTH),
        "registry": (urlsplit(env["SCHEMA_REGISTRY_URL"]).port or 0, REGISTRY),
    }
    wrong: list[str] = []
    for name, (port, site) in sites.items():
        found = attack(port, site, count)
        by_status = Counter({status: 0 for _, status in found.answers})
        for (_, status), number in found.answers.items():
            by_status[status] += number
        print(f"{name:<14}{found.answers.total()} requests: {dict(sorted(by_status.items()))}")
        wrong += [f"{name}: {one}" for one in found.wrong]
    print("\n".join(wrong[:20]) or "every request was answered, and none with an error of the server's")
    return 1 if wrong else 0


def _tell(results: list[Met], page: Path | None) -> int:
    text = f"{table(results)}\n\nOn {machine()}, {os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}."
    print(text)
    if page is not None:
        before, _, rest = page.read_text("utf-8").partition(_BEGIN)
        page.write_text(f"{before}{_BEGIN}\n{text}\n{_END}{rest.partition(_END)[2]}", "utf-8")
    wrong = [line for one in results[1:] for line in missed(one, results[0])]
    print("\n".join(wrong) or "every promise held")
    return 1 if wrong else 0


def _under(
    name: str, load: Load, running: Mapping[str, tuple[Child, int]], env: Mapping[str, str], seconds: float
) -> Met:
    """What is met while a load lasts."""
    ports = [port for _, port in running.values()]
    command = [sys.executable, "-m", "tests.benchmark.abuse.probe", str(seconds), *map(str, ports)]
    with (
        load(Target(ports[0], ports[1], ports[2], env)),
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as probe,
    ):
        memory = dict.fromkeys(running, 0)
        reading = threading.Thread(target=_watch, args=(probe, running, memory))
        reading.start()
        found, _ = probe.communicate(timeout=seconds + 120)
        reading.join()
    print(f"abuse: {name}: done", file=sys.stderr)
    time.sleep(1)  # what the load left behind is not the next one's
    return Met(name, json.loads(found), memory)


def _watch(probe: subprocess.Popen[str], running: Mapping[str, tuple[Child, int]], memory: dict[str, int]) -> None:
    while probe.poll() is None:
        for name, (child, _) in running.items():
            memory[name] = max(memory[name], _resident(int((child.directory / "pid").read_text())))
        time.sleep(0.2)


def _resident(pid: int) -> int:
    found = re.search(r"^VmRSS:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text("ascii"), re.MULTILINE)
    return int(found[1]) * 1024 if found else 0


@contextmanager
def _service(module: str, env: Mapping[str, str]) -> Iterator[tuple[Child, int]]:
    server = Server(
        name=module,
        command=lambda _, ports: ["env", f"HTTP_PORT={ports[0]}", sys.executable, "-m", f"services.{module}"],
        answers=lambda port: _is_ready(f"http://127.0.0.1:{port}/readyz"),
        environment=env,
    )
    child, port = run_server(server, Patience(60, threading.Event()))
    try:
        yield child, port
    finally:
        child.stop()


def _is_ready(url: str) -> bool:
    try:
        return httpx.get(url, timeout=5).is_success
    except httpx.HTTPError:
        return False


if __name__ == "__main__":
    sys.exit(main())
