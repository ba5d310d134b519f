"""The generated code of every case passes the linter and two strict type checkers."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from codegen.__main__ import generate
from tests.property.codec.schemas import Schemas
from tests.unit.codegen.loading import ACCEPTED, generated

ROOT = Path(__file__).parents[3]
# Clients are checked where they are used: here they would draw in librdkafka's wrapper.
LEFT_OUT = ("_clients.py", "_topics.py")
RANDOM = 20  # random schemas; the type checkers take seconds for each thousand lines


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All cases and some random schemas, each a package."""
    folder = tmp_path_factory.mktemp("cases")
    packages = {case: generated(case) for case in ACCEPTED} | {"random": _random(tmp_path_factory.mktemp("schemas"))}
    for case, files in packages.items():
        (folder / case).mkdir()
        for name, text in files.items():
            if name not in LEFT_OUT:
                (folder / case / name).write_text(text, "utf-8")
    return folder


def _random(schemas: Path) -> dict[str, str]:
    make = Schemas(seed=3)
    for index in range(RANDOM):
        (schemas / f"Top{index}.avsc").write_text(json.dumps(make.record(f"Top{index}", "space")), "utf-8")
    return generate(schemas)


def _start(*arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", *arguments]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def _end(running: subprocess.Popen[str]) -> tuple[int, str]:
    output, _ = running.communicate()
    return running.returncode, output


def test_mypy_and_pyright_are_content(folder: Path) -> None:
    """No error: mypy in strict mode with nothing unreachable, pyright as it comes; side by side, as they take long."""
    project = folder / "pyrightconfig.json"
    options = {"pythonVersion": "3.11", "extraPaths": [str(ROOT)], "venvPath": str(ROOT), "venv": ".venv"}
    project.write_text(json.dumps(options), "utf-8")
    mypy = _start("mypy", "--no-error-summary", "--follow-imports=silent", str(folder))
    pyright = _start("pyright", "--project", str(project))

    assert _end(mypy) == (0, "")
    assert _end(pyright) == (0, "0 errors, 0 warnings, 0 informations\n")


def test_ruff_is_content(folder: Path) -> None:
    """Our own rules, without those that are off for generated code, and the house format."""
    off = "C901,D102,E501,N,PLR,PLW,SIM,RUF001,ERA001,I001,INP001,FLY002,E74"

    assert _end(_start("ruff", "check", "--quiet", "--ignore", off, str(folder))) == (0, "")
    assert _end(_start("ruff", "format", "--check", "--quiet", "--line-length", "120", str(folder))) == (0, "")
