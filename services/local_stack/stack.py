"""Starts the parts, each by the best provider present, and stops them together."""

import os
import sys
import threading
import time
from collections.abc import Iterable, Mapping
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Self

from services.local_stack import broker, containers, database, kafka_jvm, registry, smtp
from services.local_stack.errors import USAGE, StackError, Unavailable
from services.local_stack.processes import Patience
from services.local_stack.providers import Choice, Context, Provider, Report, Started
from services.local_stack.smtp_faults import Fault
from services.local_stack.smtp_sink import SmtpSink

PROVIDERS: Mapping[str, Mapping[str, Provider]] = {
    "broker": {
        "external": broker.external_broker,
        "docker": containers.docker_broker,
        "kafka": kafka_jvm.start_kafka,
        "embedded": broker.embedded_broker,
    },
    "registry": {
        "external": registry.external_registry,
        "docker": containers.docker_registry,
        "embedded": registry.embedded_registry,
    },
    "mongo": {
        "external": database.external_database,
        "docker": containers.docker_database,
        "embedded": database.embedded_database,
    },
    "smtp": {
        "external": smtp.external_smtp,
        "embedded": smtp.embedded_smtp,
    },
}
"""Part to provider name to provider, best first. ECCS_<PART> in the environment asks for one by name."""

PARTS = tuple(PROVIDERS)

_TIMEOUT_VARIABLE = "ECCS_START_TIMEOUT"
_TIMEOUT_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class StackOptions:
    """What to start.

    Attributes:
        parts: Of broker, registry, mongo, smtp.
        smtp_faults: What the embedded sink does wrong from the start.
        providers: Part to provider name, stronger than the ECCS_* variables.
    """

    parts: tuple[str, ...] = PARTS
    smtp_faults: tuple[Fault, ...] = ()
    providers: Mapping[str, str] = field(default_factory=dict)


class Stack:
    """The running parts; a context manager that stops them. Made by `start_stack`."""

    def __init__(self, started: Mapping[str, Started]) -> None:
        self._started = started
        self.choices = tuple(part.choice for part in started.values() if part.choice)
        environment = {name: value for part in started.values() for name, value in part.environment.items()}
        self.environment: Mapping[str, str] = MappingProxyType(environment)

    @property
    def sink(self) -> SmtpSink | None:
        """The SMTP sink; None when the SMTP server is an external one or was not asked for."""
        return self._started["smtp"].sink if "smtp" in self._started else None

    @property
    def kafka_is_apache(self) -> bool:
        """Whether the broker is taken to be Apache Kafka: every provider of one but the embedded."""
        return any(choice.part == "broker" and choice.provider != "embedded" for choice in self.choices)

    def check(self) -> None:
        """Looks whether every part that the stack runs as a process still runs.

        Raises:
            StackError: One has ended; the message shows its last lines.
        """
        for part, started in self._started.items():
            if started.child is not None and (code := started.child.exit_code()) is not None:
                message = f"{part} ended with exit code {code}; its last lines:\n{started.child.tail()}"
                raise StackError(message)

    def stop(self) -> None:
        """Stops every part that the stack started. Stopping twice is harmless."""
        _stop_all(self._started.values())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def report_to_stderr(line: str) -> None:
    """Where progress goes unless the caller says otherwise."""
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


def start_stack(options: StackOptions | None = None, report: Report = report_to_stderr) -> Stack:
    """Starts the parts beside each other and returns when all of them answer.

    Args:
        options: What to start; everything, as found automatically, by default.
        report: Takes a line about each part, and about whatever takes longer; called from several threads.

    Raises:
        StackError: A part does not come up, or an option or variable names none that exists. Nothing is
            left running then.
    """
    options = options or StackOptions()
    wanted = {part: _wanted(part, options) for part in sorted(set(options.parts), key=_position)}
    patience = Patience(_timeout(), threading.Event())
    jobs: dict[str, Future[Started]] = {}
    context = Context(os.environ, patience, report, options.smtp_faults, jobs)
    begun = time.monotonic()
    try:
        _start_all(wanted, context, jobs)
    except BaseException:
        _stop_all(job.result() for job in jobs.values() if job.exception() is None)
        raise
    report(f"the stack is up after {time.monotonic() - begun:.1f} s")
    return Stack({part: job.result() for part, job in jobs.items()})


def _start_all(wanted: Mapping[str, str | None], context: Context, jobs: dict[str, Future[Started]]) -> None:
    """Fills `jobs`; returns, or raises, when none of them is under way any more."""
    with ThreadPoolExecutor(max(len(wanted), 1), "start") as pool:
        try:
            # In the order of PARTS: the registry's container looks for the broker among the jobs.
            for part, provider in wanted.items():
                jobs[part] = pool.submit(_start, part, provider, context)
            done, _ = wait(jobs.values(), return_when=FIRST_EXCEPTION)
            for job in done:
                job.result()
        except BaseException:
            context.patience.cancelled.set()
            raise


def _stop_all(parts: Iterable[Started]) -> None:
    with ThreadPoolExecutor(len(PARTS), "stop") as pool:
        # Asking for each result lets an error out.
        for done in [pool.submit(part.stop) for part in parts]:
            done.result()


def _start(part: str, wanted: str | None, context: Context) -> Started:
    """Starts the part by the provider that is asked for, else by the first that can be used here."""
    if wanted is not None:
        started = PROVIDERS[part][wanted](context)
        return _chosen(part, wanted, started, f"as {variable_of(part)} asks", context)
    passed_over: list[str] = []
    for name, provider in PROVIDERS[part].items():
        try:
            started = provider(context)
        except Unavailable as reason:
            # The rest is for who asked for this very provider.
            first_line = str(reason).partition("\n")[0]
            passed_over.append(f"not {name}: {first_line}")
        else:
            return _chosen(part, name, started, "; ".join(passed_over), context)
    message = f"{part}: no provider can be used here; {'; '.join(passed_over)}"
    raise StackError(message)


def _chosen(part: str, provider: str, started: Started, reason: str, context: Context) -> Started:
    choice = Choice(part, provider, f"{started.what}; {reason}" if reason else started.what)
    context.report(str(choice))
    return replace(started, choice=choice)


def variable_of(part: str) -> str:
    """The variable that asks for a provider of the part."""
    return f"ECCS_{part.upper()}"


def _wanted(part: str, options: StackOptions) -> str | None:
    """The provider asked for, checked; None for the best that is found."""
    name = options.providers.get(part) or os.environ.get(variable_of(part)) or None
    if name is not None and name not in PROVIDERS[part]:
        message = f"{variable_of(part)}={name}: the providers are {', '.join(PROVIDERS[part])}"
        raise StackError(message, USAGE)
    return name


def _position(part: str) -> int:
    if part not in PROVIDERS:
        message = f"{part} is no part of the stack; the parts are {', '.join(PARTS)}"
        raise StackError(message, USAGE)
    return PARTS.index(part)


def _timeout() -> float:
    given = os.environ.get(_TIMEOUT_VARIABLE) or str(_TIMEOUT_SECONDS)
    try:
        seconds = float(given)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < float("inf"):
        message = f"{_TIMEOUT_VARIABLE}={given}: this must be a number of seconds above 0"
        raise StackError(message, USAGE)
    return seconds
