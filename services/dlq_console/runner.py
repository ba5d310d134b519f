"""Redrives in the background of this process: one at a time, stopped between batches, continued by the same options."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final, TypeVar

from eccs_contracts.dead_letters.audit import Run
from eccs_contracts.dead_letters.errors import RunActive
from eccs_contracts.dead_letters.performing import Task, Watch, perform
from eccs_contracts.dead_letters.reading import LetterReader
from eccs_contracts.dead_letters.store import AuditStore
from eccs_contracts.errors import ContractsError
from eccs_contracts.serde import Registry
from services.dlq_console.filters import order_of
from services.logs import Log

T = TypeVar("T")

_BEGUN: Final = 60.0  # seconds; after a crash a target topic is searched before a run begins


class WorkState(StrEnum):
    """How the work of this process on a run stands."""

    RUNNING = "running"
    FINISHED = "finished"
    STOPPED = "stopped"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Work:
    """What this process does, or did last.

    Attributes:
        run: name of the run.
        total: letters to look at since this process began on the run.
        done: letters looked at.
        error: what stopped it.
    """

    run: str
    total: int
    done: int = 0
    state: WorkState = WorkState.RUNNING
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants redriven.

    Attributes:
        options: a selection and the guard, as a run keeps them.
        rate: messages a second at most; None for no limit.
        by: who, for the audit record.
        note: why, for the audit record.
    """

    options: Mapping[str, Any]
    rate: float | None
    by: str
    note: str = ""


class _Stopped(Exception):
    """Raised to leave a run between two batches."""


class Runner:
    """Does redrives."""

    def __init__(self, config: Mapping[str, str], registry: Registry, store: AuditStore, log: Log) -> None:
        """Take librdkafka's settings, the registry, the audit record and a log."""
        self._config, self._registry, self._store, self._log = config, registry, store, log
        self._guard = threading.Lock()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._work: Work | None = None

    @property
    def work(self) -> Work | None:
        """What this process does, or did last."""
        return self._work

    def begin(self, wish: Wish) -> str:
        """Begin a run, or continue the one that was interrupted and has these options; its name.

        Raises:
            RunActive: a redrive is at work.
            BrokerUnavailable: the broker does not answer.
            AuditUnavailable: MongoDB does not answer.
            BadInput: the options are not of this version.
            TimeoutError: what was interrupted takes long to look up; the run will be among the runs.
        """
        order_of(wish.options, datetime.now(UTC), wish.rate)  # refused before anything is written
        begun: Future[str] = Future()
        with self._guard:
            self._refuse_if_busy()
            self._thread = threading.Thread(target=self._run, args=(wish, begun), name="redrive", daemon=True)
            self._thread.start()
        return begun.result(_BEGUN)

    def alone(self, work: Callable[[], T]) -> T:
        """Do something short that no redrive may be at work beside; the lock of redrives does not see its own process.

        Raises:
            RunActive: a redrive is at work here, or the console is stopping; and whatever `work` raises.
        """
        with self._guard:
            self._refuse_if_busy()
            return work()

    def _refuse_if_busy(self) -> None:
        if self._stopping.is_set():
            raise RunActive("the console is stopping")
        if self._thread is not None and self._thread.is_alive():
            raise RunActive("a redrive is at work here; wait for it to end")

    def stop(self, timeout: float) -> None:
        """Stop after the batch that is under way; what is left can be continued."""
        with self._guard:
            self._stopping.set()
        if self._thread is not None:
            self._thread.join(timeout)

    def _run(self, wish: Wish, begun: Future[str]) -> None:
        try:
            with closing(LetterReader(self._config, self._registry)) as reader:
                self._redrive(wish, reader, begun)
            self._end(WorkState.FINISHED)
        except _Stopped:
            self._end(WorkState.STOPPED)
        except Exception as error:  # noqa: BLE001  the thread's last frame: whoever waits, and the page, are told
            told = str(error) if isinstance(error, ContractsError) else f"{type(error).__name__}; see the log"
            self._end(WorkState.FAILED, told)
            if not begun.done():
                begun.set_exception(error)

    def _redrive(self, wish: Wish, reader: LetterReader, begun: Future[str]) -> None:
        def tell(run: Run, continued: bool, _: object) -> None:
            self._work = Work(run.id, sum(max(0, end - run.reached.get(one, 0)) for one, end in run.until.items()))
            self._log.audit("redrive begun", wish.by, run=run.id, continued=continued)
            begun.set_result(run.id)

        task = Task(
            options=wish.options,
            order=lambda run: order_of(run.options, run.started, wish.rate),
            by=wish.by,
            host=socket.gethostname(),
            note=wish.note,
        )
        perform(self._config, self._store, reader, task, Watch(tell, self._looked))

    def _looked(self, count: int) -> None:
        if self._work is not None:
            self._work = replace(self._work, done=self._work.done + count)
        if self._stopping.is_set():
            raise _Stopped

    def _end(self, state: WorkState, error: str | None = None) -> None:
        level = "info" if state is WorkState.FINISHED else "warning"
        self._log(level, f"redrive {state}", run=self._work.run if self._work else None, error=error)
        if self._work is not None and self._work.state is WorkState.RUNNING:
            self._work = replace(self._work, state=state, error=error)
