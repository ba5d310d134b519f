"""The older services' messages, sent by kafkajs itself, and how each of them is to end."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tests.node.packages import NoNode, installed

HERE: Final = Path(__file__).parent
_PATIENCE: Final = 120  # seconds for sending

__all__ = ["End", "NoNode", "Sent", "expected", "send_all", "table"]


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
    folder = installed(HERE, ["kinds.cjs", "send.cjs"])
    done = subprocess.run(
        ["node", str(folder / "send.cjs")],
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
