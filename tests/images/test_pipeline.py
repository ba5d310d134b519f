"""The image for pipelines: `compat-checks` on a repository that is mounted."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.docs.review import branch, git
from tests.images.build import PIPELINE, image_of
from tests.images.docker_cli import Docker

_LOCKED = ("--read-only", "--network", "none", "--cap-drop", "ALL", "--security-opt", "no-new-privileges")


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Our schemas on `main`, and a branch that breaks them, as somebody else's files."""
    tmp_path.chmod(0o755)
    folder = tmp_path / "repository"
    folder.mkdir()
    return branch(folder)


def _check(docker: Docker, repository: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    mount = ("--volume", f"{repository}:/work:ro")
    return docker.result("run", "--rm", *_LOCKED, *mount, image_of(PIPELINE), *arguments)


def test_a_branch_that_breaks_a_contract_is_refused(docker: Docker, repository: Path) -> None:
    """With the file and the line, as a job shows them."""
    done = _check(docker, repository, "check", "--against", "git:main", "--report", "github")

    assert done.returncode == 1, done.stdout + done.stderr
    assert "::error file=schemas/com/eccs/email/EmailRequest.avsc,line=" in done.stdout


def test_the_main_branch_passes(docker: Docker, repository: Path) -> None:
    """Against itself, and against what was published."""
    git(repository, "checkout", "-q", "--force", "main")

    done = _check(docker, repository, "check", "--against", "git:main", "--against", "history")

    assert done.returncode == 0, done.stdout + done.stderr


def test_a_repository_that_is_not_there_is_no_pass(docker: Docker, tmp_path: Path) -> None:
    """Somebody forgot to mount it: one line, no traceback."""
    tmp_path.chmod(0o755)
    done = _check(docker, tmp_path, "check", "--against", "git:main")

    assert done.returncode == 1
    assert done.stderr == "compat-checks: schemas/contracts.toml: No such file or directory\n"


def test_it_speaks_to_a_registry(docker: Docker) -> None:
    """What that needs is in the image: it gets as far as the network, which there is none of here."""
    url = "http://registry.invalid:8081"
    done = docker.result("run", "--rm", *_LOCKED, image_of(PIPELINE), "promote", "--from", url, "--to", url)

    assert done.returncode == 3, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
