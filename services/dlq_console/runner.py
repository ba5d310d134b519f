"""Redrives in the background of this process: one at a time, stopped between batches, continued by the same options."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final

from eccs_contracts.clients import RawProducer
from eccs_contracts.dead_letters.audit import Run
from eccs_contracts.dead_letters.errors import RunActive
from eccs_contracts.dead_letters.reading import LetterReader, TopicReader
from eccs_contracts.dead_letters.redriving import Redriver, only_one, opened
from eccs_contracts.dead_letters.settling import settle
from eccs_contracts.dead_letters.store import AuditStore
from eccs_contracts.errors import ContractsError
from eccs_contracts.serde import Registry
from services.dlq_console.filters import order_of
from services.web.logs import Log

_LARGEST: Final = 16_777_216  # bytes; what a topic takes is the broker's to say, not this side's default
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
        began: when this process did.
        error: what stopped it.
    """

    run: str
    total: int
    done: int
    began: datetime
    state: WorkState = WorkState.RUNNING
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Task:
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
    note: str


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

    def begin(self, task: Task) -> str:
        """Begin a run, or continue the one that was interrupted and has these options; its name.

        Raises:
            RunActive: a redrive is at work.
            BrokerUnavailable: the broker does not answer.
            AuditUnavailable: MongoDB does not answer.
            BadInput: the options are not of this version.
            TimeoutError: what was interrupted takes long to look up; the run will be among the runs.
        """
        begun: Future[str] = Future()
        with self._guard:
            if self._stopping.is_set():
                raise RunActive("the console is stopping")
            if self._thread is not None and self._thread.is_alive():
                raise RunActive("a redrive is at work here; wait for it, or look at its progress")
            self._thread = threading.Thread(target=self._run, args=(task, begun), name="redrive", daemon=True)
            self._thread.start()
        return begun.result(_BEGUN)

    def stop(self, timeout: float) -> None:
        """Stop after the batch that is under way; what is left can be continued."""
        with self._guard:
            self._stopping.set()
        if self._thread is not None:
            self._thread.join(timeout)

    def _run(self, task: Task, begun: Future[str]) -> None:
        try:
            self._redrive(task, begun.set_result)
        except Exception as error:  # noqa: BLE001  the thread's last frame: whoever waits, and the page, are told
            self._fail(error, begun)

    def _fail(self, error: Exception, begun: Future[str]) -> None:
        known = isinstance(error, ContractsError)
        self._log("error", "redrive failed", error=type(error).__name__, reason=str(error) if known else None)
        if not begun.done():
            begun.set_exception(error)
        elif self._work is not None:
            told = str(error) if known else f"the console failed ({type(error).__name__}); its log says when"
            self._work = replace(self._work, state=WorkState.FAILED, error=told)

    def _redrive(self, task: Task, tell: Callable[[str], None]) -> None:
        with (
            closing(LetterReader(self._config, self._registry)) as reader,
            only_one(self._store, socket.gethostname()) as me,
        ):
            settle(self._store, lambda topic: TopicReader(self._config, topic))
            order_of(task.options, datetime.now(UTC), task.rate)  # refused before anything is written
            run, continued = opened(self._store, task.options, reader, by=task.by, note=task.note)
            order = order_of(run.options, run.started, task.rate)
            self._work = Work(run.id, _left(run), 0, datetime.now(UTC))
            self._log("info", "redrive begun", run=run.id, by=task.by, continued=continued)
            tell(run.id)
            producer = RawProducer({**self._config, "message.max.bytes": _LARGEST})
            try:
                self._follow(self._work, Redriver(reader, producer, self._store, me).redrive(run, order))
            finally:
                producer.stop()

    def _follow(self, work: Work, batches: Iterator[int]) -> None:
        """Take one batch after the other, until the end or until this process is told to stop."""
        for count in batches:
            work = self._work = replace(work, done=work.done + count)
            if self._stopping.is_set():
                self._work = replace(work, state=WorkState.STOPPED)
                self._log("warning", "redrive interrupted by a stop; it can be continued", run=work.run)
                return
        self._work = replace(work, state=WorkState.FINISHED)
        self._log("info", "redrive finished", run=work.run, looked_at=work.done)


def _left(run: Run) -> int:
    return sum(max(0, end - run.reached.get(number, 0)) for number, end in run.until.items())
