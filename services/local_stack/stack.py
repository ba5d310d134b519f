"""The parts together: chosen, started at the same time, and stopped in the reverse order."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Final, Self

from services.local_stack.errors import StackError
from services.local_stack.providers import PROVIDERS, Environment, Provider, Report
from services.local_stack.smtp_sink import Fault, SmtpSink

PARTS: Final = ("broker", "registry", "mongo", "smtp")
_OVERRIDE: Final = {"broker": "ECCS_BROKER", "registry": "ECCS_REGISTRY", "mongo": "ECCS_MONGO"}


@dataclass(frozen=True, slots=True)
class Choice:
    """Which provider was taken for a part, and why not a better one."""

    part: str
    provider: str
    why: str

    def __str__(self) -> str:
        return f"{self.part}: {self.provider} ({self.why})"


@dataclass(slots=True)
class Stack:
    """Running parts; a context manager that stops them.

    Attributes:
        environment: the variables that programs need to find the parts.
        sink: the SMTP sink; None where mail goes to an external server.
    """

    environment: Environment
    choices: tuple[Choice, ...]
    sink: SmtpSink | None
    _exit: ExitStack

    def provider(self, part: str) -> str:
        """The name of the provider of a part."""
        return next(choice.provider for choice in self.choices if choice.part == part)

    def stop(self) -> None:
        """Stop everything; does nothing the second time."""
        self._exit.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def to_stderr(line: str) -> None:
    """The usual way to report."""
    print(f"local-stack: {line}", file=sys.stderr, flush=True)


def start_stack(parts: Iterable[str] = PARTS, *, faults: Sequence[Fault] = (), report: Report = to_stderr) -> Stack:
    """Start parts, each from the best provider here, or the one that ECCS_BROKER, ECCS_REGISTRY or ECCS_MONGO names.

    Raises:
        StackError: a part cannot be had; what was started is stopped again.
    """
    seconds = _timeout()
    wanted = [part for part in PARTS if part in tuple(parts)]
    chosen = [(part, *_choose(part)) for part in wanted if part != "smtp"]
    environment: Environment = {}
    choices: list[Choice] = []
    with ExitStack() as cleanup:
        with ThreadPoolExecutor(len(PARTS)) as pool:
            started = [pool.submit(provider.start, report, seconds) for _, provider, _ in chosen]
        for (part, provider, why), result in zip(chosen, started, strict=True):
            if result.exception() is None:
                variables, stop = result.result()
                cleanup.callback(stop)
                environment |= variables
                choices.append(Choice(part, provider.name, why))
        for result in started:
            result.result()
        sink = _mail(wanted, faults, environment, choices, cleanup)
        for choice in choices:
            report(str(choice))
        return Stack(environment, tuple(choices), sink, cleanup.pop_all())


def _timeout() -> float:
    text = os.environ.get("ECCS_START_TIMEOUT", "60")
    try:
        return float(text)
    except ValueError:
        raise StackError(f"ECCS_START_TIMEOUT is {text!r}: seconds are expected") from None


def _choose(part: str) -> tuple[Provider, str]:
    providers = PROVIDERS[part]
    wanted = os.environ.get(_OVERRIDE[part])
    if wanted:
        named = next((one for one in providers if one.name == wanted), None)
        if named is None:
            names = ", ".join(one.name for one in providers)
            raise StackError(f"{_OVERRIDE[part]} is {wanted!r}: one of {names} is expected")
        if reason := named.absent():
            raise StackError(f"{_OVERRIDE[part]} is {wanted!r}, but {reason}")
        return named, f"asked for by {_OVERRIDE[part]}"
    passed: list[str] = []
    for one in providers:
        reason = one.absent()
        if reason is None:
            return one, "; ".join(passed) or "found in the environment"
        passed.append(f"not {one.name}: {reason}")
    raise StackError(f"there is no {part}: {'; '.join(passed)}")


def _mail(
    wanted: Sequence[str],
    faults: Sequence[Fault],
    environment: Environment,
    choices: list[Choice],
    cleanup: ExitStack,
) -> SmtpSink | None:
    if "smtp" not in wanted:
        return None
    if os.environ.get("SMTP_HOST"):
        environment |= {name: value for name, value in os.environ.items() if name.startswith("SMTP_")}
        choices.append(Choice("smtp", "external", "SMTP_HOST is set"))
        return None
    sink = cleanup.enter_context(SmtpSink(faults))
    environment |= {"SMTP_HOST": sink.host, "SMTP_PORT": str(sink.port)}
    choices.append(Choice("smtp", "embedded", "not external: SMTP_HOST is not set"))
    return sink
