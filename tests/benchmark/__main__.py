"""`make bench`: our codecs beside fastavro's, interleaved, minimum of rounds, distinct messages."""

from __future__ import annotations

import io
import json
import sys
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import fastavro

from eccs_contracts import EmailRequest

_MESSAGES = 2000
_ROUNDS = 7


def _request(number: int, size: int) -> EmailRequest:
    return EmailRequest(
        id=uuid.UUID(int=number, version=4),
        to=f"user{number}@example.com",
        subject=f"Subject {number}",
        body="x" * size,
        user_id=f"u{number}",
        timestamp=datetime.fromtimestamp(1_790_000_000 + number, UTC),
        template_data={"name": "Ada", "count": number},
        metadata={"a": "1", "b": "2"},
    )


def _best(work: dict[str, Callable[[], object]]) -> dict[str, float]:
    """Microseconds a message, the least of the rounds; the candidates take turns."""
    best = dict.fromkeys(work, float("inf"))
    for _ in range(_ROUNDS):
        for name, run in work.items():
            start = time.perf_counter()
            run()
            best[name] = min(best[name], (time.perf_counter() - start) / _MESSAGES * 1e6)
    return best


def _measure(size: int) -> dict[str, float]:
    schema = fastavro.parse_schema(json.loads(EmailRequest.SCHEMA))
    values = [_request(number, size) for number in range(_MESSAGES)]
    data = [value.to_avro() for value in values]
    ready: list[Any] = [fastavro.schemaless_reader(io.BytesIO(one), schema, None) for one in data]
    return _best(
        {
            "encode ours": lambda: [value.to_avro() for value in values],
            "encode fastavro": lambda: (
                [fastavro.schemaless_writer(io.BytesIO(), schema, one) for one in ready] and None
            ),
            "decode ours": lambda: [EmailRequest.from_avro(one) for one in data],
            "decode fastavro": lambda: (
                [fastavro.schemaless_reader(io.BytesIO(one), schema, None) for one in data] and None
            ),
        }
    )


def main() -> None:
    """Print the table; a ratio above 1 means that ours is faster."""
    print(f"EmailRequest, {_MESSAGES} distinct messages, minimum of {_ROUNDS} rounds, Python {sys.version.split()[0]}")
    print(f"{'body':>8}{'':>10}{'ours us':>10}{'fastavro us':>14}{'ratio':>8}")
    for size in (300, 4096):
        found = _measure(size)
        for what in ("encode", "decode"):
            ours, other = found[f"{what} ours"], found[f"{what} fastavro"]
            print(f"{size:>8}{what:>10}{ours:>10.2f}{other:>14.2f}{other / ours:>8.2f}")


if __name__ == "__main__":
    main()
