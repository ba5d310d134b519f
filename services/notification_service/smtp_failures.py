"""Why no SMTP session can be had, as a sentence: the address, what was said, and the variables to look at."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

_ADDRESS: Final = "SMTP_HOST and SMTP_PORT"
_VARIABLES: Final[Mapping[str, str]] = {
    "CONNECT": _ADDRESS,
    "EHLO": _ADDRESS,
    "STARTTLS": "SMTP_STARTTLS",
    "AUTH": "SMTP_USERNAME and SMTP_PASSWORD",
}
_CERTIFICATE: Final = "its certificate"  # as `network_reason` begins
_IMPLICIT: Final = "a port that speaks TLS from the first byte needs SMTP_IMPLICIT_TLS=1"


def session_failure(address: str, phase: str, why: str, *, silent: bool = False) -> str:
    """Return the sentence.

    Args:
        address: host and port.
        phase: how far it got: CONNECT, EHLO, STARTTLS or AUTH.
        why: what was said, beginning with the phase.
        silent: nothing was said until a time-out ran off.
    """
    variables = _VARIABLES.get(phase, _ADDRESS)
    if _CERTIFICATE in why:
        variables = "SMTP_HOST, which must be the name in the certificate, and SMTP_CA_FILE"
    hint = f"; {_IMPLICIT}" if silent and phase == "CONNECT" else ""
    return f"no SMTP session can be had at {address} ({why}); see {variables}{hint}"
