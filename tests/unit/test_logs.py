"""Logs."""

from __future__ import annotations

import json
import logging

import pytest

from services.logs import JsonHandler, Log, Repeats
from services.notification_service.__main__ import main
from services.notification_service.logs import log

_NOWHERE = {
    "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:9",
    "KAFKA_SECURITY_PROTOCOL": "ssl",
    "KAFKA_SSL_CA_LOCATION": "/no/such/file",
    "SCHEMA_REGISTRY_URL": "http://127.0.0.1:9",
    "MONGODB_URI": "mongodb://127.0.0.1:9",
    "SMTP_HOST": "127.0.0.1",
}


def test_a_line_is_json_without_addresses(capsys: pytest.CaptureFixture[str]) -> None:
    """Nor the user of a URI."""
    Log("info")("warning", "refused", reason="550 <ada@example.com> gone", uri="mongodb://u:p@host/", count=3)

    line = json.loads(capsys.readouterr().err)

    assert {name: line[name] for name in ("level", "event", "reason", "count")} == {
        "level": "warning",
        "event": "refused",
        "reason": "550 <***> gone",
        "count": 3,
    }
    assert "ada@" not in str(line)
    assert "p@" not in str(line)


@pytest.mark.parametrize("user", ["eve@example.com", "ada@console", "plain", "\x1b[31m\u202e\n"])
@pytest.mark.parametrize("level", ["debug", "error"])
def test_who_looked_is_named(level: str, user: str, capsys: pytest.CaptureFixture[str]) -> None:
    """At every level, in ASCII on one line; what else is in the line is masked as ever."""
    Log(level).audit("personal data shown", user, place="0/1", reason="of bob@example.com")
    written = capsys.readouterr().err
    line = json.loads(written)

    assert (line["channel"], line["event"], line["user"], line["place"]) == (
        "audit",
        "personal data shown",
        user,
        "0/1",
    )
    assert line["reason"] == "of ***"
    assert written.rstrip("\n").isprintable()
    assert written.isascii()


def test_what_is_long_is_cut(capsys: pytest.CaptureFixture[str]) -> None:
    """A line of a log holds no megabyte."""
    Log("info")("info", "x", reason="y" * 1_000_000)

    assert json.loads(capsys.readouterr().err)["reason"].endswith("y… 996,000 more characters")


def test_what_is_below_the_level_is_not_written(capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing at all."""
    Log("warning")("info", "request")

    assert capsys.readouterr().err == ""


def test_a_library_s_error_is_a_line_without_a_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    """Its type is enough: its text may hold a caller's values."""
    error = ValueError("secret")
    record = logging.LogRecord("library", logging.ERROR, "", 0, "failed for %s", ("ada@example.com",), None)
    record.exc_info = (ValueError, error, None)

    JsonHandler(Log("info")).emit(record)

    line = json.loads(capsys.readouterr().err)

    assert (line["level"], line["message"], line["error"]) == ("error", "failed for ***", "ValueError")
    assert "secret" not in str(line)


@pytest.mark.parametrize(("level", "written"), [("warning", ["warning"]), ("info", ["info", "warning"])])
def test_the_notification_service_logs_from_its_level_on(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], level: str, written: list[str]
) -> None:
    """Also what it logs from modules that were imported before the level was known."""
    for name, value in {**_NOWHERE, "LOG_LEVEL": level}.items():
        monkeypatch.setenv(name, value)
    try:
        assert main() == 2
        capsys.readouterr()
        log("info", "event")
        log("warning", "event")
    finally:
        log.set_level("info")

    assert [json.loads(line)["level"] for line in capsys.readouterr().err.splitlines()] == written


def test_a_level_that_is_none_is_usage(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """With the levels that there are."""
    for name, value in {**_NOWHERE, "LOG_LEVEL": "loud"}.items():
        monkeypatch.setenv(name, value)

    assert main() == 2
    assert "LOG_LEVEL is 'loud': one of debug, info, warning, error is expected" in capsys.readouterr().err


def test_what_is_logged_again_is_counted_until_its_period_ends() -> None:
    """Then it is written again."""
    repeats = Repeats(period=60)
    firsts = [repeats.first(("a", "x"), now) for now in (0.0, 1.0, 59.9)]

    assert (firsts, repeats.ended(59.9), repeats.ended(60.0)) == ([True, False, False], [], [(("a", "x"), 2)])
    assert repeats.first(("a", "x"), 60.0)


def test_what_came_once_is_not_reported() -> None:
    """There is nothing to count."""
    repeats = Repeats(period=60)
    repeats.first(("a", "x"), 0.0)

    assert repeats.ended(100.0) == []


def test_different_things_are_bounded_too() -> None:
    """Beyond the limit they count as one."""
    repeats = Repeats(period=60, most=2)
    firsts = [repeats.first(("a", str(number)), 0.0) for number in range(5)]

    assert firsts == [True, True, True, False, False]
    assert repeats.ended(60.0) == [(("", "others"), 2)]


def test_a_library_that_fails_in_a_loop_writes_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    """What differs after the first line break, as asyncio's tasks and sockets do, is no difference."""
    handler = JsonHandler(Log("info"))
    for number in range(1_000):
        text = f"socket.accept() out of system resource\nsocket: {number}"
        handler.emit(logging.LogRecord("asyncio", logging.ERROR, "", 0, text, None, None))

    assert len(capsys.readouterr().err.splitlines()) == 1
