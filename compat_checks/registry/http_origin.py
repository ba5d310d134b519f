"""Which requests may come from a web page: none of another site, whatever name the page reaches us under.

A page of any site can send requests to the loopback address. Its browser names the page in `Origin`; a page whose own
name leads to the loopback address (DNS rebinding) is recognised by `Host`.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Collection
from typing import Final

from compat_checks.registry.http_head import Head
from compat_checks.registry.refused import Refused

_HOST: Final = re.compile(r"(\[[0-9a-f:.%]{2,64}\]|[0-9a-z._\-]{1,255})(?::[0-9]{1,5})?")
_JSON_TYPES: Final = frozenset(
    (
        "",  # as application/octet-stream (RFC 9110, section 8.3)
        "application/json",
        "application/octet-stream",
        "application/vnd.schemaregistry+json",
        "application/vnd.schemaregistry.v1+json",
    )
)
_FORM: Final = "application/x-www-form-urlencoded"
_READS: Final = ("GET", "HEAD", "OPTIONS")
_OWN: Final = ("", "none", "same-origin")


def check_origin(head: Head, allowed: Collection[str]) -> None:
    """Refuse a request that a page of another site may have sent.

    Args:
        head: of the request.
        allowed: names in lower case under which this server may be reached, beside `localhost` and IP addresses: a
            page cannot be served from an address that is not its server's.

    Raises:
        Refused: 400 for a Host that is missing or broken, 403 for a foreign Host or Origin.
    """
    host = head.field("host")
    if not host and head.minor == 0 and "host" not in head.fields:
        host = "localhost"
    match = _HOST.fullmatch(host)
    if not match:
        raise Refused(400, "The header field Host is missing, or is not HOST[:PORT]")
    name = match[1].rstrip(".")
    if not (name == "localhost" or name.endswith(".localhost") or _is_address(name) or name in allowed):
        raise Refused(403, f"The host {name} is not a name of this registry; serve --allow-host {name} makes it one")
    own = (f"http://{host}", f"https://{host}")
    if "origin" in head.fields and head.field("origin") not in own:
        raise Refused(403, "This registry takes no requests of web pages of another origin")
    if head.method not in _READS and head.field("sec-fetch-site") not in _OWN:
        raise Refused(403, "This registry takes no requests of web pages of another site")


def check_media_type(head: Head) -> None:
    """Refuse a body of a type that is not JSON, which a page could send without asking first.

    `curl -d` says that it sends a form unless it is told otherwise. That is let through if no browser sent it, and a
    browser names the origin of each POST.

    Raises:
        Refused: 415.
    """
    if head.field("content-encoding") not in ("", "identity"):
        raise Refused(415, "Compressed bodies are not read here")
    kind = head.field("content-type").partition(";")[0].strip()
    is_browser = "origin" in head.fields or any(name.startswith("sec-fetch-") for name in head.fields)
    if kind not in _JSON_TYPES and (kind != _FORM or is_browser):
        raise Refused(415, "HTTP 415 Unsupported Media Type: send application/vnd.schemaregistry.v1+json")


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name.strip("[]").partition("%")[0])
    except ValueError:
        return False
    return True
