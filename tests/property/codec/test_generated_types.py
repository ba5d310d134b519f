"""The generated code of every case passes the linter and two strict type checkers."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.property.codec.random_package import random_files
from tests.unit.codegen.loading import ACCEPTED, generated

ROOT = Path(__file__).parents[3]
# Clients are checked where they are used: here they would draw in librdkafka's wrapper.
LEFT_OUT = ("_clients.py", "_topics.py")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All cases, each a package in `cases`, and five hundred random schemas in `random`."""
    folder = tmp_path_factory.mktemp("generated")
    for case in ACCEPTED:
        _put(folder / "cases" / case, generated(case))
    _put(folder / "random", random_files())
    return folder


def _put(package: Path, files: dict[str, str]) -> None:
    package.mkdir(parents=True)
    for name, text in files.items():
        if name not in LEFT_OUT:
            (package / name).write_text(text, "utf-8")


def _start(*arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", *arguments]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def _end(running: subprocess.Popen[str]) -> tuple[int, str]:
    output, _ = running.communicate()
    return running.returncode, output


def test_mypy_and_pyright_are_content(folder: Path) -> None:
    """No error: mypy of all in strict mode with nothing unreachable, pyright of the cases as it comes.

    Side by side; pyright takes ten times as long for a line, and a minute for the random schemas.
    """
    project = folder / "cases" / "pyrightconfig.json"
    options = {"pythonVersion": "3.11", "extraPaths": [str(ROOT)], "venvPath": str(ROOT), "venv": ".venv"}
    project.write_text(json.dumps(options), "utf-8")
    mypy = _start("mypy", "--no-error-summary", "--follow-imports=silent", str(folder))
    pyright = _start("pyright", "--project", str(project))

    assert _end(mypy) == (0, "")
    assert _end(pyright) == (0, "0 errors, 0 warnings, 0 informations\n")


def test_ruff_is_content(folder: Path) -> None:
    """Our own rules, without those that are off for generated code, and the house format."""
    off = "C901,D102,E501,N,PLR,PLW,SIM,RUF001,ERA001,PERF401,I001,INP001,FLY002,E74"

    assert _end(_start("ruff", "check", "--quiet", "--ignore", off, str(folder))) == (0, "")
    assert _end(_start("ruff", "format", "--check", "--quiet", "--line-length", "120", str(folder))) == (0, "")
