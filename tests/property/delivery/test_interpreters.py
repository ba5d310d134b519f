"""Every CPython composes the same bytes: no version of the `email` package has a say in them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

import idna
import pytest

from tests.property.delivery.compose_drafts import composed
from tests.property.delivery.subjects import REFUSED, TAKEN

ROOT: Final = Path(__file__).parents[3]
_VERSION: Final = "import sys, platform; print(*sys.version_info[:2], platform.python_implementation())"
_OLDEST: Final = (3, 11)


def _others() -> list[Path]:
    """Other CPythons of 3.11 or later: those of pyenv, and those on the PATH."""
    root = Path(os.environ.get("PYENV_ROOT", "~/.pyenv")).expanduser()
    named = [shutil.which(f"python3.{minor}") for minor in range(_OLDEST[1], 20)]
    paths = [*root.glob("versions/*/bin/python3"), *(Path(name) for name in named if name is not None)]
    own = Path(sys.executable).resolve()
    return sorted({path for path in paths if path.resolve() != own and _serves(path)})


def _serves(path: Path) -> bool:
    """Whether it is a CPython that is new enough; what pyenv only has a name for does not run."""
    done = subprocess.run([path, "-c", _VERSION], capture_output=True, text=True, check=False)
    major, minor, kind = done.stdout.split() if done.returncode == 0 else ("0", "0", "")
    return kind == "CPython" and (int(major), int(minor)) >= _OLDEST


def test_every_interpreter_composes_the_same_bytes(tmp_path: Path) -> None:
    """And refuses the same subjects, with the same words."""
    others = _others()
    if not others:
        pytest.skip("there is no other CPython of 3.11 or later here")
    (tmp_path / "idna").symlink_to(Path(idna.__file__).parent)
    environment = {"PYTHONPATH": f"{ROOT}{os.pathsep}{tmp_path}", "PYTHONDONTWRITEBYTECODE": "1"}
    script = Path(__file__).with_name("compose_drafts.py")
    subjects = [*TAKEN, *REFUSED]
    results = {
        path: json.loads(
            subprocess.check_output([path, script], input=json.dumps(subjects), env=environment, text=True)
        )
        for path in others
    }

    ours = [composed(subject) for subject in subjects]
    assert results == dict.fromkeys(others, ours)
