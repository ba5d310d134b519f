"""`python -m tests.images.picture`: docs/images/dashboard.png from a real run.

A local stack, both services as processes, a Prometheus with our rules, and two minutes of e-mails with failures; then
each expression of the dashboard is asked of Prometheus, drawn, and photographed in a browser. It shows what the
dashboard shows, and that it has data; not how Grafana looks. Exit codes: 0 done, 3 something is missing here.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import secrets
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

import httpx
import jwt
import yaml

from services.local_stack import Fault, SmtpSink, Stack, StackOptions, start_stack
from services.local_stack.errors import CANNOT_REACH, StackError
from services.local_stack.processes import ROOT, Patience, Server, run_server
from services.local_stack.up import apply_contracts
from tests.deploy.files import DEPLOY, RULES, dashboard
from tests.images.draw import Picture, Series, draw_dashboard

_TARGET: Final = ROOT / "docs" / "images" / "dashboard.png"
_CAPTION: Final = (
    "Not a screenshot of Grafana: drawn by `make pictures` from the dashboard's JSON and what a Prometheus answered"
    " during a real run; windows of 20 s in the place of minutes, as the run is short."
)
_STEP: Final = 2  # seconds between points
_SETTINGS: Final = {"BASE_RETRY_DELAY": "1000", "MAX_RETRY_DELAY": "8000"}
_BROWSER: Final = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
)
_USUAL: Final = (
    Fault("RCPT", "450 4.2.0 greylisted, come back later", r".*@greylist\.example", first=2),
    Fault("RCPT", "550 5.1.1 no such user", r".*@gone\.example"),
)
_AWAY: Final = (Fault("CONNECT", "421 4.3.2 shutting down"), Fault("MAIL", "421 4.3.2 shutting down"))
_LABEL: Final = re.compile(r"\{\{\w+\}\}")


def main(argv: list[str]) -> int:
    """Run and draw; the exit code."""
    parser = argparse.ArgumentParser("python -m tests.images.picture", description=(__doc__ or "").strip())
    parser.add_argument("--seconds", type=int, default=120, help="how long e-mails are sent")
    parser.add_argument("--out", type=Path, default=_TARGET, metavar="FILE")
    options = parser.parse_args(argv)
    title = f"{dashboard()['title']}: {options.seconds} s of e-mails; the mail server away for a sixth of it"
    try:
        browser = _program("chromium")
        data = _run(options.seconds)
        _photograph(browser, draw_dashboard(title, _CAPTION, dashboard()["panels"], data), options.out)
    except StackError as error:
        sys.stderr.write(f"picture: {error}\n")
        return CANNOT_REACH
    sys.stderr.write(f"picture: {options.out}, {len(data)} of {len(dashboard()['panels'])} panels have data\n")
    return 0


def _program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise StackError(f"{name} is not on PATH; Debian's package of that name has it")
    return found


def _photograph(browser: str, picture: Picture, target: Path) -> None:
    """What a browser shows of the drawing, as PNG."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="eccs-picture-") as folder:
        page = Path(folder) / "picture.html"
        page.write_text(f'<!doctype html><meta charset="utf-8"><body style="margin:0">{picture.svg}', "utf-8")
        size = f"--window-size={picture.width},{picture.height}"
        command = [
            browser,
            *_BROWSER,
            f"--user-data-dir={folder}/profile",
            size,
            f"--screenshot={target}",
            page.as_uri(),
        ]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    if done.returncode != 0:
        raise StackError(f"the browser made no picture: {done.stderr.strip()[-300:]}")


def _run(seconds: int) -> dict[int, list[Series]]:
    with ExitStack() as cleanup:
        stack = cleanup.enter_context(start_stack(StackOptions(smtp_faults=_USUAL, providers={"smtp": "embedded"})))
        apply_contracts(stack.environment)
        secret = secrets.token_hex(32)
        ports = _services(cleanup, stack, secret)
        prometheus = _prometheus(cleanup, ports)
        began = time.time()
        assert stack.sink is not None
        _send(f"http://127.0.0.1:{ports['email-service']}", secret, stack.sink, seconds)
        return dict(_series(prometheus, began, time.time()))


def _services(cleanup: ExitStack, stack: Stack, secret: str) -> dict[str, int]:
    """Start both; their ports by the names of their jobs."""
    environment = {**os.environ, **_SETTINGS, **stack.environment, "JWT_SECRET": secret}
    return {name: _start(cleanup, name, environment) for name in ("notification-service", "email-service")}


def _start(cleanup: ExitStack, name: str, environment: Mapping[str, str]) -> int:
    module = f"services.{name.replace('-', '_')}"
    server = Server(
        name=name,
        command=lambda _, ports: ["env", f"HTTP_PORT={ports[0]}", sys.executable, "-m", module],
        answers=lambda port: _answers(f"http://127.0.0.1:{port}/readyz"),
        environment=environment,
    )
    return _kept(cleanup, server)


def _prometheus(cleanup: ExitStack, ports: Mapping[str, int]) -> str:
    program = _program("prometheus")

    def command(folder: Path, own: Any) -> list[str]:
        _configure(folder, ports)
        where = [f"--web.listen-address=127.0.0.1:{own[0]}", f"--storage.tsdb.path={folder / 'data'}"]
        return [program, f"--config.file={folder / 'prometheus.yml'}", *where]

    server = Server("prometheus", command, lambda port: _answers(f"http://127.0.0.1:{port}/-/ready"))
    return f"http://127.0.0.1:{_kept(cleanup, server)}"


def _kept(cleanup: ExitStack, server: Server) -> int:
    child, port = run_server(server, Patience(45, threading.Event()))
    cleanup.callback(child.stop)
    return port


def _configure(folder: Path, ports: Mapping[str, int]) -> None:
    """Our configuration and rules, in a hurry: every second or two instead of every five or fifteen."""
    config = yaml.safe_load((DEPLOY / "prometheus" / "prometheus.yml").read_text("utf-8"))
    config["global"] = {"scrape_interval": "1s", "evaluation_interval": f"{_STEP}s"}
    config["rule_files"] = ["recording.yml"]
    for job in config["scrape_configs"]:
        job["static_configs"] = [{"targets": [f"127.0.0.1:{ports[job['job_name']]}"]}]
    (folder / "prometheus.yml").write_text(yaml.safe_dump(config), "utf-8")
    rules = yaml.safe_load((RULES / "recording.yml").read_text("utf-8"))
    rules["groups"][0]["interval"] = f"{_STEP}s"
    # Windows of minutes would show one flat line of a run of two.
    text = yaml.safe_dump(rules).replace("[5m]", "[20s]").replace("[10m]", "[20s]")
    (folder / "recording.yml").write_text(text, "utf-8")


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=5).is_success
    except httpx.HTTPError:
        return False


def _send(url: str, secret: str, sink: SmtpSink, seconds: int) -> None:
    """Waves of e-mails; from the middle on, the mail server is away for a sixth of the time."""
    token = jwt.encode({"sub": "picture", "exp": int(time.time()) + 3600}, secret, algorithm="HS256")
    headers = {"Authorization": f"Bearer {token}"}
    clock = threading.Event()
    away = range(seconds // 2, seconds // 2 + seconds // 6)
    with httpx.Client(base_url=url, headers=headers, timeout=30) as client:
        for second in range(seconds):
            sink.script(*(_AWAY if second in away else _USUAL)) if second in (away.start, away.stop) else None
            emails = [_email(second, number) for number in range(20 + 15 * (second // 10 % 3))]
            client.post("/api/emails/batch", json=emails)
            client.post("/api/emails/send", json={"to": "nobody"})
            clock.wait(1 - time.time() % 1)


def _email(second: int, number: int) -> dict[str, str]:
    host = (
        "gone.example" if number == 3 and second % 5 == 0 else "greylist.example" if number % 9 == 0 else "example.com"
    )
    return {"to": f"p{second}-{number}@{host}", "subject": "For a picture", "body": "Hello"}


def _series(prometheus: str, begin: float, end: float) -> Iterator[tuple[int, list[Series]]]:
    """Each panel that has data, by its id."""
    for panel in dashboard()["panels"]:
        found = [one for target in panel["targets"] for one in _lines(prometheus, target, begin, end)]
        if found:
            yield panel["id"], found


def _lines(prometheus: str, target: Mapping[str, Any], begin: float, end: float) -> Iterator[Series]:
    expression = target["expr"].replace("[5m]", "[20s]")
    query = {"query": expression, "start": str(begin), "end": str(end), "step": str(_STEP)}
    answer = httpx.get(f"{prometheus}/api/v1/query_range", params=query, timeout=30).raise_for_status()
    for one in json.loads(answer.text)["data"]["result"]:
        points = [(float(at), float(value)) for at, value in one["values"] if value not in ("NaN", "+Inf")]
        if points:
            yield Series(_legend(target["legendFormat"], one["metric"]), points)


def _legend(template: str, labels: Mapping[str, str]) -> str:
    for name, value in labels.items():
        template = template.replace(f"{{{{{name}}}}}", value)
    return " ".join(_LABEL.sub("", template).split())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
