"""What an error of the database means for a caller, and what of it belongs in the log."""

from __future__ import annotations

from typing import Any, Final

from pymongo.errors import (
    ConnectionFailure,
    ExecutionTimeout,
    OperationFailure,
    PyMongoError,
    WaitQueueTimeoutError,
    WTimeoutError,
)

from services.email_service.problems import RETRY_AFTER, ApiError, unavailable

_RETRYABLE: Final = ("RetryableWriteError", "TransientTransactionError", "RetryableError")
# NotWritablePrimary and its kin, ShutdownInProgress, WriteConcernFailed and its kin: they pass.
_PASSING: Final = frozenset((6, 7, 64, 79, 89, 91, 100, 189, 262, 9001, 10107, 11600, 11602, 13435, 13436))


def api_error(error: PyMongoError) -> ApiError:
    """What the caller is told: 503 for what passes, 500 for what an operator has to mend."""
    if isinstance(error, ExecutionTimeout):
        return ApiError(503, "the query took too long and was stopped; ask for a shorter period", RETRY_AFTER)
    if _passes(error):
        return unavailable("the database does not answer")
    return ApiError(500, "the database refused the operation; see the logs by the id of the request")


def _passes(error: PyMongoError) -> bool:
    if isinstance(error, ConnectionFailure | WaitQueueTimeoutError | WTimeoutError):
        return True
    labelled = any(error.has_error_label(label) for label in _RETRYABLE)
    return labelled or (isinstance(error, OperationFailure) and error.code in _PASSING)


def about(error: PyMongoError) -> dict[str, Any]:
    """For the log: the class of an error, and the server's code and its name; never its text, which holds values."""
    found: dict[str, Any] = {"error": type(error).__name__}
    if isinstance(error, OperationFailure):
        name = (error.details or {}).get("codeName")
        found |= {"code": error.code, "code_name": name[:50] if isinstance(name, str) else None}
    return found
