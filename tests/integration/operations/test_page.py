"""Every command of docs/operations.md, as it stands there."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Final

import pytest

from services.local_stack import Stack
from services.local_stack.processes import ROOT
from tests.integration.operations.operating import Operator, fill, originals

PAGE: Final = ROOT / "docs" / "operations.md"

pytestmark = pytest.mark.stack

# Runs a line of the page in a shell that finds our command.
SHELL: Final = """
import os, pathlib, subprocess, sys

folder, line = pathlib.Path(sys.argv[1]), sys.argv[2]
command = folder / "bin" / "eccs-contracts"
command.parent.mkdir(exist_ok=True)
command.write_text(f'#!/bin/sh\\nPYTHONPATH="{os.getcwd()}" exec "{sys.executable}" -m eccs_contracts "$@"\\n')
command.chmod(0o755)
path = f"{command.parent}:{os.environ['PATH']}"
sys.exit(subprocess.run(["bash", "-c", line], cwd=folder, env={**os.environ, "PATH": path}).returncode)
"""


def test_every_command_of_the_page_works(
    stack: Stack, operator: Operator, mark: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As it is written, in the order of the page: commands of a shell in one, ours in this process."""
    fill(stack, mark, originals(30))
    monkeypatch.chdir(tmp_path)
    failed = [(command, said) for command in commands() if (said := _played(operator, tmp_path, command))]

    assert failed == []


def _played(operator: Operator, folder: Path, command: str) -> str:
    """What is wrong with a command; nothing where it ends well and its tables fit."""
    words = shlex.split(command)
    if words[0] == "eccs-contracts":
        expected = {0, 1} if words[-5:] == ["||", "test", "$?", "=", "1"] else {0}
        code, output, error = operator.run(*words[1 : -5 if len(expected) > 1 else None])
    else:
        code, output, error = operator.process("-c", SHELL, str(folder), command)
        expected = {0}
    if code not in expected:
        return f"exit code {code}: {output}{error}"
    wide = [line for line in output.splitlines() if len(line) > 80 and "json" not in words]
    return "\n".join(wide)


def commands() -> list[str]:
    """The commands of the page: lines that start with a dollar sign."""
    blocks = re.findall(r"```console\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    return [line.removeprefix("$ ") for block in blocks for line in block.splitlines() if line.startswith("$ ")]


@pytest.mark.parametrize(
    "operation",
    [
        *(f"topics {name}" for name in ("plan", "apply", "list", "describe")),
        *(f"groups {name}" for name in ("list", "describe", "reset")),
        "produce",
        "consume",
        *(f"dlq {name}" for name in ("stats", "list", "show", "edit", "redrive", "audit", "archive", "export")),
    ],
)
def test_every_operation_is_on_the_page(operation: str) -> None:
    """With a command that the test above runs."""
    assert [command for command in commands() if command.startswith(f"eccs-contracts {operation}")]
