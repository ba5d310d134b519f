"""Node's `mailparser` as a second reader of mails, independent of Python's `email`."""

from __future__ import annotations

import base64
import json
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from tests.node.packages import NoNode, installed

_HERE: Final = Path(__file__).parent
__all__ = ["MailParser", "NoNode"]


class MailParser:
    """One Node process that reads mail after mail."""

    def __init__(self) -> None:
        """Install the package if its version is not in the cache, and start the process.

        Raises:
            NoNode: a program is missing or the registry does not answer.
        """
        folder = installed(_HERE, ["read_mails.mjs"])
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
