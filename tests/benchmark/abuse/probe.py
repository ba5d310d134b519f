"""`python -m tests.benchmark.abuse.probe SECONDS EMAIL NOTIFICATION CONSOLE`: what everybody else meets.

Arguments: how long, and the ports of the three services. Prints JSON: seconds of each request, by what was asked.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Mapping
from typing import Final

from tests.benchmark.abuse.wire import Line, bearer, get, post

_EVERY: Final = 0.05  # seconds between two requests of a kind
_BODY: Final = {"to": "ada@good.example", "subject": "Hello", "body": "Text"}


def measure(asked: Mapping[str, tuple[int, bytes, int]], seconds: float) -> dict[str, list[float]]:
    """Ask everything at a steady rate, each on a connection of its own.

    Args:
        asked: by name, the port, the request and the status that is right.
        seconds: how long.

    Returns:
        Seconds that each request took, by name; what was not answered rightly counts as infinite.
    """
    found: dict[str, list[float]] = {name: [] for name in asked}

    def ask(name: str, port: int, request: bytes, right: int) -> None:
        line, end = Line(port), time.monotonic() + seconds
        while (now := time.monotonic()) < end:
            status, took = line.ask(request)
            found[name].append(took if status == right else float("inf"))
            threading.Event().wait(max(0.0, now + _EVERY - time.monotonic()))
        line.close()

    threads = [threading.Thread(target=ask, args=(name, *what)) for name, what in asked.items()]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    return found


def main() -> None:
    """Measure, and print."""
    seconds, ports = float(sys.argv[1]), [int(one) for one in sys.argv[2:5]]
    asked: dict[str, tuple[int, bytes, int]] = {"send": (ports[0], post("/api/emails/send", _BODY, bearer("ada")), 202)}
    for service, port in zip(("e-mail", "notification", "console"), ports, strict=True):
        asked[f"{service} /livez"] = (port, get("/livez"), 200)
        asked[f"{service} /readyz"] = (port, get("/readyz"), 200)
    json.dump(measure(asked, seconds), sys.stdout)


if __name__ == "__main__":
    main()
