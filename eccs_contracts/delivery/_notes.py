"""What the metadata of a commit says: which messages after the committed offset are finished.

Kafka keeps a short text with each committed offset (`offset.metadata.max.bytes`, 4096 by default). After a crash the
runs of finished offsets in it spare the next owner of the partition from looking up each message again.

The text is base64 (RFC 4648, section 4) of one byte for the version and pairs of unsigned LEB128 numbers: how many
offsets to skip, and how many after those are finished. The first pair counts from the committed offset.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Sequence
from typing import Final

MAX_NOTE: Final = 4_000  # characters
_VERSION: Final = 1
_MAX_BYTES: Final = MAX_NOTE // 4 * 3
_MAX_REACH: Final = 2**24  # offsets that a note may speak of, from the committed one
_MORE: Final = 0x80
_MOST_SHIFT: Final = 7 * 6


def encode_note(offset: int, ahead: Sequence[range]) -> str:
    """Runs of finished offsets as the metadata of a commit at `offset`; "" if there are none.

    Args:
        offset: what is committed.
        ahead: ascending runs at or after `offset`, without overlap. Those that do not fit into `MAX_NOTE` characters
            are left out, the farthest first.
    """
    written, end = bytearray([_VERSION]), offset
    for run in ahead:
        skipped, count = run.start - end, run.stop - run.start
        pair = bytes((skipped, count)) if max(skipped, count) < _MORE else _number(skipped) + _number(count)
        if len(written) + len(pair) > _MAX_BYTES or run.stop - offset > _MAX_REACH:
            break
        written += pair
        end = run.stop
    return base64.b64encode(written).decode() if len(written) > 1 else ""


def decode_note(offset: int, text: str) -> list[range]:
    """The runs of finished offsets that the metadata of a commit at `offset` holds.

    Raises:
        ValueError: it is not what `encode_note` writes: another program's text, or damaged.
    """
    if not text:
        return []
    if len(text) > MAX_NOTE:
        raise ValueError(f"the metadata has {len(text)} characters, at most {MAX_NOTE} are expected")
    try:
        written = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("the metadata is not base64") from None
    if written[:1] != bytes([_VERSION]):
        raise ValueError("the metadata is not of version 1")
    numbers = list(_numbers(written[1:]))
    if len(numbers) % 2 or any(count < 1 for count in numbers[1::2]) or sum(numbers) > _MAX_REACH:
        raise ValueError("the metadata does not hold runs of offsets")
    runs, end = [], offset
    for skipped, count in zip(numbers[::2], numbers[1::2], strict=True):
        runs.append(range(end + skipped, end + skipped + count))
        end += skipped + count
    return runs


def _number(value: int) -> bytes:
    """LEB128: seven bits in each byte, the lowest first."""
    written = bytearray()
    while value >= _MORE:
        written.append(value & (_MORE - 1) | _MORE)
        value >>= 7
    written.append(value)
    return bytes(written)


def _numbers(written: bytes) -> Iterator[int]:
    value = shift = 0
    for byte in written:
        value |= (byte & (_MORE - 1)) << shift
        shift += 7
        if byte < _MORE:
            yield value
            value = shift = 0
        elif shift > _MOST_SHIFT:
            raise ValueError("the metadata holds a number that is too large")
    if shift:
        raise ValueError("the metadata ends within a number")
