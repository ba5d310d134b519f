"""Hostile requests for any HTTP server of ours, as bytes: broken heads, numbers of any size, forms, codings."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

_NUMBERS: Final = (
    *("0", "-1", "+1", "1_0", "1.5", "1e400", "NaN", "0x10", " 1", "1;", "", "%00", "\u0661", "\uff11", "\u00b2"),
    *("9" * 10, "9" * 19, "9" * 20, "9" * 400, "9" * 5_000, "-" + "9" * 5_000, str(2**31), str(2**63), str(2**64)),
)
_TEXTS: Final = (
    *("\0", "\r\nX-Evil: 1", "\u202e", "<script>alert(1)</script>", "{{7*7}}", "../../etc/passwd", "$ne", "[]", "'\""),
    *("a@" * 3_000, "\U0001f600" * 500, "%", "%zz", "%c0%ae", "\ud7ff", "0001-01-01T00:00:00+14:00", "9" * 9 + "d"),
)
_METHODS: Final = ("GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "PROPFIND", "X" * 50)
_ENDS: Final = "Host: 127.0.0.1\r\nConnection: close\r\n"


@dataclass(frozen=True, slots=True)
class Site:
    """What there is to attack.

    Attributes:
        paths: with `{}` where a number or text belongs.
        names: of query parameters and fields of forms.
        headers: that let the requests in.
    """

    paths: Sequence[str]
    names: Sequence[str] = ("q",)
    headers: Mapping[str, str] | None = None


Shot = Callable[[random.Random, Site], bytes]


def _value(dice: random.Random) -> str:
    return dice.choice(_NUMBERS if dice.random() < 0.6 else _TEXTS)


def _target(dice: random.Random, site: Site) -> str:
    path = dice.choice(site.paths)
    while "{}" in path:
        path = path.replace("{}", quote(_value(dice), safe=""), 1)
    return path


def _query(dice: random.Random, site: Site) -> str:
    count = dice.choice((1, 1, 2, 3))
    return "&".join(f"{dice.choice(site.names)}={quote(_value(dice), safe='')}" for _ in range(count))


def _head(method: str, target: str, site: Site, more: str = "") -> bytes:
    lines = "".join(f"{name}: {value}\r\n" for name, value in (site.headers or {}).items())
    return f"{method} {target} HTTP/1.1\r\n{_ENDS}{lines}{more}\r\n".encode("latin-1", "replace")


def _path(dice: random.Random, site: Site) -> bytes:
    return _head("GET", _target(dice, site), site)


def _with_query(dice: random.Random, site: Site) -> bytes:
    return _head(dice.choice(("GET", "HEAD")), f"{_target(dice, site)}?{_query(dice, site)}", site)


def _method(dice: random.Random, site: Site) -> bytes:
    return _head(dice.choice(_METHODS), _target(dice, site), site)


def _form(dice: random.Random, site: Site) -> bytes:
    body = _query(dice, site).encode()
    kind = dice.choice(("application/x-www-form-urlencoded", "application/json", "text/plain", "multipart/form-data"))
    more = f"Content-Type: {kind}\r\nContent-Length: {len(body)}\r\n"
    return _head("POST", _target(dice, site), site, more) + body


def _length(dice: random.Random, site: Site) -> bytes:
    value = dice.choice([one for one in _NUMBERS if one.isascii() and one not in ("", "0")])
    return _head(dice.choice(("GET", "POST")), dice.choice(site.paths), site, f"Content-Length: {value}\r\n")


def _twice(dice: random.Random, site: Site) -> bytes:
    name = dice.choice(("Content-Length", "Content-Type", "Authorization", "Cookie", "Host", "Transfer-Encoding"))
    return _head("POST", dice.choice(site.paths), site, f"{name}: 1\r\n{name}: 2\r\n")


def _coding(dice: random.Random, site: Site) -> bytes:
    coding = dice.choice(("chunked", "gzip", "chunked, chunked", "xchunked", "identity"))
    more = f"Transfer-Encoding: {coding}\r\n" + dice.choice(("", "Content-Length: 4\r\n"))
    return _head(dice.choice(("GET", "POST")), dice.choice(site.paths), site, more) + b"zz\r\n\r\n"


def _large(dice: random.Random, site: Site) -> bytes:
    more = dice.choice(("X: " + "y" * 100_000 + "\r\n", "X: y\r\n" * 5_000, "X" * 20_000 + ": y\r\n"))
    return _head("GET", dice.choice(site.paths), site, more)


def _broken(dice: random.Random, _: Site) -> bytes:
    return dice.choice(
        (
            b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
            b"GET\r\n\r\n",
            b"GET / HTTP/9.9\r\n\r\n",
            b"GET / HTTP/1.1\r\n\r\n",
            b"GET  /  HTTP/1.1\r\nHost: x\r\n\r\n",
            b"GET / HTTP/1.1\r\nHost: x\r\n Folded: 1\r\n\r\n",
            b"GET / HTTP/1.1\r\nHost: x\r\nBad Name: 1\r\n\r\n",
            b"GET / HTTP/1.1\r\nHost: x\r\nX: \x00\r\n\r\n",
            b"GET http://[::1/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
            b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
            dice.randbytes(200).replace(b"\n", b"") + b"\r\n\r\n",
        )
    )


SHOTS: Final[Mapping[str, Shot]] = {
    "path": _path,
    "query": _with_query,
    "method": _method,
    "form": _form,
    "length": _length,
    "header twice": _twice,
    "coding": _coding,
    "large head": _large,
    "no HTTP": _broken,
}
