"""Runs a command that is killed at a moment that hurts: SIGKILL, in the middle of a batch of a redrive.

`python -m tests.integration.operations.killing MOMENT BATCH COMMAND...`; moments are in `MOMENTS`.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from typing import Any, Final

from eccs_contracts._cli import main
from eccs_contracts.clients import RawProducer
from eccs_contracts.dead_letters.redriving import Redriver
from eccs_contracts.dead_letters.store import AuditStore

_SEND: Final = RawProducer.send
_WRITE: Final = AuditStore.write


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _intended(_: list[Any]) -> None:
    """The intention is written, nothing is sent."""

    def send(_producer: RawProducer, *_: Any, **__: Any) -> Any:
        _die()

    RawProducer.send = send  # type: ignore[method-assign,assignment]


def _half_sent(batch: list[Any]) -> None:
    """The broker has the first half of the batch."""
    sent = 0

    def send(producer: RawProducer, *arguments: Any, **named: Any) -> Any:
        nonlocal sent
        if sent == len(batch) // 2:
            producer.flush(20)
            _die()
        sent += 1
        return _SEND(producer, *arguments, **named)

    RawProducer.send = send  # type: ignore[method-assign,assignment]


def _all_sent(_: list[Any]) -> None:
    """The broker has the batch, the audit record says only that it was intended."""
    writes = 0

    def write(store: AuditStore, one: Any) -> None:
        nonlocal writes
        if writes:
            _die()
        writes += 1
        _WRITE(store, one)

    AuditStore.write = write  # type: ignore[method-assign,assignment]


def _written(_: list[Any]) -> None:
    """All is sent and written, but not how far the run is."""

    def progress(_store: AuditStore, _run: Any) -> None:
        _die()

    AuditStore.progress = progress  # type: ignore[method-assign,assignment]


MOMENTS: Final[dict[str, Callable[[list[Any]], None]]] = {
    "intended": _intended,
    "half-sent": _half_sent,
    "all-sent": _all_sent,
    "written": _written,
}


def killed(moment: str, number: int, arguments: list[str]) -> int:
    """Run a command that dies in its batch of this number, counted from 1, or in the next one that can be halved.

    Returns:
        Its exit code, where it does not die.
    """
    send, seen = Redriver._send, 0

    def watched(redriver: Redriver, sends: Any, run: Any) -> None:
        nonlocal seen
        seen += 1
        if seen >= number and len(sends) > 1:
            MOMENTS[moment](sends)
        send(redriver, sends, run)

    Redriver._send = watched  # type: ignore[method-assign,assignment]
    return main(arguments)


if __name__ == "__main__":
    sys.exit(killed(sys.argv[1], int(sys.argv[2]), sys.argv[3:]))
