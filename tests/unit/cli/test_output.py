"""What commands print: tables, bars, progress; and how they end without a broker."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from eccs_contracts._cli import main
from eccs_contracts._cli._progress import Progress
from eccs_contracts._cli._tables import bars, print_json_list, table
from eccs_contracts.dead_letters.archive import write
from eccs_contracts.dead_letters.errors import ExtraMissing
from tests.unit.cli.letters import letter


def test_a_table_fits_the_terminal() -> None:
    """The widest texts are shortened, numbers stand at the right, control characters are shown as escapes."""
    rows = [("a" * 100, 1234, None, "x\x1b[31m\ny"), ("b", 5, "c", "z")]
    lines = table(("name", "count", "note", "text"), rows)

    assert lines == [
        f"{'NAME':<53}  COUNT  NOTE  TEXT",
        f"{'a' * 52}…  1,234  -     x\\x1b[31m\\ny",
        f"{'b':<53}      5  c     z",
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


@pytest.mark.parametrize("items", [[], [{"a": 1}], [{"a": 1}, "ü\n", [2]]])
def test_a_long_list_of_json_is_printed_as_it_comes(items: list[object], capsys: pytest.CaptureFixture[str]) -> None:
    """And reads as if it were printed whole."""
    print_json_list({"run": "r", "ends": {"dead": 1}}, "items", iter(items))

    assert json.loads(capsys.readouterr().out) == {"run": "r", "ends": {"dead": 1}, "items": items}


class Terminal(io.StringIO):
    """A stream that says it is a terminal, and that something was written."""

    def __init__(self) -> None:
        """Nothing is yet."""
        super().__init__()
        self.shown = threading.Event()

    def isatty(self) -> bool:
        """It is."""
        return True

    def write(self, text: str) -> int:
        """Write, and say so."""
        self.shown.set()
        return super().write(text)


def test_progress_is_shown_while_nothing_moves_and_is_gone_in_the_end() -> None:
    """A broker that does not answer is seen to be waited for."""
    terminal = Terminal()
    with Progress("letters", 90, stream=terminal, patience=0.001) as progress:
        assert terminal.shown.wait(10)
        progress.add(15)

    assert terminal.getvalue().startswith("\r0 of 90 letters, 0 s")
    assert terminal.getvalue().endswith("\r                    \r")


@pytest.mark.parametrize("stream", [Terminal(), io.StringIO()])
def test_what_is_quick_shows_no_progress(stream: io.StringIO) -> None:
    """On a terminal; elsewhere nothing ever does."""
    with Progress("letters", 90, stream=stream) as progress:
        progress.add(90)

    assert stream.getvalue() == ""


def test_progress_is_for_terminals() -> None:
    """A file with carriage returns in it helps nobody."""
    stream = io.StringIO()
    with Progress("letters", stream=stream, patience=0.0) as progress:
        progress.add()

    assert stream.getvalue() == ""


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["dlq", "redrive"], "nothing is selected"),
        (["dlq", "redrive", "--id", "x"], "neither an e-mail id nor"),
        (["dlq", "list", "--since", "never"], "is no time"),
        (["dlq", "list", "--where", "x"], "field=value is expected"),
        (["dlq", "list", "--category", "BAD"], "'BAD' is not one of"),
        (["consume", "--topic", "elsewhere"], "elsewhere is none of"),
        (["consume", "--dlq", "--topic", "email_requests"], "leave one of"),
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


@pytest.mark.parametrize(
    ("variable", "value", "arguments"),
    [
        ("KAFKA_SECURITY_PROTOCOL", "nonsense", ["topics", "list"]),
        ("KAFKA_SECURITY_PROTOCOL", "nonsense", ["produce"]),
        ("KAFKA_SSL_KEY_LOCATION", "/not/there", ["dlq", "list"]),
        ("KAFKA_SSL_CA_LOCATION_FILE", "/not/there", ["consume"]),
        ("MONGODB_URI", "http://nonsense", ["dlq", "redrive", "--all", "--yes"]),
        ("MONGODB_URI", "mongodb://u:p@h/?authSource=", ["dlq", "audit"]),
    ],
)
def test_a_setting_that_is_not_usable_is_exit_2(
    variable: str,
    value: str,
    arguments: list[str],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """In one line; nothing is asked of anybody."""
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", "127.0.0.1:9")
    monkeypatch.setenv("SCHEMA_REGISTRY_URL", "http://127.0.0.1:9")
    if "SSL" in variable:
        monkeypatch.setenv("KAFKA_SECURITY_PROTOCOL", "SSL")
    monkeypatch.setenv(variable, value)

    assert main(arguments) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("eccs-contracts: ")
    assert variable.partition("_")[0] in line


def test_bad_lines_are_told_before_anything_is_sent(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each with its number and every field; the values of personal fields stay unsaid."""
    good = '{"id":"00000000-0000-0000-0000-000000000001","to":"a@b.example","subject":"s","body":"b","userId":"u"'
    stamp = '"timestamp":1760000000000'
    file = tmp_path / "emails.jsonl"
    file.write_text(f'{good},{stamp}}}\n\n{{"id":1}}\nnot json\n{good.replace("a@b.example", "nobody")},{stamp}}}\n')

    assert main(["produce", "--file", str(file)]) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert [line.split(": ")[0].removeprefix(f"{file}:") for line in said.err.splitlines()[:-1]] == ["3", "4", "5"]
    assert "userId: " in said.err
    assert "5: to: " in said.err
    assert "nobody" not in said.err
    assert "3 bad lines; nothing is sent" in said.err


def test_fields_that_are_not_sent_are_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With the number of lines that have them; of bad lines, which are not sent at all, nothing is said."""
    good = '{"id":"00000000-0000-0000-0000-000000000001","to":"a@b.example","subject":"s","body":"b","userId":"u"'
    file = tmp_path / "emails.jsonl"
    file.write_text(f'{good},"timestamp":1760000000000,"cc":"x","a\\u001b":1}}\n' * 2 + '{"html":"bad"}\n')

    assert main(["produce", "--file", str(file)]) == 1
    assert "EmailRequest has no such field (lines): cc (2), a? (2)\n" in capsys.readouterr().err


def test_help_needs_no_client_library() -> None:
    """Subcommands import what they need when they run: no librdkafka, no PyMongo, no fastavro for help."""
    script = (
        "import sys; from eccs_contracts._cli import main; main(['dlq', 'redrive', '--help'])\n"
        "print(sorted({'confluent_kafka', 'pymongo', 'fastavro', 'httpx'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True)

    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ("topics list --timeout 0.1", 3),
        ("groups list --timeout 0.1", 3),
        ("dlq list --timeout 0.1", 3),
        ("dlq redrive --all --timeout 0.1", 3),
        ("dlq redrive --all --yes", 2),
        ("dlq audit", 2),
    ],
)
def test_only_the_audit_record_needs_a_database(arguments: str, code: int) -> None:
    """Without PyMongo all else goes as far as to the broker; where it is needed, the extra is named."""
    script = (
        "import sys; sys.modules['pymongo'] = None; import eccs_contracts; from eccs_contracts._cli import main\n"
        f"sys.exit(main({arguments.split()}))"
    )
    servers = {"KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:9", "SCHEMA_REGISTRY_URL": "http://127.0.0.1:9"}
    databases = {"MONGODB_URI": "mongodb://127.0.0.1:9"} if code == 2 else {}
    environment = {name: value for name, value in os.environ.items() if name != "MONGODB_URI"}
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={**environment, **servers, **databases},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.returncode == code, done.stderr
    assert ("pip install 'eccs-contracts[operations]'" in done.stderr) == (code == 2)


def test_parquet_without_its_extra_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And no file is left."""
    monkeypatch.setitem(sys.modules, "pyarrow", None)

    with pytest.raises(ExtraMissing, match=r"eccs-contracts\[parquet\]"):
        write(tmp_path / "letters.parquet", [letter()])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("words", "offered"), [("eccs-contracts dlq re", "redrive"), ("eccs-contracts topics p", "plan")]
)
def test_shells_can_complete(words: str, offered: str) -> None:
    """Click's completion, at work under the name that the wheel gives the command."""
    environment = {**os.environ, "_ECCS_CONTRACTS_COMPLETE": "bash_complete", "COMP_WORDS": words, "COMP_CWORD": "2"}
    command = [sys.executable, "-m", "eccs_contracts"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)

    assert f"plain,{offered}" in done.stdout.splitlines()
