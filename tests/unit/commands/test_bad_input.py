"""What is wrong gives one clear message and the right exit code; never a traceback, never a pass."""

from __future__ import annotations

import http.server
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from compat_checks.__main__ import main
from tests.docs.review import git
from tests.unit.commands.folders import REQUEST, ROOT, ours

TEXTS: dict[str, tuple[str | bytes, str]] = {
    "broken JSON": ('{"type": "record",\n  "name": }', "EmailRequest.avsc:2:11: not JSON"),
    "a key twice": ('{"type": "record",\n "name": "A", "name": "B", "fields": []}', '"name" is given twice'),
    "an unknown type": (
        '{"type": "record", "name": "com.eccs.email.EmailRequest",\n "fields": [{"name": "id", "type": "strnig"}]}',
        '"strnig"',
    ),
    "too large": ('"' + "x" * 9_000_000 + '"', "larger than"),
    "too deep": ('{"type": "array", "items": ' * 5000 + '"int"' + "}" * 5000, "nested"),
    "not UTF-8": (b"\xff\xfe{}", "UTF-8"),
}


@pytest.mark.parametrize("case", TEXTS)
@pytest.mark.parametrize("command", ["check", "lint", "fix", "impact"])
def test_a_file_that_is_no_schema_is_named(
    case: str, command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With the file, the line where there is one, and the rule."""
    text, expected = TEXTS[case]
    schemas = ours(tmp_path)
    (schemas / REQUEST).write_bytes(text if isinstance(text, bytes) else text.encode())

    assert main([command, "--schemas", str(schemas)]) == 1
    said = capsys.readouterr()
    assert expected in said.err
    assert said.err.startswith("compat-checks: ")
    assert said.out == ""


def test_files_that_refer_to_each_other_in_a_circle_are_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Both of them, in the order of the circle."""
    for name, other in (("A", "B"), ("B", "A")):
        text = f'{{"type": "record", "name": "{name}", "fields": [{{"name": "x", "type": "{other}"}}]}}'
        (tmp_path / f"{name}.avsc").write_text(text)
    (tmp_path / "contracts.toml").write_text("version = 1\n")

    assert main(["lint", "--schemas", str(tmp_path)]) == 1
    assert "A.avsc -> B.avsc -> A.avsc" in capsys.readouterr().err


USAGE = {
    "no such kind": (["check", "--against", "svn:trunk"], "say one of history, git:REF"),
    "no such ref": (["check", "--against", "git:no-such-branch"], "there is no such branch"),
    "an option for a ref": (["check", "--against", "git:--help"], "there is no such branch"),
    "no such folder": (["check", "--against", "dir:nowhere"], "there is no such folder"),
    "no such file": (["check", "--against", "file:nowhere.avsc"], "No such file"),
    "no such subject": (["check", "--subject", "nobody-value"], "no such subject"),
    "no such report": (["check", "--report", "pdf"], "the formats are text, json"),
    "no folder for a report": (["check", "--report", "json=nowhere/out.json"], "there is no folder"),
    "no such rule": (["explain", "NO_RULE"], "there is no rule NO_RULE"),
    "no such version": (["diff", "email_requests-value", "v9"], "email_requests-value has no v9; there are: v1, v2"),
    "no such number": (["diff", "email_requests-value", "9"], "email_requests-value has no v9; there are: v1, v2"),
    "no version": (["diff", "email_requests-value", "v1", "newest"], "newest is no version and no baseline; give v1,"),
    "no digits of ASCII": (["diff", "email_requests-value", "v\uff11"], "is no version and no baseline"),
    "half a baseline": (["diff", "email_requests-value", "git:"], "git: is no baseline; say one of history, git:REF"),
    "no day": (["snapshot", "--date", "tomorrow"], "YYYY-MM-DD"),
}


@pytest.mark.parametrize("case", USAGE)
def test_a_usage_error_exits_with_2(
    case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """And says what would be right."""
    arguments, expected = USAGE[case]
    ours(tmp_path)
    git(tmp_path, "init", "-q")
    monkeypatch.chdir(tmp_path)

    assert main(arguments) == 2
    assert expected in capsys.readouterr().err


def test_a_shallow_clone_is_told_from_a_wrong_ref(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The way out is a deeper clone, and the baseline cannot be reached: 3."""
    origin, clone = tmp_path / "origin", tmp_path / "clone"
    origin.mkdir()
    ours(origin)
    git(origin, "init", "-q", "-b", "main")
    for message in ("one", "two"):
        (origin / "note").write_text(message)
        git(origin, "add", ".")
        git(origin, "commit", "-q", "-m", message)
    git(tmp_path, "clone", "-q", "--depth", "1", origin.as_uri(), str(clone))
    monkeypatch.chdir(clone)

    assert main(["check", "--against", "git:HEAD~1"]) == 3
    assert "fetch-depth: 0" in capsys.readouterr().err


@contextmanager
def answering(status: int, body: bytes, kind: str) -> Iterator[str]:
    """A server that gives one answer to everything; its address."""

    class Handle(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None: ...

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handle) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


ANSWERS = {
    "HTML": (200, b"<html>Sign in</html>", "text/html"),
    "401": (401, b'{"error_code": 401, "message": "Unauthorized"}', "application/json"),
    "403": (403, b'{"error_code": 40301, "message": "Forbidden"}', "application/json"),
}


@pytest.mark.parametrize("case", ANSWERS)
def test_a_registry_that_is_none_or_refuses_cannot_be_reached(
    case: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One message with the address, and 3."""
    schemas = ours(tmp_path)
    with answering(*ANSWERS[case]) as url:
        code = main(["check", "--schemas", str(schemas), "--against", f"registry:{url}"])

    assert code == 3
    assert url in capsys.readouterr().err


def test_a_registry_that_is_down_cannot_be_reached(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing listens on the address."""
    schemas = ours(tmp_path)

    assert main(["check", "--schemas", str(schemas), "--against", "registry:http://127.0.0.1:9"]) == 3
    assert "127.0.0.1:9" in capsys.readouterr().err


def test_a_defect_of_ours_is_no_pass(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """One line that says so, without a traceback, and 70."""
    schemas = ours(tmp_path)
    monkeypatch.setattr("compat_checks.commands.review.run_check", lambda *_: 1 / 0)

    assert main(["check", "--schemas", str(schemas)]) == 70
    assert "ZeroDivisionError" in capsys.readouterr().err


def test_a_closed_pipe_is_no_error() -> None:
    """`compat-checks explain | head -1` ends without a word about it."""
    command = [sys.executable, "-m", "compat_checks", "explain"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout
        assert process.stderr
        process.stdout.close()

        assert process.stderr.read() == b""
