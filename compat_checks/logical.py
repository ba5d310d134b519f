"""Logical types: which are valid where (specification, "Logical Types")."""

from __future__ import annotations

import math
from typing import Final

from compat_checks.schema import Fixed, LogicalType, Schema
from compat_checks.source import Json

_UNITS: Final = ("millis", "micros", "nanos")

# Logical type -> the types that it may stand on; a fixed is given with its size.
_ON: Final[dict[str, tuple[str, ...]]] = {
    "uuid": ("string", "fixed(16)"),
    "date": ("int",),
    "time-millis": ("int",),
    "time-micros": ("long",),
    "duration": ("fixed(12)",),
    **{f"timestamp-{unit}": ("long",) for unit in _UNITS},
    **{f"local-timestamp-{unit}": ("long",) for unit in _UNITS},
}


def logical_type(schema: Schema) -> LogicalType | None:
    """The logical type of a node, from its attributes; None where there is none, or one that is not valid there."""
    name = schema.props.get("logicalType")
    if name == "decimal":
        return _decimal(schema)
    kind = f"fixed({schema.size})" if isinstance(schema, Fixed) else schema.kind
    return LogicalType(name) if isinstance(name, str) and kind in _ON.get(name, ()) else None


def _decimal(schema: Schema) -> LogicalType | None:
    precision, scale = _whole(schema.props.get("precision")), _whole(schema.props.get("scale", 0))
    if schema.kind not in ("bytes", "fixed") or precision is None or scale is None:
        return None
    too_long = isinstance(schema, Fixed) and precision > max_digits(schema.size)
    if precision < 1 or not 0 <= scale <= precision or too_long:
        return None
    return LogicalType("decimal", precision, scale)


def max_digits(size: int) -> int:
    """How many decimal digits fit into a two's-complement number of `size` bytes."""
    return max(
        0, math.floor(math.log10(2) * (8 * size - 1))
    )  # as Java computes it; 2 ** (8 * size) may fill the memory


def _whole(value: Json) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value < 2**31 else None
