"""What errors of dependencies mean, in words: the address, what was said, and the variable to look at."""

from __future__ import annotations

import errno
import socket
import ssl

import pytest
from pymongo.errors import (
    AutoReconnect,
    BulkWriteError,
    ExecutionTimeout,
    NetworkTimeout,
    NotPrimaryError,
    OperationFailure,
    ServerSelectionTimeoutError,
    WTimeoutError,
)

from eccs_contracts.failure_reasons import database_failure, network_reason, uri_hosts
from services.notification_service.smtp_failures import session_failure


def _certificate(code: int, message: str = "") -> ssl.SSLCertVerificationError:
    error = ssl.SSLCertVerificationError(1, "[SSL: CERTIFICATE_VERIFY_FAILED]")
    error.verify_code, error.verify_message = code, message
    return error


def _tls(reason: str | None) -> ssl.SSLError:
    error = ssl.SSLError(1, "TLS")
    error.reason = reason  # type: ignore[assignment]
    return error


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (_certificate(10), "its certificate has expired"),
        (_certificate(9), "its certificate is not valid yet"),
        (_certificate(62), "its certificate is for another host name"),
        (_certificate(64), "its certificate is for another IP address"),
        (_certificate(20), "its certificate is signed by an authority that is not known"),
        (_certificate(19), "its certificate is signed by an authority that is not trusted (self-signed)"),
        (_certificate(18), "its certificate is self-signed and not trusted"),
        (_certificate(23), "its certificate was revoked"),
        (_certificate(26, "unsuitable purpose"), "its certificate is not trusted: unsuitable purpose"),
        (_tls("WRONG_VERSION_NUMBER"), "it does not speak TLS there"),
        (_tls("NO_SHARED_CIPHER"), "TLS failed: no shared cipher"),
        (_tls(None), "TLS failed: the connection was closed"),
        (socket.gaierror(socket.EAI_NONAME, "x"), "the name mail.example is not known"),
        (socket.gaierror(socket.EAI_AGAIN, "x"), "the name mail.example cannot be looked up now"),
        (ConnectionRefusedError(errno.ECONNREFUSED, "x"), "the connection was refused: nothing listens there"),
        (ConnectionResetError(errno.ECONNRESET, "x"), "the connection was reset"),
        (BrokenPipeError(errno.EPIPE, "x"), "the connection was closed"),
        (OSError(errno.EHOSTUNREACH, "x"), "there is no way to the host"),
        (OSError(errno.EISDIR, "x"), "Is a directory"),
        (
            OSError("Multiple exceptions: [Errno 111] Connect call failed, [Errno 111] Connect call failed"),
            "the connection was refused: nothing listens there",
        ),
        (TimeoutError(), "no answer in time"),
        (EOFError(), "the connection was closed"),
        (OSError("no number"), "OSError"),
        (KeyError("defect"), "KeyError"),
    ],
)
def test_what_a_network_does(error: Exception, reason: str) -> None:
    """Without the text of the error, which may repeat what we said."""
    assert network_reason(error, "mail.example") == reason


def test_what_an_error_comes_from_is_looked_at() -> None:
    """HTTP libraries wrap the error of the socket in their own."""
    outer, inner = RuntimeError("ConnectError"), RuntimeError("ConnectError")
    outer.__cause__, inner.__cause__ = inner, _certificate(10)

    assert network_reason(outer) == "its certificate has expired"


def test_a_chain_without_an_end_ends() -> None:
    """Errors can refer to each other."""
    one, other = RuntimeError(), RuntimeError()
    one.__cause__, other.__cause__ = other, one

    assert network_reason(one) == "RuntimeError"


_URI = "mongodb://user:p@ss%40@db1.example:27017,db2.example/eccs?authSource=admin"
_AT = "MongoDB at db1.example:27017,db2.example"


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (OperationFailure("x", 18), "refuses: authentication failed; look at the user, the password and authSource"),
        (OperationFailure("x", 8000), "refuses: authentication failed"),
        (OperationFailure("x", 13), "refuses: the user of MONGODB_URI is not authorised for this"),
        (OperationFailure("x", 14031), "refuses: its disk is full"),
        (OperationFailure("x", 10107), "refuses: no primary takes writes now"),
        (OperationFailure("x", 189), "refuses: its primary has stepped down"),
        (ExecutionTimeout("x", 50), "refuses: it took longer than it may"),
        (WTimeoutError("x", 64), "refuses: the write was not confirmed by a majority"),
        (
            OperationFailure("x", 86, {"codeName": "IndexKeySpecsConflict"}),
            "refuses: it answered IndexKeySpecsConflict",
        ),
        (OperationFailure("x", 86, {"codeName": "a\x1b[31m b"}), "refuses: it answered error 86"),
        (BulkWriteError({"writeErrors": [{"code": 14031}]}), "refuses: its disk is full"),
        (BulkWriteError({"writeConcernErrors": [{"code": 100}]}), "refuses: a majority of the replica set is away"),
        (NetworkTimeout("db1.example:27017: timed out"), "does not answer: no answer in time"),
        (NotPrimaryError("x"), "does not answer: no primary takes writes now"),
        (AutoReconnect("x"), "does not answer: the connection was lost"),
        (TimeoutError(), "does not answer: no answer in time"),
        (
            ServerSelectionTimeoutError("db1.example:27017: [Errno 111] Connection refused"),
            "does not answer: the connection was refused",
        ),
        (
            ServerSelectionTimeoutError("db1.example:27017: [Errno -2] Name or service not known"),
            "does not answer: its name is not known",
        ),
        (
            ServerSelectionTimeoutError("SSL handshake failed: certificate verify failed: certificate has expired"),
            "does not answer: its certificate has expired",
        ),
        (ServerSelectionTimeoutError("No servers found yet"), "does not answer: no server answers"),
    ],
)
def test_what_mongodb_says(error: Exception, said: str) -> None:
    """Its code decides, never its text, which can repeat documents."""
    sentence = database_failure(error, _URI)

    assert sentence.startswith(f"{_AT} {said}")
    assert sentence.endswith("; see MONGODB_URI")
    assert "p@ss" not in sentence


@pytest.mark.parametrize(
    ("uri", "hosts"),
    [(_URI, "db1.example:27017,db2.example"), ("mongodb://h", "h"), ("mongodb+srv://u:p@h/?x=/@y", "h"), ("h", "")],
)
def test_hosts_are_shown_without_a_login(uri: str, hosts: str) -> None:
    """A password may hold an @."""
    assert uri_hosts(uri) == hosts


@pytest.mark.parametrize(
    ("phase", "why", "silent", "see"),
    [
        ("CONNECT", "CONNECT: the name x is not known", False, "see SMTP_HOST and SMTP_PORT"),
        ("CONNECT", "CONNECT: no reply for 5 s", True, "needs SMTP_IMPLICIT_TLS=1"),
        ("CONNECT", "CONNECT: its certificate has expired", False, "SMTP_CA_FILE"),
        ("STARTTLS", "STARTTLS: not offered", False, "see SMTP_STARTTLS"),
        ("STARTTLS", "STARTTLS: its certificate is for another host name", False, "SMTP_HOST, which must be"),
        ("AUTH", "AUTH: 535 5.7.8 no", False, "see SMTP_USERNAME and SMTP_PASSWORD"),
        ("EHLO", "EHLO: 450 later", False, "see SMTP_HOST and SMTP_PORT"),
    ],
)
def test_why_no_smtp_session_can_be_had(phase: str, why: str, *, silent: bool, see: str) -> None:
    """With the variables that the phase speaks of."""
    sentence = session_failure("mail.example:25", phase, why, silent=silent)

    assert sentence.startswith(f"no SMTP session can be had at mail.example:25 ({why}); see ")
    assert sentence.endswith(see) or see in sentence
