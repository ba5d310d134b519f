"""Hostile requests by the thousand over sockets: each is answered, and none with an error of the server's."""

from __future__ import annotations

import random
import socket
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

from tests.benchmark.abuse.shots import SHOTS, Site

_REFUSALS: Final = (501, 505)  # "not implemented" and "version not supported" are the client's to mend
_PATIENCE: Final = 30.0


@dataclass(slots=True)
class Attacked:
    """What an attack met: answers by kind and status, and what is not as it should be."""

    answers: Counter[tuple[str, int]] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)


def attack(port: int, site: Site, count: int, seed: int = 0) -> Attacked:
    """Send `count` requests, each kind in turn, each on a connection of its own."""
    dice, found = random.Random(seed), Attacked()
    kinds = [list(SHOTS)[number % len(SHOTS)] for number in range(count)]
    requests = [SHOTS[kind](dice, site) for kind in kinds]
    with ThreadPoolExecutor(16) as pool:
        statuses = pool.map(lambda request: status_of(port, request), requests)
        for kind, request, status in zip(kinds, requests, statuses, strict=True):
            found.answers[kind, status] += 1
            if not 100 <= status < 500 and status not in _REFUSALS:
                found.wrong.append(f"{kind}: {status or 'no answer'}: {request[:200]!r}")
    return found


def status_of(port: int, request: bytes) -> int:
    """The status of the answer to a request; 0 if there is none."""
    with socket.create_connection(("127.0.0.1", port), timeout=_PATIENCE) as connection:
        received = b""
        with suppress(OSError):  # it was answered and closed while the rest was still on its way
            connection.sendall(request)
        with suppress(OSError):
            while len(received) < 12 and (part := connection.recv(4096)):
                received += part
    return int(received[9:12]) if received[:7] == b"HTTP/1." and received[9:12].isdigit() else 0


API: Final = Site(
    ("/api/emails/send", "/api/emails/batch", "/api/emails", "/api/emails/stats", "/api/emails/{}", "/health", "/{}"),
    ("limit", "since", "until", "cursor", "state", "templateId", "source"),
)
CONSOLE: Final = Site(
    ("/", "/letters", "/letters/{}/{}", "/redrive", "/runs", "/runs/{}", "/runs/{}/continue", "/sign-in", "/static/{}"),
    ("id", "since", "until", "page", "rate", "max_redrives", "category", "topic", "reason", "next", "token", "csrf"),
)
HEALTH: Final = Site(("/health", "/livez", "/readyz", "/metrics", "/{}"))
REGISTRY: Final = Site(
    ("/subjects", "/subjects/{}/versions/{}", "/schemas/ids/{}", "/config/{}", "/mode/{}", "/contexts", "/{}"),
    ("deleted", "permanent", "normalize", "defaultToGlobal", "offset", "limit", "subjectPrefix"),
)
