"""What an error of a dependency means, in words: for networks and TLS, and for MongoDB.

Pure functions over tables. The errors of PyMongo are known by their names and codes, so that nothing is imported.
"""

from __future__ import annotations

import errno
import os
import re
import socket
import ssl
from collections.abc import Iterator, Mapping
from typing import Any, Final

_DEPTH: Final = 12  # errors in a chain that are looked at
_ERRNO: Final = re.compile(r"\[Errno (-?\d{1,6})\]")

_CERTIFICATE: Final[Mapping[int, str]] = {  # X509_V_ERR_... of OpenSSL
    9: "its certificate is not valid yet",
    10: "its certificate has expired",
    18: "its certificate is self-signed and not trusted",
    19: "its certificate is signed by an authority that is not trusted (self-signed)",
    20: "its certificate is signed by an authority that is not known",
    21: "its certificate is signed by an authority that is not known",
    23: "its certificate was revoked",
    62: "its certificate is for another host name",
    64: "its certificate is for another IP address",
}
_ERRNOS: Final[Mapping[int, str]] = {
    errno.ECONNREFUSED: "the connection was refused: nothing listens there",
    errno.ECONNRESET: "the connection was reset",
    errno.EPIPE: "the connection was closed",
    errno.ETIMEDOUT: "no answer in time",
    errno.EHOSTUNREACH: "there is no way to the host",
    errno.ENETUNREACH: "there is no way to the network",
    errno.EADDRINUSE: "the address is in use",
    errno.EACCES: "it is not allowed",
    errno.ENOSPC: "the disk is full",
}
_UNKNOWN_NAMES: Final = (socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME))


def network_reason(error: BaseException, host: str = "") -> str:
    """Return why a connection could not be had or was lost, without what the error's own text may repeat.

    Args:
        error: what a library raised; what it was raised from is looked at as well.
        host: the name that was connected to, for a name that is not known.
    """
    for one in _chain(error):
        reason = _reason(one, host)
        if reason is not None:
            return reason
    return type(error).__name__


def _reason(error: BaseException, host: str) -> str | None:
    if isinstance(error, ssl.SSLCertVerificationError):
        return _CERTIFICATE.get(error.verify_code, f"its certificate is not trusted: {error.verify_message}")
    if isinstance(error, ssl.SSLError):
        return _tls_reason(error)
    if isinstance(error, socket.gaierror):
        known = "cannot be looked up now" if error.errno not in _UNKNOWN_NAMES else "is not known"
        return f"the name {host} {known}" if host else f"the host's name {known}"
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, EOFError):
        return "the connection was closed"
    return _system_reason(error) if isinstance(error, OSError) else None


def _tls_reason(error: ssl.SSLError) -> str:
    if error.reason in ("WRONG_VERSION_NUMBER", "UNEXPECTED_MESSAGE", "HTTP_REQUEST", "RECORD_LAYER_FAILURE"):
        return "it does not speak TLS there"
    return f"TLS failed: {(error.reason or 'the connection was closed').lower().replace('_', ' ')}"


def _system_reason(error: OSError) -> str | None:
    """The errno's; asyncio puts several into the text where a name has several addresses."""
    numbers = {error.errno} if error.errno else {int(one) for one in _ERRNO.findall(str(error)[:2000])}
    found = sorted({_ERRNOS.get(one) or os.strerror(one) for one in numbers})
    return "; ".join(found) or None


def _chain(error: BaseException) -> Iterator[BaseException]:
    one: BaseException | None = error
    for _ in range(_DEPTH):
        if one is None:
            return
        yield one
        one = one.__cause__ or one.__context__


_MONGO_CODES: Final[Mapping[int, str]] = {  # of the server: src/mongo/base/error_codes.yml
    13: "the user of MONGODB_URI is not authorised for this",
    18: "authentication failed; look at the user, the password and authSource in MONGODB_URI",
    8000: "authentication failed; look at the user and the password in MONGODB_URI",
    24: "it could not get a lock in time",
    50: "it took longer than it may",
    64: "the write was not confirmed by a majority",
    89: "no answer in time",
    91: "it is shutting down",
    100: "a majority of the replica set is away",
    189: "its primary has stepped down",
    262: "it took longer than it may",
    10107: "no primary takes writes now",
    11600: "it is shutting down",
    11602: "its primary has changed",
    13435: "no primary is there",
    13436: "it is recovering",
    14031: "its disk is full",
}
_MONGO_NAMES: Final[Mapping[str, str]] = {
    "ServerSelectionTimeoutError": "no server answers",
    "ExecutionTimeout": "it took longer than it may",
    "NetworkTimeout": "no answer in time",
    "WaitQueueTimeoutError": "all connections are in use",
    "WTimeoutError": "the write was not confirmed by a majority in time",
    "NotPrimaryError": "no primary takes writes now",
    "AutoReconnect": "the connection was lost",
    "ConnectionFailure": "the connection was lost",
}
_MONGO_TEXTS: Final[Mapping[str, str]] = {  # in the text of a selection that found no server, which quotes its errors
    "certificate has expired": _CERTIFICATE[10],
    "Hostname mismatch": _CERTIFICATE[62],
    "IP address mismatch": _CERTIFICATE[64],
    "self-signed certificate in certificate chain": _CERTIFICATE[19],
    "self-signed certificate": _CERTIFICATE[18],
    "self signed certificate": _CERTIFICATE[18],  # OpenSSL 1.1
    "unable to get local issuer": _CERTIFICATE[20],
    "Connection refused": _ERRNOS[errno.ECONNREFUSED],
    "Name or service not known": "its name is not known",
    "nodename nor servname": "its name is not known",
    "No address associated": "its name is not known",
    "Temporary failure in name resolution": "its name cannot be looked up now",
    "timed out": "no answer in time",
    "connection closed": "the connection was closed",
    "No replica set members": "no member of the replica set answers",
}
_QUOTING: Final = ("ServerSelectionTimeoutError", "AutoReconnect", "ConnectionFailure")


def database_failure(error: BaseException, uri: str = "") -> str:
    """Return a sentence about an error of PyMongo: the address, what it said, and the variable to look at.

    Args:
        error: what PyMongo raised.
        uri: MONGODB_URI, of which only the hosts are shown.
    """
    hosts = uri_hosts(uri)
    where = f"MongoDB at {hosts}" if hosts else "MongoDB"
    code = _code(error)
    if code is not None:
        reason = _MONGO_CODES.get(code) or f"it answered {_code_name(error) or f'error {code}'}"
        return f"{where} refuses: {reason}; see MONGODB_URI"
    return f"{where} does not answer: {_unanswered(error)}; see MONGODB_URI"


def _unanswered(error: BaseException) -> str:
    name, said = type(error).__name__, str(error)[:4000]
    quoted = next((reason for text, reason in _MONGO_TEXTS.items() if text in said), None)
    if quoted is not None and name in _QUOTING:
        return quoted
    return _MONGO_NAMES.get(name) or network_reason(error)


def _code(error: BaseException) -> int | None:
    """The server's code; of a bulk write, that of its first error."""
    details: Any = getattr(error, "details", None) or {}
    nested = [*details.get("writeErrors", ()), *details.get("writeConcernErrors", ())] if details else []
    code = nested[0].get("code") if nested else getattr(error, "code", None)
    return code if isinstance(code, int) else None


def _code_name(error: BaseException) -> str:
    details: Any = getattr(error, "details", None) or {}
    name = details.get("codeName", "")
    return name if isinstance(name, str) and name.isalnum() and name.isascii() else ""


def uri_hosts(uri: str) -> str:
    """Return the hosts of a MongoDB URI, without user and password; empty if there are none."""
    authority = re.split(r"[/?]", uri.partition("://")[2], maxsplit=1)[0]
    return authority.rpartition("@")[2]
