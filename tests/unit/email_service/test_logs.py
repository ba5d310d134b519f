"""Logs."""

from __future__ import annotations

import json
import logging

import pytest

from services.web.logs import JsonHandler, Log


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
