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
    out = _run(python, "-c", example[1], env={**os.environ, **stack.environment}, cwd=tmp_path)

    assert out.endswith("read Hello\n")
