"""What a provider is: a function from a context to a part that runs, or `Unavailable` with the reason."""

import re
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NoReturn

from services.local_stack.errors import StackError, Unavailable
from services.local_stack.processes import Child, Patience
from services.local_stack.smtp_faults import Fault
from services.local_stack.smtp_sink import SmtpSink

if TYPE_CHECKING:
    from testcontainers.core.network import Network

Report = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Choice:
    """Which provider a part took, and why that one and no better one."""

    part: str
    provider: str
    why: str

    def __str__(self) -> str:
        return f"{self.part}: {self.provider}: {self.why}"


@dataclass(frozen=True, slots=True)
class Started:
    """A part that runs.

    Attributes:
        environment: What a program needs to find it.
        what: One phrase: which program, where, and what it is not.
        stop: Ends it.
        child: Its process, when it is one of ours.
        sink: The SMTP sink, when it is that.
        network: The Docker network that other containers find it on, when it is a container.
        choice: How it came to be this one; known once it is chosen.
    """

    environment: Mapping[str, str]
    what: str
    stop: Callable[[], None] = lambda: None
    child: Child | None = None
    sink: SmtpSink | None = None
    network: "Network | None" = None
    choice: Choice | None = None


@dataclass(frozen=True, slots=True)
class Context:
    """What a provider may look at.

    Attributes:
        environ: The environment of this process.
        patience: How long a part may take to answer.
        report: Takes a line of progress for the user.
        faults: What the SMTP sink is to do wrong.
        starting: The parts that are being started beside this one.
    """

    environ: Mapping[str, str]
    patience: Patience
    report: Report
    faults: tuple[Fault, ...] = ()
    starting: Mapping[str, "Future[Started]"] = field(default_factory=dict)

    def address(self, *variables: str) -> tuple[str, str]:
        """The first of the variables that is set, and its value.

        Raises:
            Unavailable: None of them is set.
        """
        for variable in variables:
            if self.environ.get(variable):
                return variable, self.environ[variable]
        message = f"{variables[0]} is not set"
        raise Unavailable(message)


Provider = Callable[[Context], Started]


def silent(what: str, address: str, variable: str, seconds: float) -> NoReturn:
    """Raises the error for an external part that does not answer."""
    message = (
        f"{what}: nothing answers at {without_password(address)} ({variable}) after {seconds:g} s. "
        f"Start it, correct {variable}, or unset {variable} so that the stack starts a {what} itself."
    )
    raise StackError(message)


def without_password(address: str) -> str:
    """The address as it may be shown."""
    return re.sub(r"//[^/@]*@", "//***@", address)
