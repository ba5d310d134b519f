"""The generated code of every case passes the linter and the strict type checker."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.codegen.loading import ACCEPTED, generated

ROOT = Path(__file__).parents[3]
# Clients are checked where they are used: here they would draw in librdkafka's wrapper.
LEFT_OUT = ("_clients.py", "_topics.py")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All cases, each a package."""
    folder = tmp_path_factory.mktemp("cases")
    for case in ACCEPTED:
        (folder / case).mkdir()
        for name, text in generated(case).items():
            if name not in LEFT_OUT:
                (folder / case / name).write_text(text, "utf-8")
    return folder


def _run(*arguments: str) -> tuple[int, str]:
    done = subprocess.run([sys.executable, "-m", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout


def test_mypy_is_content(folder: Path) -> None:
    """No error in strict mode, and nothing unreachable."""
    assert _run("mypy", "--no-error-summary", "--follow-imports=silent", str(folder)) == (0, "")


def test_ruff_is_content(folder: Path) -> None:
    """Our own rules, without those that are off for generated code, and the house format."""
    off = "C901,D102,E501,N,PLR,PLW,SIM,RUF001,ERA001,I001,INP001"

    assert _run("ruff", "check", "--quiet", "--ignore", off, str(folder)) == (0, "")
    assert _run("ruff", "format", "--check", "--quiet", "--line-length", "120", str(folder)) == (0, "")
