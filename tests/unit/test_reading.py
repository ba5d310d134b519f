"""Files that are no files, too large, or hold numbers and texts that nothing can hold: refused with their name."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from codegen.__main__ import main as codegen
from compat_checks.__main__ import main
from compat_checks.errors import InvalidContracts, InvalidSchema
from compat_checks.reading import MAX_FILE, parse_toml, read_bytes, read_text
from compat_checks.semver import SEMVER
from compat_checks.source import MAX_DIGITS, Source
from tests.docs.review import git
from tests.unit.commands.folders import REQUEST, ours


def _socket(path: Path) -> None:
    here = Path.cwd()
    os.chdir(path.parent)  # the address of a socket is short
    try:
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(path.name)
    finally:
        os.chdir(here)


def _large(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(MAX_FILE + 1)


def _endless(path: Path) -> None:
    path.symlink_to("/dev/zero")


def _loop(path: Path) -> None:
    path.symlink_to(path.name)


KINDS: dict[str, tuple[Callable[[Path], object], str]] = {
    "folder": (Path.mkdir, "it is a folder"),
    "pipe": (os.mkfifo, "it is a named pipe"),
    "socket": (_socket, "it is a socket"),
    "device": (_endless, "it is a device"),
    "loop": (_loop, "symbolic links"),
    "large": (_large, "larger than 8 MiB"),
}
READ = {
    "schema": (REQUEST, ["lint"]),
    "schema of check": (REQUEST, ["check"]),
    "schema of fix": (REQUEST, ["fix"]),
    "contracts": ("contracts.toml", ["lint"]),
    "waivers": ("waivers.toml", ["check"]),
    "published version": ("history/email_requests-value/v1.avsc", ["check"]),
    "published version of changelog": ("history/email_requests-value/v1.avsc", ["changelog", "--check"]),
    "releases": ("history/email_requests-value/versions.toml", ["changelog", "--check"]),
    "checksums": ("history/SHA256SUMS", ["check"]),
    "reader": ("readers/team/email_requests-value.avsc", ["impact"]),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("read", READ)
def test_what_is_no_file_is_refused_unread(
    kind: str, read: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With its name, and at once: a device and a pipe have no end."""
    schemas = ours(tmp_path)
    name, command = READ[read]
    make, words = KINDS[kind]
    path = schemas / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    make(path)

    assert main([*command, "--schemas", str(schemas)]) in (1, 2)
    said = capsys.readouterr().err
    assert words in said
    assert path.name in said


@pytest.mark.parametrize("kind", KINDS)
def test_codegen_refuses_the_same(kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """And writes nothing."""
    make, words = KINDS[kind]
    (tmp_path / "s").mkdir()
    make(tmp_path / "s/A.avsc")

    assert codegen(["--schemas", str(tmp_path / "s"), "--out", str(tmp_path / "out")]) == 1
    assert words in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("kind", KINDS)
def test_a_baseline_is_a_file(kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """file: and dir: are read in the same way."""
    schemas = ours(tmp_path)
    make, words = KINDS[kind]
    make(tmp_path / "A.avsc")

    assert main(["check", "--schemas", str(schemas), "--against", f"file:{tmp_path / 'A.avsc'}"]) == 2
    assert words in capsys.readouterr().err


def test_a_large_file_of_a_commit_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is not read from the object store either."""
    schemas = ours(tmp_path)
    _large(schemas / "Large.avsc")
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-q", "-m", "one")
    (schemas / "Large.avsc").unlink()
    monkeypatch.chdir(tmp_path)

    assert main(["check", "--against", "git:HEAD"]) == 2
    assert "larger than 8 MiB" in capsys.readouterr().err


@pytest.mark.parametrize(("size", "fits"), [(5, True), (6, False)])
def test_both_sides_of_the_size(size: int, fits: bool, tmp_path: Path) -> None:
    """A file of just the limit is read."""
    (tmp_path / "a").write_bytes(b"x" * size)

    if fits:
        assert read_bytes(tmp_path / "a", limit=5) == b"xxxxx"
    else:
        with pytest.raises(OSError, match="larger than"):
            read_bytes(tmp_path / "a", limit=5)


def test_a_file_that_says_it_is_empty_is_bounded_too() -> None:
    """Files in /proc have the size 0."""
    with pytest.raises(OSError, match="larger than"):
        read_bytes(Path("/proc/self/maps"), limit=10)


def test_a_link_to_a_file_is_read(tmp_path: Path) -> None:
    """Line breaks of other systems are those of this one."""
    (tmp_path / "a").write_bytes(b"1\r\n2\r3\n")
    (tmp_path / "b").symlink_to("a")

    assert read_text(tmp_path / "b") == "1\n2\n3\n"


HALVES = [r'"\ud800"', r'"a\uDFFFb"', r'"\udc00\ud800"', r'"\ud83d x"', r'"\ud83d\ud83d\ude00"', '"\udfff"']


@pytest.mark.parametrize("half", HALVES)
@pytest.mark.parametrize("where", ["default", "doc", "name", "prop", "key"])
def test_half_of_a_surrogate_pair_is_refused_where_it_stands(half: str, where: str) -> None:
    """It has a place in JSON and none in UTF-8, so that nothing can be written with it."""
    field = {
        "default": f'{{"name": "a", "type": "string",\n "default": {half}}}',
        "doc": f'{{"name": "a", "type": "string",\n "doc": {half}}}',
        "name": f'{{"type": "string",\n "name": {half}}}',
        "prop": f'{{"name": "a", "type": "string",\n "x": [{half}]}}',
        "key": f'{{"name": "a", "type": "string",\n {half}: 1}}',
    }[where]
    with pytest.raises(InvalidSchema, match=r"A\.avsc:3:\d+: \\u[0-9a-f]{4} is half of a surrogate pair"):
        Source(f'{{"type": "record", "name": "R", "fields": [\n{field}]}}', "A.avsc").load()


@pytest.mark.parametrize("text", [r'"\ud83d\ude00"', '"😀"', r'"\\ud800"', r'"\ue000"'])
def test_a_whole_pair_is_a_character(text: str) -> None:
    """And what only looks like an escape is none."""
    assert Source(text).load() == json.loads(text)


@pytest.mark.parametrize("number", ["1" * (MAX_DIGITS + 1), "-" + "9" * 5000, "1e400", "-1.5E+999", "1" * 100_000])
def test_a_number_that_nothing_can_hold_is_refused_where_it_stands(number: str) -> None:
    """Whatever limit int() has."""
    with pytest.raises(InvalidSchema, match=r"A\.avsc:2:6: the number .* is larger than any number of Avro"):
        Source(f'{{"a": 1,\n"b": {number}}}', "A.avsc").load()


@pytest.mark.parametrize("number", ["1" * MAX_DIGITS, "1e308", "1e-400", "-0.0"])
def test_a_large_number_is_read(number: str) -> None:
    """The other side of the bound."""
    assert Source(number).load() == json.loads(number)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a = " + "9" * 5000, "64 bits"),
        ("a = 9223372036854775808", "64 bits"),
        ("a = [{b = -9223372036854775809}]", "64 bits"),
        ("a = 0x" + "f" * 9000, "64 bits"),
        ("a = " + "[" * 5000 + "]" * 5000, "nested too deeply"),
        ("a = ", "Invalid value"),
    ],
)
def test_toml_that_nothing_can_hold(text: str, words: str) -> None:
    """64 bits are what TOML asks for."""
    with pytest.raises(InvalidContracts, match=words):
        parse_toml(text)


def test_the_largest_integer_of_toml_is_read() -> None:
    """The other side of the bound."""
    assert parse_toml("a = 9223372036854775807") == {"a": 2**63 - 1}


def test_a_file_name_that_is_not_utf_8_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """No report could be written with it."""
    schemas = ours(tmp_path)
    (schemas / os.fsdecode(b"a\xff.avsc")).write_text('"int"')

    assert main(["lint", "--schemas", str(schemas), "--report", "sarif"]) == 1
    assert "a\\udcff.avsc: the name of the file is not UTF-8" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("version", "is_one"),
    [
        ("0.0.0", True),
        ("999999999.0.1", True),
        ("1000000000.0.0", False),
        ("1.0." + "9" * 5000, False),
        ("1.0.٣", False),
        ("01.0.0", False),
        ("1.0", False),
        ("1.0.0.0", False),
        ("1.0.0-rc.1", False),
    ],
)
def test_a_version_has_three_numbers_of_nine_digits_at_most(version: str, is_one: bool) -> None:
    """Whatever int() would take."""
    assert bool(SEMVER.fullmatch(version)) == is_one


@pytest.mark.parametrize("name", ["v" + "9" * 200, "v0", "v٣", "v1_0", "v+1"])
def test_a_published_version_has_a_number(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Another name is refused as what it is."""
    schemas = ours(tmp_path)
    (schemas / f"history/email_requests-value/{name}.avsc").write_text('"int"')

    assert main(["changelog", "--check", "--schemas", str(schemas)]) == 1
    assert "a published version is called v<N>.avsc" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments",
    [
        *(
            ["plan", "--registry", "http://x", "--timeout", text]
            for text in ("nan", "inf", "-1", "0", "1e400", "1_0", "٣")
        ),
        ["plan", "--registry", "http://x", "--timeout", "9" * 5000],
        *(["serve", "--port", text] for text in ("-1", "65536", "1_0", "٣", "9" * 5000, "0x10")),
    ],
)
def test_an_option_that_is_no_number(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Usage, with what is expected."""
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    assert "error: argument" in capsys.readouterr().err
