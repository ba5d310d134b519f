"""The older services' messages, sent by kafkajs itself, and how each of them is to end."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

HERE: Final = Path(__file__).parent
_CACHE: Final = HERE.parents[2] / ".cache" / "node"
_FILES: Final = ("package.json", "kinds.cjs", "send.cjs")
_INSTALL: Final = ("npm", "install", "--omit=dev", "--no-package-lock", "--ignore-scripts", "--no-audit", "--no-fund")
_PATIENCE: Final = 120  # seconds for the package registry, and for sending


class NoNode(Exception):
    """Raised when Node, npm or the packages cannot be had; says which."""


@dataclass(frozen=True, slots=True)
class End:
    """How a kind of message is to end.

    Attributes:
        end: sent, not sent, or the category of its dead letter; for what was a dead letter from the start: redriven,
            or left in the DLQ.
        reason: a part of what its dead letter says, why a redrive leaves it, or a remark for readers.
        retries: what its dead letter counts.
    """

    end: str
    reason: str = ""
    retries: int = 0


@dataclass(frozen=True, slots=True)
class Sent:
    """A message that was produced."""

    kind: str
    place: tuple[str, int, int]
    id: str
    to: str
    subject: str


def expected() -> dict[str, End]:
    """How each kind is to end."""
    found: dict[str, dict[str, Any]] = json.loads((HERE / "ends.json").read_text("utf-8"))
    return {kind: End(**end) for kind, end in found.items()}


def table() -> list[str]:
    """The table of docs/migration.md: kinds by how they end, in the order of the file."""
    kinds: dict[End, list[str]] = {}
    for kind, end in expected().items():
        kinds.setdefault(end, []).append(f"`{kind}`")
    rows = ["| kinds | end | reason, or remark | retries |", "|---|---|---|---|"]
    for end, names in kinds.items():
        dead = end.end.isupper()
        rows.append(f"| {', '.join(names)} | {end.end} | {end.reason} | {end.retries if dead else ''} |")
    return rows


def send_all(environment: Mapping[str, str]) -> list[Sent]:
    """Produce a message of every kind; those with one id several times.

    Raises:
        NoNode: a program is missing or the package registry does not answer.
    """
    done = subprocess.run(
        ["node", str(_installed() / "send.cjs")],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=_PATIENCE,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return [_sent(json.loads(line)) for line in done.stdout.splitlines() if line.startswith("{")]


def _sent(line: dict[str, Any]) -> Sent:
    place = (line["topic"], line["partition"], line["offset"])
    return Sent(line["kind"], place, *(str(line.get(name)) for name in ("id", "to", "subject")))


def _installed() -> Path:
    """The folder with the scripts and the versions that package.json names; made once, then found."""
    missing = [program for program in ("node", "npm") if shutil.which(program) is None]
    if missing:
        raise NoNode(f"{' and '.join(missing)} not found")
    wanted = b"".join((HERE / name).read_bytes() for name in _FILES)
    folder = _CACHE / f"legacy-{hashlib.sha256(wanted).hexdigest()[:16]}"
    if not folder.is_dir():
        _install(folder)
    return folder


def _install(folder: Path) -> None:
    draft = folder.with_name(f"{folder.name}.{os.getpid()}")
    draft.mkdir(parents=True)
    try:
        for name in _FILES:
            shutil.copy(HERE / name, draft)
        done = subprocess.run(_INSTALL, cwd=draft, capture_output=True, text=True, timeout=_PATIENCE, check=False)
        if done.returncode:
            raise NoNode(f"npm cannot install kafkajs: {done.stderr.strip()[-300:]}")
        if not folder.is_dir():  # another run may have been faster
            draft.rename(folder)
    except subprocess.TimeoutExpired:
        raise NoNode(f"npm did not install kafkajs within {_PATIENCE} s") from None
    finally:
        shutil.rmtree(draft, ignore_errors=True)
