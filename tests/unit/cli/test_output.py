"""What commands print: tables, bars, progress; and how they end without a broker."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from eccs_contracts._cli import main
from eccs_contracts._cli._progress import Progress
from eccs_contracts._cli._tables import bars, table


def test_a_table_fits_the_terminal() -> None:
    """The widest texts are shortened, numbers stand at the right, control characters are shown as ?."""
    rows = [("a" * 100, 1234, None, "x\x1b[31m\ny"), ("b", 5, "c", "z")]
    lines = table(("name", "count", "note", "text"), rows)

    assert lines == [
        f"{'NAME':<57}  COUNT  NOTE  TEXT",
        f"{'a' * 56}…  1,234  -     x?[31m?y",
        f"{'b':<57}      5  c     z",
    ]
    assert max(map(len, lines)) <= 80


def test_a_table_without_rows_has_its_titles() -> None:
    """So that programs and people see what there could be."""
    assert table(("a", "b"), []) == ["A  B"]


def test_bars_are_as_long_as_their_numbers() -> None:
    """The longest fills the line, and what there is of is never invisible."""
    lines = bars({"many": 1000, "few": 1, "none": 0})

    assert [line.count("#") for line in lines] == [67, 1, 0]
    assert [len(line) for line in lines] == [80, 14, 11]


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        """It is."""
        return True


@pytest.mark.parametrize(
    ("stream", "written"), [(Terminal(), "\r30 of 90 letters\r                \r"), (io.StringIO(), "")]
)
def test_progress_is_for_terminals_and_after_two_seconds(stream: io.StringIO, written: str) -> None:
    """And its line is gone in the end."""
    seconds: Iterator[float] = iter([0.0, 1.0, 2.0, 2.0, 2.1])
    with Progress("letters", 90, stream=stream, clock=lambda: next(seconds)) as progress:
        progress.add(15)
        progress.add(15)
        progress.add(15)

    assert stream.getvalue() == written


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["dlq", "redrive"], "nothing is selected"),
        (["dlq", "redrive", "--id", "x"], "neither an e-mail id nor"),
        (["dlq", "list", "--since", "never"], "is no time"),
        (["dlq", "list", "--where", "x"], "field=value is expected"),
        (["dlq", "list", "--category", "BAD"], "'BAD' is not one of"),
        (["consume", "--topic", "elsewhere"], "elsewhere is none of"),
        (["groups", "reset", "--to-earliest"], "KAFKA_BOOTSTRAP_SERVERS is not set"),
        (["topics", "apply", "--allow", "everything"], "'everything' is not one of"),
        (["topics", "describe", "elsewhere"], "'elsewhere' is not one of"),
        (["produce"], "KAFKA_BOOTSTRAP_SERVERS is not set"),
        (["dlq", "audit"], "MONGODB_URI is not set"),
    ],
)
def test_bad_usage_is_exit_2(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With what is wrong and what would be right."""
    for name in ("KAFKA_BOOTSTRAP_SERVERS", "KAFKA_BROKERS", "KAFKA_BROKER", "SCHEMA_REGISTRY_URL", "MONGODB_URI"):
        monkeypatch.delenv(name, raising=False)

    assert main(arguments) == 2
    assert said in " ".join(capsys.readouterr().err.split())


@pytest.mark.parametrize("arguments", [["topics", "list", "--timeout", "1"], ["groups", "describe", "--timeout", "1"]])
def test_a_broker_that_is_not_there_is_exit_3(
    arguments: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """In one line, with the variable to set."""
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", "127.0.0.1:9")

    assert main(arguments) == 3
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1
    assert "KAFKA_BOOTSTRAP_SERVERS" in lines[0]


def test_bad_lines_are_told_before_anything_is_sent(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each with its number and every field; the values of personal fields stay unsaid."""
    good = '{"id":"00000000-0000-0000-0000-000000000001","to":"a@b.example","subject":"s","body":"b","userId":"u"'
    file = tmp_path / "emails.jsonl"
    file.write_text(
        f'{good},"timestamp":1}}\n\n{{"id":1}}\nnot json\n{good.replace("a@b.example", "nobody")},"timestamp":1}}\n'
    )

    assert main(["produce", "--file", str(file)]) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert [line.split(": ")[0].removeprefix(f"{file}:") for line in said.err.splitlines()[:-1]] == ["3", "4", "5"]
    assert "userId: " in said.err
    assert "5: to: " in said.err
    assert "nobody" not in said.err
    assert "3 bad lines; nothing is sent" in said.err


def test_help_needs_no_client_library() -> None:
    """Subcommands import what they need when they run: no librdkafka, no PyMongo, no fastavro for help."""
    script = (
        "import sys; from eccs_contracts._cli import main; main(['dlq', 'redrive', '--help'])\n"
        "print(sorted({'confluent_kafka', 'pymongo', 'fastavro', 'httpx'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True)

    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize(
    ("words", "offered"), [("eccs-contracts dlq re", "redrive"), ("eccs-contracts topics p", "plan")]
)
def test_shells_can_complete(words: str, offered: str) -> None:
    """Click's completion, at work under the name that the wheel gives the command."""
    environment = {**os.environ, "_ECCS_CONTRACTS_COMPLETE": "bash_complete", "COMP_WORDS": words, "COMP_CWORD": "2"}
    command = [sys.executable, "-m", "eccs_contracts"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)

    assert f"plain,{offered}" in done.stdout.splitlines()
