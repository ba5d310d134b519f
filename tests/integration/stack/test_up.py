"""The command line tells what is wrong, in one line and an exit code."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator

import pytest

from services.local_stack import StackError, StackOptions, start_stack
from services.local_stack.processes import ROOT
from services.local_stack.up import export_lines


def run(*arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """Runs the command line to its end."""
    return subprocess.run(
        [sys.executable, "-m", "services.local_stack", *arguments],
        cwd=ROOT,
        env={**os.environ, **environ},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.fixture
def closed_port() -> Iterator[int]:
    """A port that refuses connections for as long as the test runs: bound, but nobody listens."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield bound.getsockname()[1]


@pytest.mark.parametrize(
    ("part", "variable", "address"),
    [
        ("broker", "KAFKA_BOOTSTRAP_SERVERS", "127.0.0.1:{}"),
        ("broker", "KAFKA_BROKERS", "127.0.0.1:{}"),
        ("registry", "SCHEMA_REGISTRY_URL", "http://127.0.0.1:{}"),
        ("mongo", "MONGODB_URI", "mongodb://127.0.0.1:{}/"),
    ],
)
def test_external_part_that_does_not_answer(part: str, variable: str, address: str, closed_port: int) -> None:
    """Exit code 3, and the message names the address and the variable."""
    given = address.format(closed_port)
    done = run("up", "--only", part, ECCS_START_TIMEOUT="0.3", **{variable: given})
    assert (done.returncode, done.stdout) == (3, "")
    assert f"nothing answers at {given} ({variable})" in done.stderr
    assert "Traceback" not in done.stderr


def test_external_smtp_that_does_not_answer(closed_port: int) -> None:
    """Host and port are named together."""
    done = run("up", "--only", "smtp", ECCS_START_TIMEOUT="0.3", SMTP_HOST="127.0.0.1", SMTP_PORT=str(closed_port))
    assert done.returncode == 3
    assert f"nothing answers at 127.0.0.1:{closed_port} (SMTP_HOST, SMTP_PORT)" in done.stderr


def test_external_address_shows_no_password(closed_port: int) -> None:
    """Credentials in an address stay out of messages."""
    uri = f"mongodb://user:secret@127.0.0.1:{closed_port}/"
    done = run("up", "--only", "mongo", ECCS_START_TIMEOUT="0.3", MONGODB_URI=uri)
    assert "secret" not in done.stderr
    assert done.returncode == 3


@pytest.mark.parametrize(
    ("arguments", "environ", "message"),
    [
        (
            ["up"],
            {"ECCS_BROKER": "rabbit"},
            "ECCS_BROKER=rabbit: the providers are external, docker, kafka, embedded",
        ),
        (["up"], {"ECCS_SMTP": "docker"}, "ECCS_SMTP=docker: the providers are external, embedded"),
        (["up"], {"ECCS_START_TIMEOUT": "soon"}, "ECCS_START_TIMEOUT=soon"),
        (["up", "--only", "broker,oven"], {}, "oven: the parts are broker, registry, mongo, smtp"),
        (["down"], {}, "no subcommand 'down'"),
        ([], {}, ""),
    ],
)
def test_usage_errors(arguments: list[str], environ: dict[str, str], message: str) -> None:
    """Exit code 2, before anything is started."""
    done = run(*arguments, **environ)
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_asking_for_a_provider_that_cannot_be_used() -> None:
    """Asked for by name, a provider is not silently replaced."""
    done = run("up", "--only", "broker", ECCS_BROKER="kafka", JAVA_HOME="/nowhere")
    assert done.returncode == 3
    assert "no java in JAVA_HOME" in done.stderr


def test_says_why_better_providers_were_passed_over() -> None:
    """One line per part: which, why, and why none of the better ones."""
    lines: list[str] = []
    with start_stack(StackOptions(("smtp",)), lines.append) as stack:
        assert [str(choice) for choice in stack.choices] == lines[:1]
    assert lines[0].startswith("smtp: embedded: the in-process sink at 127.0.0.1:")
    assert lines[0].endswith("; not external: SMTP_HOST is not set")


def test_a_part_that_ends_is_noticed() -> None:
    """`check` raises with the exit code once a process of the stack has ended."""
    with start_stack(StackOptions(("mongo",), providers={"mongo": "embedded"}), lambda _: None) as stack:
        stack.check()
        stack.stop()
        with pytest.raises(StackError, match="mongo ended"):
            stack.check()


def test_exported_values_are_quoted() -> None:
    """A shell that evaluates the lines gets the values back as they were."""
    assert export_lines({"A": "x y", "B": "1"}) == "export A='x y'\nexport B=1\n"
