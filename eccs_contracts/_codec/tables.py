"""Lookup tables and constants of the generated codecs (Avro specification, "Binary Encoding").

Small tables only: they stay in the processor's first caches, also when each message is another one.
"""

from __future__ import annotations

import struct
from datetime import UTC, date, datetime, timedelta
from typing import Final, Protocol, TypeVar, cast

T = TypeVar("T")

# What the straight-line functions may stumble over; the plan of the record then finds out what it was.
NOT_FAST: Final = (
    ArithmeticError,
    AttributeError,
    LookupError,
    RecursionError,
    TypeError,
    ValueError,
    struct.error,
)

ZONE: Final = UTC
EPOCH: Final = datetime(1970, 1, 1, tzinfo=ZONE)
LOCAL_EPOCH: Final = datetime(1970, 1, 1)  # noqa: DTZ001  local-timestamp means: no zone
EPOCH_DAY: Final = date(1970, 1, 1).toordinal()
MILLI: Final = timedelta(milliseconds=1)
MICRO: Final = timedelta(microseconds=1)

_FAR: Final = 1 << 62  # a length that leads behind the end of any message
_NAN: Final = float("nan")


def _varint(value: int) -> str:
    out = ""
    while value > 127:
        out += chr(value & 127 | 128)
        value >>= 7
    return out + chr(value)


# Length or non-negative int below 1024 -> its varint, as latin-1 text and as bytes.
LEN: Final = tuple(_varint(2 * n) for n in range(1024))
LEN_B: Final = tuple(text.encode("latin-1") for text in LEN)
# The same behind the index of the first or the second branch of a union.
FIRST_LEN: Final = tuple(["\0" + text for text in LEN])
SECOND_LEN: Final = tuple(["\2" + text for text in LEN])
FIRST_LEN_B: Final = tuple([b"\0" + raw for raw in LEN_B])
SECOND_LEN_B: Final = tuple([b"\2" + raw for raw in LEN_B])

# The first byte of a length -> the length; an odd byte is a negative length.
LENGTH: Final = tuple(n >> 1 if n % 2 == 0 else _FAR for n in range(128))
# The only byte of an int or long -> its value.
ZIGZAG: Final = tuple(n >> 1 ^ -(n & 1) for n in range(128))

# Seven bits of a varint, with and without more to follow.
MORE: Final = tuple(chr(n | 128) for n in range(128))
LAST: Final = tuple(chr(n) for n in range(128))
MORE_B: Final = tuple(bytes((n | 128,)) for n in range(128))
LAST_B: Final = tuple(bytes((n,)) for n in range(128))

# A timestamp whose varint has six bytes (1970-07 to 2039-09): each byte -> its share in milliseconds.
# A byte that cannot stand in its place is NaN, which makes the sum NaN and `fromtimestamp` raise.
T0: Final = tuple((n & 127) / 2 if n > 127 and n % 2 == 0 else _NAN for n in range(256))
T1: Final = tuple(((n & 127) << 7) / 2 if n > 127 else _NAN for n in range(256))
T2: Final = tuple(((n & 127) << 14) / 2 if n > 127 else _NAN for n in range(256))
T3: Final = tuple(((n & 127) << 21) / 2 if n > 127 else _NAN for n in range(256))
T4: Final = tuple(((n & 127) << 28) / 2 if n > 127 else _NAN for n in range(256))
T5: Final = tuple((n << 35) / 2 if 0 < n < 128 else _NAN for n in range(256))
# The same when writing: twice the milliseconds, without the low 21 bits -> the last three bytes. And days since 1970 ->
# twice their milliseconds, as the low 21 bits and the rest. Both are filled as they come up, by `varint`.
HIGH: Final[dict[int, str]] = {}
HIGH_B: Final[dict[int, bytes]] = {}
DAYS: Final[dict[int, tuple[int, int]]] = {}
MAX_KEPT: Final = 4096  # entries of each (of 17 minutes in HIGH); then all are forgotten
TIME_FROM: Final = 1 << 35
TIME_TO: Final = 1 << 42

FLOAT: Final = struct.Struct("<f")
DOUBLE: Final = struct.Struct("<d")
SIX: Final = struct.Struct("6B").unpack_from
put_float: Final = FLOAT.pack
put_double: Final = DOUBLE.pack
get_float: Final = FLOAT.unpack_from
get_double: Final = DOUBLE.unpack_from
from_seconds: Final = datetime.fromtimestamp


class _New(Protocol):
    def __call__(self, model: type[T], /) -> T:
        """A value whose attributes are not set yet."""


new: Final = cast("_New", object.__new__)
