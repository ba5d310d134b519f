"""What another team gets: the wheel, in an environment with nothing else."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from services.local_stack import Stack

pytestmark = [pytest.mark.stack, pytest.mark.timeout(280)]


def _run(*command: str, env: dict[str, str] | None = None, cwd: Path | None = None) -> str:
    done = subprocess.run(command, env=env, cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_example_of_the_readme_runs_from_the_wheel(stack: Stack, tmp_path: Path) -> None:
    """Ten lines send and read a message; the wheel holds our two packages and nothing else."""
    _run(sys.executable, "-m", "build", "--wheel", "--outdir", str(tmp_path))
    wheel = next(tmp_path.glob("*.whl"))
    folders = {name.partition("/")[0] for name in zipfile.ZipFile(wheel).namelist()}
    assert {name for name in folders if ".dist-info" not in name} == {"eccs_contracts", "compat_checks"}

    _run(sys.executable, "-m", "venv", str(tmp_path / "venv"))
    python = str(tmp_path / "venv/bin/python")
    _run(sys.executable, "-m", "uv", "pip", "install", "--quiet", "--python", python, str(wheel))
    example = re.search(r"```python\n(.*?)```", Path("README.md").read_text("utf-8"), re.DOTALL)
    assert example
    assert _type_errors(python, tmp_path) == ["arg-type", "attr-defined"]
    out = _run(python, "-c", example[1], env={**os.environ, **stack.environment}, cwd=tmp_path)

    assert out.endswith("read Hello\n")


_MISTAKEN = """from compat_checks import check_pair
from eccs_contracts import EmailRequest

EmailRequest.from_avro("text")
check_pair("{}", "{}").missing
"""


def _type_errors(python: str, folder: Path) -> list[str]:
    """The codes of the errors that mypy finds in a user's mistakes: it reads the types that the wheel holds."""
    (folder / "mistaken.py").write_text(_MISTAKEN, "utf-8")
    command = (sys.executable, "-m", "mypy", "--strict", "--python-executable", python, "mistaken.py")
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return sorted(re.findall(r"error: .*\[([\w-]+)\]", done.stdout))
