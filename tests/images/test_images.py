"""What is in an image, and what a container of it may do."""

from __future__ import annotations

import json

import pytest

from tests.images.build import TARGETS, image_of
from tests.images.docker_cli import Docker

# What each holds beside its own code; the e-mail service only the templates of the notification service.
_SERVICES = {
    "email-service": ["notification_service", "web"],
    "notification-service": ["web"],
    "dlq-console": ["web"],
}
_TOOLS = ("pip", "pip3", "uv", "gcc", "cc", "g++", "c++", "make", "ld", "as", "hatchling", "git", "curl", "wget")
_LOCKED = ("--read-only", "--network", "none", "--cap-drop", "ALL", "--security-opt", "no-new-privileges")


def _python(docker: Docker, target: str, code: str) -> str:
    return docker.run("run", "--rm", *_LOCKED, "--entrypoint", "python", image_of(target), "-c", code)


@pytest.mark.parametrize("target", TARGETS)
def test_a_container_is_nobody_in_particular(docker: Docker, target: str) -> None:
    """A number, so that Kubernetes can see that it is not root; no capability is left."""
    code = (
        "import os; print(os.getuid(), os.getgid(), [l.split()[1] for l in open('/proc/self/status') if 'CapEff' in l])"
    )

    assert _python(docker, target, code) == "10001 10001 ['0000000000000000']"


@pytest.mark.parametrize("target", TARGETS)
def test_nothing_can_be_written(docker: Docker, target: str) -> None:
    """Not even where programs usually may."""
    code = """
import os
for folder in ("/", "/app", "/opt/eccs", "/tmp", "/var/tmp", "/home"):
    try:
        open(os.path.join(folder, "x"), "w")
    except OSError:
        continue
    print(folder)
"""
    assert _python(docker, target, code) == ""


@pytest.mark.parametrize("target", TARGETS)
def test_no_tool_that_builds_or_installs_is_there(docker: Docker, target: str) -> None:
    """Neither as a program nor as a module."""
    code = f"""
import importlib.util, shutil
print([tool for tool in {_TOOLS!r} if shutil.which(tool)])
print([name for name in ("pip", "ensurepip", "setuptools", "hatchling", "pytest") if importlib.util.find_spec(name)])
"""
    assert _python(docker, target, code) == "[]\n[]"


@pytest.mark.parametrize("target", _SERVICES)
def test_an_image_holds_its_own_service_only(docker: Docker, target: str) -> None:
    """With what it shares; and no schemas, tests or tools of ours."""
    code = "import os; print(sorted(os.listdir('/app')), sorted(os.listdir('/app/services')))"
    own = sorted(["__init__.py", "logs.py", "startup.py", target.replace("-", "_"), *_SERVICES[target]])

    assert _python(docker, target, code) == f"['probe.py', 'services'] {own}"


def test_the_email_service_has_the_names_of_templates_only(docker: Docker) -> None:
    """And none of the notification service's code."""
    code = "import os; print(os.listdir('/app/services/notification_service'))"

    assert _python(docker, "email-service", code) == "['templates']"


@pytest.mark.parametrize("target", _SERVICES)
def test_an_image_says_how_to_check_and_to_stop_it(docker: Docker, target: str) -> None:
    """The program itself is PID 1: no shell stands between it and SIGTERM."""
    config = json.loads(docker.run("image", "inspect", "--format", "{{json .Config}}", image_of(target)))
    module = f"services.{target.replace('-', '_')}"

    assert (config["Entrypoint"], config["StopSignal"]) == (["python", "-m", module], "SIGTERM")
    assert config["Healthcheck"]["Test"][:2] == ["CMD", "python"]


@pytest.mark.parametrize("target", _SERVICES)
def test_a_missing_setting_is_one_line_and_exit_code_2(docker: Docker, target: str) -> None:
    """The line names the service and the variable; no traceback."""
    done = docker.result("run", "--rm", *_LOCKED, image_of(target))

    assert done.returncode == 2
    assert done.stderr.startswith(f"{target}: ")
    assert len(done.stderr.splitlines()) == 1


def test_the_contracts_in_the_image_are_in_order(docker: Docker) -> None:
    """What the job will apply is what its own checks accept."""
    done = docker.result("run", "--rm", *_LOCKED, image_of("compat-checks"))

    assert done.returncode == 0, done.stdout + done.stderr
