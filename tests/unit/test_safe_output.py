"""What leaves a command cannot steer a terminal or a pipeline: one table for the doors of both packages."""

from __future__ import annotations

import io
import json
import sys
import unicodedata
from pathlib import Path
from types import ModuleType
from typing import Any, Final

import pytest

import compat_checks.safe_output
import eccs_contracts.safe_output
from codegen.__main__ import main as codegen_main
from compat_checks.__main__ import main as compat_checks_main
from compat_checks.commands.progress import Progress
from eccs_contracts._cli import main as eccs_contracts_main
from eccs_contracts._cli._tables import print_json, print_lines
from eccs_contracts.errors import RegistryUnavailable
from tests.unit.timing import MOST, growth

DOORS: Final = (compat_checks.safe_output, eccs_contracts.safe_output)
HIDDEN: Final = frozenset(("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"))
# Default_Ignorable_Code_Point (DerivedCoreProperties.txt of Unicode 16) whose category is none of these.
IGNORABLE: Final = (
    *(0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x180B, 0x180D, 0x180F, 0x3164, 0xFE00, 0xFE0F, 0xFFA0),
    *(0xE0100, 0xE01EF),
)


@pytest.fixture(params=DOORS, ids=["compat_checks", "eccs_contracts"])
def door(request: pytest.FixtureRequest) -> Any:
    """The module of one package."""
    return request.param


def _written(door: Any, *texts: str) -> str:
    stream = io.StringIO()
    safe = door.SafeStream(stream)
    for text in texts:
        safe.write(text)
    return stream.getvalue()


def test_every_character_of_unicode_is_judged_by_its_properties(door: ModuleType) -> None:
    """All 1,114,112 of them."""
    hidden = {chr(one) for one in range(sys.maxunicode + 1) if door.is_hidden(chr(one))}
    by_category = {chr(one) for one in range(sys.maxunicode + 1) if unicodedata.category(chr(one)) in HIDDEN}

    assert by_category - hidden == set()
    assert {unicodedata.category(one) for one in hidden - by_category} == {"Mn", "Lo"}
    assert {chr(one) for one in IGNORABLE} <= hidden - by_category


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain é 中 😀 \u00a0|\u3000", "plain é 中 😀 \u00a0|\u3000"),
        ("\x1b[31mred", "\\u001b[31mred"),
        ("\x1b[1;31mred", "\\u001b[1;31mred"),
        ("\x00\x07\x08\r\x0b\x0c\x7f", "\\u0000\\u0007\\b\\r\\u000b\\f\\u007f"),
        ("\x85\x9b31m\x9d52;c;aGk=\x9c", "\\u0085\\u009b31m\\u009d52;c;aGk=\\u009c"),
        ("\u202egpj.exe\u2066\u2069\u200e\u061c", "\\u202egpj.exe\\u2066\\u2069\\u200e\\u061c"),
        ("a\u200bb\u200dc\ufeffd\u00ade", "a\\u200bb\\u200dc\\ufeffd\\u00ade"),
        ("❤\ufe0f \U000e0100 \U000e0041", "❤\\ufe0f \\udb40\\udd00 \\udb40\\udc41"),
        ("\u3164\u115f\u2800", "\\u3164\\u115f\u2800"),
        ("\u2028\u2029", "\\u2028\\u2029"),
        ("\udcff\ud800", "\\udcff\\ud800"),
        ("\ue000", "\\ue000"),
        ("two\nlines\tand a tab", "two\nlines\tand a tab"),
        ("::add-mask::x", "\\u003a:add-mask::x"),
        ("a\n \t::add-mask::x\n\u00a0::error::", "a\n \t\\u003a:add-mask::x\n\u00a0\\u003a:error::"),
        ("com.eccs::a and a::b\n", "com.eccs::a and a::b\n"),
        ("x ##[add-mask]y ##vso[task.x]", "x \\u0023#[add-mask]y \\u0023#vso[task.x]"),
        ("##teamcity[x] ## title ##", "\\u0023#teamcity[x] ## title ##"),
    ],
)
def test_what_is_written_is_seen_and_obeyed_by_nobody(door: ModuleType, text: str, shown: str) -> None:
    """Hidden characters become escapes, workflow commands become text, everything else stays."""
    assert _written(door, text) == shown


@pytest.mark.parametrize(
    ("texts", "shown"),
    [
        (("a", "::b"), "a::b"),
        (("a\n", "::b"), "a\n\\u003a:b"),
        (("", "  ", "::b"), "  \\u003a:b"),
        (("a", "::b\n::c"), "a::b\n\\u003a:c"),
        (("a\n", "", "b", "::c"), "a\nb::c"),
    ],
)
def test_the_start_of_a_line_is_known_over_several_writes(door: ModuleType, texts: tuple[str, ...], shown: str) -> None:
    """`print` writes its arguments and the line break one by one."""
    assert _written(door, *texts) == shown


@pytest.mark.parametrize("text", ["\x9b\x00\u202e\U000e0100\n\\", "::a", "##[b]", "é中"])
@pytest.mark.parametrize("encoding", ["utf-8", "ascii", "latin-1"])
def test_a_json_document_stays_one(door: ModuleType, text: str, encoding: str) -> None:
    """In every encoding of a terminal."""
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding)
    door.SafeStream(stream).write(json.dumps({"text": text}, ensure_ascii=False))
    stream.flush()

    assert json.loads(raw.getvalue().decode(encoding)) == {"text": text}


def test_a_value_is_visible_on_one_line(door: ModuleType) -> None:
    """Also its line breaks; those that a layout needs may be kept."""
    assert door.visible("a\nb\x1b\u202e\ufe0f\ud800\x9b") == "a\\nb\\x1b\\u202e\\ufe0f\\ud800\\x9b"
    assert door.visible("a\nb\r", keep="\n") == "a\nb\\r"


def test_bytes_do_not_pass(door: ModuleType) -> None:
    """Nobody would look at them."""
    with pytest.raises(TypeError, match="bytes"):
        door.SafeStream(io.StringIO()).write(b"\x1b")
    with pytest.raises(AttributeError):
        door.SafeStream(io.TextIOWrapper(io.BytesIO())).buffer  # noqa: B018  the access itself is refused


def test_lines_written_together_are_looked_at(door: ModuleType) -> None:
    """As one by one."""
    stream = io.StringIO()
    door.SafeStream(stream).writelines(["\x1b\n", "::a"])

    assert stream.getvalue() == "\\u001b\n\\u003a:a"


def test_the_streams_are_what_they_were_afterwards(door: ModuleType) -> None:
    """Also after an error."""
    before = sys.stdout, sys.stderr
    with pytest.raises(SystemExit), door.safe_streams():
        sys.exit([getattr(one, "raw", None) for one in (sys.stdout, sys.stderr)] == [*before])

    assert (sys.stdout, sys.stderr) == before


@pytest.mark.parametrize(
    ("styles", "shown"), [(True, "\x1b[1;31mred\x1b[0m\\u001b[5m"), (False, "\\u001b[1;31mred\\u001b[0m\\u001b[5m")]
)
def test_our_own_styles_pass_where_a_report_has_them(styles: bool, shown: str) -> None:
    """And no others."""
    stream = io.StringIO()
    compat_checks.safe_output.SafeStream(stream).put("\x1b[1;31mred\x1b[0m\x1b[5m", styles=styles)

    assert stream.getvalue() == shown


def test_the_progress_line_moves_the_cursor_and_shows_text(monkeypatch: pytest.MonkeyPatch) -> None:
    """The one is ours, the other may come from a manifest."""
    stream = io.StringIO()
    monkeypatch.setattr(stream, "isatty", lambda: True)
    monkeypatch.setattr("compat_checks.commands.progress.QUIET", 0.0)
    with Progress(compat_checks.safe_output.SafeStream(stream)) as progress:  # type: ignore[arg-type]
        progress("a\x1b[2J\n::b")

    assert stream.getvalue() == "\r\x1b[Ka\\x1b[2J\\n::b\r\x1b[K"


@pytest.mark.parametrize(
    "shape", ["a", "::", "\n::", " ", "\n", " ::", "#", "##[", "\x1b", "\x1b[1;31m", "é", "\u202e"]
)
def test_writing_takes_time_in_proportion(door: ModuleType, shape: str) -> None:
    """1 MB at most 15 times as long as 100 kB."""
    assert growth(lambda text: door.SafeStream(io.StringIO()).write(text), shape) <= MOST
    assert growth(door.visible, shape) <= MOST


CASES: Final = {
    "type": '"x\\n::add-mask::main\\u001b[31m\\u202e\\u009b"',
    "name": '{"type":"record","name":"B\\n::add-mask::\\u001b","fields":[]}',
    "default": '"int","default":"\\n::add-mask::\\u009d52;\\ufe0f"',
    "doc": '"int","doc":"x\\n::add-mask::\\u001b[31m ##[add-mask]y \\u202e"',
    "property": '"int","\\n::add-mask::\\u001b":1',
}
MANIFEST: Final = """version = 1
[topics.a]
doc = "A."
partitions = 1
retention_ms = 1000
[subjects.a-value]
topic = "a"
key = "string"
record = "A"
file = "A.avsc"
compatibility = "NONE"
owner = "o\\n::add-mask::main\\u001b[31m \\u202e"
version = "1.0.0"
"""


@pytest.mark.parametrize(
    "command",
    [
        ["compat_checks", "lint", "--report", "text"],
        ["compat_checks", "lint", "--report", "github", "--category", "strict"],
        ["compat_checks", "lint", "--report", "markdown"],
        ["compat_checks", "lint", "--report", "junit"],
        ["compat_checks", "check", "--report", "sarif"],
        ["compat_checks", "impact"],
        ["compat_checks", "fix"],
        ["compat_checks", "changelog"],
        ["codegen", "--check", "--out", "/nowhere/at/all"],
    ],
    ids=" ".join,
)
@pytest.mark.parametrize("case", CASES)
def test_no_command_writes_what_a_schema_or_a_manifest_wants_obeyed(
    command: list[str], case: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Names, keys, docs, defaults, owners and the names of files."""
    folder = tmp_path / "s\n::add-mask::\x1b\udcff"
    folder.mkdir()
    fields = f'[{{"name":"a","type":{CASES[case]}}}]'
    (folder / "A.avsc").write_text(f'{{"type":"record","name":"A","fields":{fields}}}')
    (folder / "contracts.toml").write_text(MANIFEST)

    program = codegen_main if command[0] == "codegen" else compat_checks_main
    program([*command[1:], "--schemas", str(folder)])
    written = "".join(capsys.readouterr())

    assert written
    commands = [line for line in written.splitlines() if line.lstrip().startswith("::")]
    assert {line.split(" ", 1)[0] for line in commands} <= {"::error", "::warning", "::notice"}
    assert (commands == []) or "github" in command
    assert not {one for one in written if compat_checks.safe_output.is_hidden(one)} - {"\n", "\t"}
    assert "##[" not in written.replace("&#35;", "") or "github" in command


def test_the_cli_of_the_contracts_writes_safely(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a registry answered is in the error, which is one line."""

    def refused() -> None:
        print_json({"subject": "\x9b31m \u202e"})
        print_lines(["a\n::error::b\x1b"])
        raise RegistryUnavailable("the registry answered 500: x\n::add-mask::y\x1b[2J\u202e")

    monkeypatch.setattr("eccs_contracts._cli.topics.admin", refused)

    assert eccs_contracts_main(["topics", "list"]) == 3
    said = capsys.readouterr()
    assert said.err == "eccs-contracts: the registry answered 500: x\\n::add-mask::y\\x1b[2J\\u202e\n"
    assert said.out == '{\n  "subject": "\\u009b31m \\u202e"\n}\na\\n::error::b\\x1b\n'


@pytest.mark.parametrize("option", ["--topic", "--since"])
def test_an_option_is_not_obeyed_either(option: str, capsys: pytest.CaptureFixture[str]) -> None:
    """It may come from a variable of a pipeline."""
    eccs_contracts_main(["consume", option, "x\n::add-mask::y\x1b[31m"])

    error = capsys.readouterr().err
    assert not {one for one in error if eccs_contracts.safe_output.is_hidden(one)} - {"\n"}
    assert not [line for line in error.splitlines() if line.lstrip().startswith("::")]
