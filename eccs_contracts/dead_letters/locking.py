"""One redrive at a time, for two at once could send a message twice: a lock in MongoDB that its holder keeps fresh."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

from eccs_contracts.dead_letters.audit import STALE, Lock, is_held
from eccs_contracts.dead_letters.errors import AuditUnavailable, RunActive
from eccs_contracts.dead_letters.store import AuditStore

_BEAT: Final = STALE.total_seconds() / 6


@contextmanager
def only_one(store: AuditStore, host: str) -> Iterator[Lock]:
    """Hold the lock for as long as the block runs; a process that is gone is taken over from.

    Raises:
        RunActive: another redrive is at work.
        AuditUnavailable: MongoDB does not answer.
    """
    store.prepare()
    me, seen = Lock(host, os.getpid(), datetime.now(UTC)), store.lock()
    if seen is not None and is_held(seen, me, alive=_is_alive(seen.pid)):
        raise RunActive(
            f"a redrive is at work on {seen.host}, process {seen.pid}, last seen {seen.beat:%H:%M:%S} UTC; "
            "wait for it, or stop it and repeat"
        )
    store.take(seen, me)
    over = threading.Event()
    heart = threading.Thread(target=_beat, args=(store, me, over), name="redrive-lock", daemon=True)
    heart.start()
    try:
        yield me
    finally:
        over.set()
        heart.join()
        with suppress(AuditUnavailable):  # what is not released goes stale
            store.release(me)


def _beat(store: AuditStore, me: Lock, over: threading.Event) -> None:
    """Give signs of life, also while a slow rate is waited for; whoever works finds out by itself that it is lost."""
    while not over.wait(_BEAT):
        with suppress(AuditUnavailable, RunActive):
            store.beat(replace(me, beat=datetime.now(UTC)))


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
