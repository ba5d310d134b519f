"""Node's `mailparser` as a second reader of mails, independent of Python's `email`."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import shutil
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

_HERE: Final = Path(__file__).parent
_CACHE: Final = _HERE.parents[1] / ".cache" / "node"
_INSTALL: Final = ("npm", "install", "--omit=dev", "--no-package-lock", "--ignore-scripts", "--no-audit", "--no-fund")
_PATIENCE: Final = 120  # seconds for the registry


class NoNode(Exception):
    """Raised when Node, npm or the package cannot be had; says which."""


class MailParser:
    """One Node process that reads mail after mail."""

    def __init__(self) -> None:
        """Install the package if its version is not in the cache, and start the process.

        Raises:
            NoNode: a program is missing or the registry does not answer.
        """
        folder = _installed()
        self._process = subprocess.Popen(
            ["node", str(folder / "read_mails.mjs")], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )

    def read(self, mail: bytes) -> dict[str, Any]:
        """What mailparser finds: names of header fields, subject, mailboxes, date, id, text, html."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(base64.b64encode(mail) + b"\n")
        self._process.stdin.flush()
        found: dict[str, Any] = json.loads(self._process.stdout.readline())
        return found

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.communicate(timeout=10)


def _installed() -> Path:
    """The folder with the script and the versions that package.json names; made once, then found."""
    missing = [program for program in ("node", "npm") if shutil.which(program) is None]
    if missing:
        raise NoNode(f"{' and '.join(missing)} not found")
    wanted = b"".join((_HERE / name).read_bytes() for name in ("package.json", "read_mails.mjs"))
    folder = _CACHE / hashlib.sha256(wanted).hexdigest()[:16]
    if not folder.is_dir():
        _install(folder)
    return folder


def _install(folder: Path) -> None:
    draft = folder.with_name(f"{folder.name}.{os.getpid()}")
    draft.mkdir(parents=True)
    try:
        for name in ("package.json", "read_mails.mjs"):
            shutil.copy(_HERE / name, draft)
        done = subprocess.run(_INSTALL, cwd=draft, capture_output=True, text=True, timeout=_PATIENCE, check=False)
        if done.returncode:
            raise NoNode(f"npm cannot install mailparser: {done.stderr.strip()[-300:]}")
        if not folder.is_dir():  # another run may have been faster
            draft.rename(folder)
    except subprocess.TimeoutExpired:
        raise NoNode(f"npm did not install mailparser within {_PATIENCE} s") from None
    finally:
        shutil.rmtree(draft, ignore_errors=True)
