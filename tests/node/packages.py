"""Packages of Node for tests: installed once into `.cache`, which Git ignores, from exact versions."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Final

_CACHE: Final = Path(__file__).parents[2] / ".cache" / "node"
_INSTALL: Final = ("npm", "install", "--omit=dev", "--no-package-lock", "--ignore-scripts", "--no-audit", "--no-fund")
_PATIENCE: Final = 120  # seconds for the registry


class NoNode(Exception):
    """Raised when Node, npm or a package cannot be had; says which."""


def installed(source: Path, scripts: Sequence[str]) -> Path:
    """The folder with the scripts and the versions that `package.json` names; made once, then found.

    Args:
        source: the folder of `package.json` and of the scripts.
        scripts: names of files.

    Raises:
        NoNode: a program is missing or the registry does not answer.
    """
    missing = [program for program in ("node", "npm") if shutil.which(program) is None]
    if missing:
        raise NoNode(f"{' and '.join(missing)} not found")
    files = [source / name for name in ("package.json", *scripts)]
    wanted = b"".join(file.read_bytes() for file in files)
    folder = _CACHE / hashlib.sha256(wanted).hexdigest()[:16]
    if not folder.is_dir():
        _install(files, folder)
    return folder


def _install(files: Sequence[Path], folder: Path) -> None:
    draft = folder.with_name(f"{folder.name}.{os.getpid()}")
    draft.mkdir(parents=True)
    try:
        for file in files:
            shutil.copy(file, draft)
        done = subprocess.run(_INSTALL, cwd=draft, capture_output=True, text=True, timeout=_PATIENCE, check=False)
        if done.returncode:
            raise NoNode(f"npm cannot install {files[0]}: {done.stderr.strip()[-300:]}")
        if not folder.is_dir():  # another run may have been faster
            draft.rename(folder)
    except subprocess.TimeoutExpired:
        raise NoNode(f"npm did not install {files[0]} within {_PATIENCE} s") from None
    finally:
        shutil.rmtree(draft, ignore_errors=True)
