"""Both services as containers, against the parts of the local stack on the host."""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from testcontainers.core.container import DockerContainer

from services.local_stack import Fault, SmtpSink, Stack
from services.local_stack.processes import free_ports
from tests.deploy.files import promtool
from tests.images.build import GRACE, image_of
from tests.images.calls import bearer, send, state, until
from tests.images.docker_cli import Docker

pytestmark = [pytest.mark.stack, pytest.mark.timeout(180)]
SECRET = "s" * 32
CALLER = bearer(SECRET)


class Service:
    """A service in a container."""

    def __init__(self, container: DockerContainer, port: int) -> None:
        self._container: Any = container.get_wrapped_container()
        self.url = f"http://127.0.0.1:{port}"

    def health(self) -> str:
        """What Docker found with the image's own HEALTHCHECK."""
        self._container.reload()
        return str(self._container.attrs["State"]["Health"]["Status"])

    def stop(self) -> tuple[int, float]:
        """Send SIGTERM and wait; the exit code and the seconds."""
        began = time.monotonic()
        self._container.stop(timeout=GRACE)
        return int(self._container.wait()["StatusCode"]), time.monotonic() - began

    def log(self) -> str:
        """What it wrote."""
        return str(self._container.logs().decode())


@contextmanager
def _running(target: str, environment: Mapping[str, str]) -> Iterator[Service]:
    """The service, healthy, with nothing that it does not need."""
    port = free_ports(1)[0]
    container = DockerContainer(image_of(target), env={**environment, "HTTP_PORT": str(port)})
    # The broker tells its clients an address on the loopback, which only the host's network has.
    container.with_kwargs(
        network_mode="host",
        read_only=True,
        cap_drop=["ALL"],
        security_opt=["no-new-privileges"],
        mem_limit="384m",
        pids_limit=100,
        healthcheck={"interval": 1_000_000_000},
    )
    with container:
        service = Service(container, port)
        until(lambda: service.health() == "healthy", 60, f"{target} is not healthy: {service.log()}")
        yield service


@pytest.fixture(scope="module")
def services(stack: Stack, docker: Docker) -> Iterator[tuple[Service, Service]]:
    """The e-mail service and the notification service."""
    settings = {**stack.environment, "JWT_SECRET": SECRET, "HTTP_HOST": "127.0.0.1"}
    with pytest.MonkeyPatch.context() as patch:
        # Only now, as the local stack would look for its own images there.
        patch.setenv("DOCKER_HOST", docker.host)
        with _running("email-service", settings) as email, _running("notification-service", settings) as notification:
            yield email, notification


def test_both_answer_health_and_readiness(services: tuple[Service, Service]) -> None:
    """They see their dependencies from within."""
    answers = [httpx.get(service.url + path, timeout=10) for service in services for path in ("/health", "/readyz")]

    assert [answer.status_code for answer in answers] == [200] * 4, [answer.text for answer in answers]


def test_promtool_reads_the_metrics_of_both(services: tuple[Service, Service]) -> None:
    """As they come over HTTP: names, types and help are what Prometheus asks for."""
    for service in services:
        text = httpx.get(f"{service.url}/metrics", timeout=10).text
        done = promtool("check", "metrics", given=text)

        assert (done.returncode, done.stdout + done.stderr) == (0, ""), text
        assert set(re.findall(r'^dependency_up\{dependency="\w+"\} (\S+)$', text, re.MULTILINE)) == {"1.0"}


def test_an_email_goes_through_both(services: tuple[Service, Service], sink: SmtpSink) -> None:
    """From HTTP to the mail server, and back to the caller as `sent`."""
    email, _ = services
    to = f"{uuid.uuid4().hex}@example.com"

    one = send(email.url, CALLER, to)

    assert sink.wait_for(lambda one: any(mail.recipients == (to,) for mail in one.messages), 40)
    until(lambda: state(email.url, CALLER, one) == "sent", 20, "the ledger does not say sent")


def test_both_stop_on_sigterm_with_mails_under_way(services: tuple[Service, Service], sink: SmtpSink) -> None:
    """As PID 1, within the grace period, with exit code 0; what was accepted before is sent once."""
    email, notification = services
    sink.script(Fault("DATA", "hang 2"))
    body = [{"to": f"stop{number}@example.com", "subject": "Stop", "body": "Hello"} for number in range(8)]
    httpx.post(f"{email.url}/api/emails/batch", json=body, headers=CALLER, timeout=30).raise_for_status()
    assert sink.wait_for(lambda one: len(one.attempts) > 0, 30)

    (email_code, email_seconds), (notification_code, notification_seconds) = email.stop(), notification.stop()

    assert (email_code, notification_code) == (0, 0), email.log() + notification.log()
    assert max(email_seconds, notification_seconds) < GRACE
    recipients = [mail.recipients for mail in sink.messages]
    assert len(recipients) == len(set(recipients))
