"""Errors of the database: what passes, and what somebody has to mend."""

from __future__ import annotations

import pytest
from pymongo import errors

from services.email_service.database import about, api_error

_UNAUTHORIZED = errors.OperationFailure("not authorized on eccs", 13, {"codeName": "Unauthorized"})


@pytest.mark.parametrize(
    ("error", "status", "detail"),
    [
        (errors.ServerSelectionTimeoutError("x"), 503, "does not answer"),
        (errors.AutoReconnect("x"), 503, "does not answer"),
        (errors.NetworkTimeout("x"), 503, "does not answer"),
        (errors.NotPrimaryError("x"), 503, "does not answer"),
        (errors.WaitQueueTimeoutError("x"), 503, "does not answer"),
        (errors.WTimeoutError("x", 64), 503, "does not answer"),
        (errors.OperationFailure("x", 11600), 503, "does not answer"),
        (errors.OperationFailure("x", 1, {"errorLabels": ["RetryableWriteError"]}), 503, "does not answer"),
        (errors.ExecutionTimeout("x", 50), 503, "shorter period"),
        (_UNAUTHORIZED, 500, "refused"),
        (errors.OperationFailure("x", 18, {"codeName": "AuthenticationFailed"}), 500, "refused"),
        (errors.OperationFailure("x", 14031, {"codeName": "OutOfDiskSpace"}), 500, "refused"),
        (errors.OperationFailure("x"), 500, "refused"),
        (errors.InvalidOperation("x"), 500, "refused"),
    ],
)
def test_what_passes_is_503_and_what_does_not_is_500(error: errors.PyMongoError, status: int, detail: str) -> None:
    """With the time to come again, where that helps; never with the server's text."""
    found = api_error(error)

    assert (found.status, detail in found.detail, "Retry-After" in found.headers) == (status, True, status == 503)


def test_the_log_has_the_server_s_code() -> None:
    """And its name, but not its text."""
    assert about(_UNAUTHORIZED) == {"error": "OperationFailure", "code": 13, "code_name": "Unauthorized"}
    assert about(errors.AutoReconnect("10.0.0.1")) == {"error": "AutoReconnect"}
    assert about(errors.OperationFailure("x", 1, {"codeName": ["y"]}))["code_name"] is None
