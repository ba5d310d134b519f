"""What the README says of containers works as it stands there."""

from __future__ import annotations

import re
import subprocess
import uuid
from collections.abc import Iterator

import pytest

from services.local_stack import SmtpSink, Stack
from services.local_stack.processes import ROOT, free_ports
from tests.images.calls import answers, bearer, send, until
from tests.images.docker_cli import Docker

pytestmark = [pytest.mark.stack, pytest.mark.timeout(180)]
_NAMES = ("email-service", "notification-service")
_SECRET = "r" * 32
_BLOCK = re.compile(r"<!-- run by tests/images/test_readme\.py -->\n```console\n(.*?)```", re.DOTALL)


@pytest.fixture
def ports(docker: Docker) -> Iterator[dict[str, int]]:
    """A port for each service; no container is left, however the test ends."""
    found = dict(zip(_NAMES, free_ports(2), strict=True))
    yield found
    for name, port in found.items():
        docker.result("rm", "--force", f"{name}-{port}")


def _lines(ports: dict[str, int]) -> tuple[str, str]:
    """The commands that start the services, and the one that stops them, on ports and under names of our own."""
    block = _BLOCK.search((ROOT / "README.md").read_text("utf-8"))
    assert block
    lines = [line for line in block[1].splitlines() if not line.startswith("docker build ")]
    named = "\n".join(lines).replace("$(openssl rand -hex 32)", _SECRET)
    for name, port in ports.items():
        named = named.replace(f"--name {name} ", f"--name {name}-{port} --env HTTP_PORT={port} ")
        named = re.sub(rf"(docker stop .*)\b{name}(?!-)", rf"\g<1>{name}-{port}", named)
    start, _, stop = named.partition("docker stop")
    return start, f"docker stop{stop}"


def _bash(docker: Docker, stack: Stack, script: str) -> subprocess.CompletedProcess[str]:
    environment = {**docker.environment, **stack.environment}
    command = ["bash", "-euo", "pipefail", "-c", script]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=90)


def _names(docker: Docker) -> set[str]:
    return set(docker.run("ps", "--all", "--format", "{{.Names}}").splitlines())


def test_the_readme_starts_and_stops_both(docker: Docker, stack: Stack, sink: SmtpSink, ports: dict[str, int]) -> None:
    """An e-mail goes through what it started, and nothing is left of it."""
    start, stop = _lines(ports)
    began = _bash(docker, stack, start)
    assert began.returncode == 0, began.stderr
    urls = [f"http://127.0.0.1:{port}" for port in ports.values()]
    until(lambda: all(answers(f"{url}/readyz") for url in urls), 60, "they are not ready")
    to = f"{uuid.uuid4().hex}@example.com"

    send(urls[0], bearer(_SECRET), to)

    assert sink.wait_for(lambda one: any(mail.recipients == (to,) for mail in one.messages), 40)
    ended = _bash(docker, stack, stop)
    assert ended.returncode == 0, ended.stderr
    # `--rm` removes them in the background.
    until(lambda: not _names(docker) & {f"{name}-{port}" for name, port in ports.items()}, 20, "a container is left")
