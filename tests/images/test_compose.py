"""compose.yaml, brought up with stand-ins for the images that cannot be pulled."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest

from services.local_stack.errors import Unavailable
from services.local_stack.kafka_jvm import find_java, resolved_jars
from services.local_stack.processes import ROOT, Patience
from services.local_stack.providers import Context
from tests.deploy.files import rules
from tests.images.calls import answers, bearer, send, state, until
from tests.images.compose import SECRETS, STAND_INS, Compose
from tests.images.docker_cli import Docker, Unable
from tests.images.packages import need

pytestmark = pytest.mark.timeout(280)
_CALLER = bearer(SECRETS["JWT_SECRET"])


def _stand_ins(base: str, folder: Path) -> Mapping[str, str]:
    """What the stand-ins need of this machine."""
    context = Context(os.environ, Patience(60, threading.Event()), print)
    try:
        need("prometheus", say=print)
        java = Path(find_java(os.environ)).resolve()
        jars = resolved_jars(context)
    except (Unable, Unavailable) as reason:
        pytest.skip(str(reason))
    home = java.parents[1]
    return {
        "STAND_IN_BASE": base,
        "STAND_IN_FILES": str(STAND_INS),
        "STAND_IN_LOG4J": str(ROOT / "services/local_stack/kafka/log4j2.properties"),
        "STAND_IN_JAVA": str(java),
        "STAND_IN_JAVA_HOME": str(home),
        # Debian keeps what the JVM reads outside its home.
        "STAND_IN_JAVA_CONF": str((home / "conf/logging.properties").resolve().parent),
        "STAND_IN_KAFKA_JARS": str(jars),
        "STAND_IN_PACKAGES": str(folder),
        "STAND_IN_PROMETHEUS": str(shutil.which("prometheus")),
    }


def _install(folder: Path, python: str) -> None:
    """The database and the mail server of the development environment, for the Python of the base."""
    packages = ["secantusdb", "aiosmtpd", "--constraint", "requirements/dev.txt", "--prerelease", "allow"]
    target = ["--target", str(folder), "--python-version", python, "--only-binary", ":all:"]
    command = [sys.executable, "-m", "uv", "pip", "install", "--quiet", *target, *packages]
    subprocess.run(command, cwd=ROOT, check=True)


@pytest.fixture(scope="module")
def project(docker: Docker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Compose]:
    """Everything but Grafana, up and healthy."""
    folder = tmp_path_factory.mktemp("packages")
    base = os.environ["ECCS_IMAGES_BASE"]
    version = "import sys; print('%d.%d' % sys.version_info[:2])"
    _install(folder, docker.run("run", "--rm", "--network", "none", "--entrypoint", "python3", base, "-c", version))
    environment = {**docker.environment, **SECRETS, **_stand_ins(base, folder)}
    compose = Compose(environment, (ROOT / "compose.yaml", STAND_INS / "compose.yaml"), "eccs-images-test")
    compose.run("down", "--volumes", "--timeout", "5")
    try:
        up = compose.result("up", "--detach", "--wait", "--wait-timeout", "120", timeout=150)
        assert up.returncode == 0, up.stderr[-2000:] + compose.result("logs", "--tail", "20").stdout
        yield compose
    finally:
        compose.result("down", "--volumes", "--timeout", "5")


def _url(project: Compose, service: str, port: int) -> str:
    return f"http://{project.run('port', service, str(port))}"


def test_everything_is_healthy_and_the_job_has_ended(project: Compose) -> None:
    """As `docker compose ps` shows it: the job is not among those that run."""
    rows = [json.loads(line) for line in project.run("ps", "--all", "--format", "json").splitlines()]

    assert {row["Service"]: row["Health"] or f"exit {row['ExitCode']}" for row in rows} == {
        **dict.fromkeys(("kafka", "registry", "mongodb", "mail", "prometheus"), "healthy"),
        **dict.fromkeys(("email-service", "notification-service", "dlq-console"), "healthy"),
        "contracts": "exit 0",
    }


def test_the_job_changes_nothing_the_second_time(project: Compose) -> None:
    """A roll-out runs it again."""
    again = project.run("run", "--rm", "contracts")

    assert "0 changes" in again or "as declared" in again, again


def test_an_email_arrives(project: Compose) -> None:
    """Through both services, the broker and the mail server, and the ledger knows."""
    url = _url(project, "email-service", 3002)
    one = send(url, _CALLER, "ada@example.com")

    until(lambda: state(url, _CALLER, one) == "sent", 40, "the ledger does not say sent")
    assert one in project.run("logs", "--no-log-prefix", "mail")


def test_the_console_shows_its_first_page(project: Compose) -> None:
    """It has reached its dependencies, and asks who is there."""
    url = _url(project, "dlq-console", 3004)
    operations = _url(project, "dlq-console", 9004)
    until(lambda: answers(f"{operations}/readyz"), 20, "it is not ready")
    answer = httpx.get(url, timeout=10, follow_redirects=True)

    assert (answer.status_code, "token" in answer.text) == (200, True), answer.text


def test_prometheus_reaches_both_services_and_has_our_rules(project: Compose) -> None:
    """Each rule evaluates without an error, and what it records is there."""
    api = f"{_url(project, 'prometheus', 9090)}/api/v1"

    def get(path: str, **query: str) -> Any:
        return httpx.get(f"{api}/{path}", params=query, timeout=10).json()["data"]

    def up() -> bool:
        return {one["labels"]["job"] for one in get("targets")["activeTargets"] if one["health"] == "up"} == {
            "email-service",
            "notification-service",
        }

    until(up, 30, "a target is not up")
    until(lambda: bool(get("query", query="eccs:due_backlog:sum")["result"]), 40, "nothing is recorded")
    loaded = [rule for group in get("rules")["groups"] for rule in group["rules"]]
    assert {rule["name"] for rule in loaded} == {
        one.get("alert") or one["record"] for k in ("alert", "record") for one in rules(k)
    }
    assert {rule["name"]: rule.get("lastError", "") for rule in loaded if rule["health"] == "err"} == {}


def test_limits_are_those_of_the_file(project: Compose, docker: Docker) -> None:
    """What the daemon enforces, not what the file says."""
    name = project.run("ps", "--quiet", "notification-service")
    limits = json.loads(docker.run("inspect", "--format", "{{json .HostConfig}}", name))

    assert (limits["Memory"], limits["NanoCpus"], limits["PidsLimit"]) == (512 * 2**20, 10**9, 100)
    assert (limits["ReadonlyRootfs"], limits["CapDrop"]) == (True, ["ALL"])


def test_the_services_stop_in_order(project: Compose, docker: Docker) -> None:
    """`docker compose stop` is a SIGTERM, and the exit codes say that they drained; the last of these tests."""
    services = ("email-service", "notification-service", "dlq-console")
    names = [project.run("ps", "--quiet", service) for service in services]
    project.run("stop", *services, timeout=90)

    assert [docker.run("inspect", "--format", "{{.State.ExitCode}}", name) for name in names] == ["0"] * 3
