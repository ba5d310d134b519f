"""`make images-test` where no daemon can be had: told apart from a proof that fails."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.images.__main__ import main


def _program(folder: Path, name: str, text: str) -> None:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{text}\n", "utf-8")
    path.chmod(0o755)


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder on PATH, empty; no daemon answers, and what is cached is nobody else's."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/nobody.sock")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return folder


@pytest.mark.parametrize(("options", "code"), [(["--where-possible"], 0), ([], 3)])
def test_without_docker_and_apt_nothing_is_proven(
    options: list[str], code: int, programs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It says so, and is a failure only for who asked for a proof."""
    assert list(programs.iterdir()) == []

    assert main(options) == code
    assert capsys.readouterr().out.startswith("images: NOTHING WAS PROVEN: ")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root starts a daemon")
def test_a_daemon_that_does_not_start_is_no_failed_proof(programs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What it wrote is shown."""
    _program(programs, "docker", "exit 1")
    _program(programs, "dockerd", "echo no cgroups here; exit 1")

    assert main(["--where-possible"]) == 0
    said = capsys.readouterr().out
    assert "NOTHING WAS PROVEN: dockerd does not come up" in said
    assert "no cgroups here" in said


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has the package manager")
def test_an_apt_that_fails_is_no_failed_proof(programs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Its last words are shown."""
    _program(programs, "apt-get", "echo E: no mirror answers >&2; exit 100")

    assert main(["--where-possible"]) == 0
    assert "NOTHING WAS PROVEN: apt-get cannot install docker.io" in (said := capsys.readouterr().out)
    assert "no mirror answers" in said


def test_a_build_that_fails_is_a_failure(programs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Where a daemon answers, there is no way out."""
    _program(programs, "docker", 'case "$1" in build) echo broken >&2; exit 1;; image) echo 1;; esac')

    assert main(["--where-possible"]) == 1
    assert "broken" in capsys.readouterr().out
