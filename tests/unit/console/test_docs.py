"""docs/console.md: its pictures are there, and its command makes a token that the console takes."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from services.dlq_console.access import PERSONAL, READ, REDRIVE
from services.web.tokens import AuthSettings, Tokens
from tests.console_harness import SECRET

DOCS: Final = Path(__file__).resolve().parents[3] / "docs"
PAGE: Final = (DOCS / "console.md").read_text("utf-8")


def test_the_token_of_the_page_is_accepted() -> None:
    """With every scope of the table."""
    command = next(line for line in PAGE.splitlines() if line.startswith("$ python -c")).removeprefix("$ ")
    python = command.replace("python", "exec python", 1)
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    env = {**os.environ, "PATH": path, "JWT_SECRET": SECRET}
    made = subprocess.run(["bash", "-c", python], env=env, capture_output=True, text=True, timeout=30, check=True)

    assert Tokens(AuthSettings("HS256", SECRET)).read(made.stdout.strip()).scopes == {READ, REDRIVE, PERSONAL}


@pytest.mark.parametrize("name", re.findall(r"\((images/console-\w+\.png)\)", PAGE))
def test_pictures_are_there_and_small(name: str) -> None:
    """Under 200 kB each."""
    picture = (DOCS / name).read_bytes()

    assert (picture[:8], len(picture) < 200_000) == (b"\x89PNG\r\n\x1a\n", True)


def test_each_scope_is_explained() -> None:
    """In the table."""
    assert {READ, REDRIVE, PERSONAL} == set(re.findall(r"^\| `(dlq:\w+)`", PAGE, re.MULTILINE))
