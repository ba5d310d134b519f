"""A schema as Apache Avro Java writes it (`Schema.toString`): it is part of what Java says where it throws."""

from __future__ import annotations

import json
import math
import re
from typing import Final

from compat_checks.canonical import printed
from compat_checks.schema import Schema
from compat_checks.source import Json

_SPECIAL = re.compile(r'[\x00-\x1f"\\]')
_ESCAPES: Final = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\b": "\\b", "\f": "\\f"}


def java_text(schema: Schema) -> str:
    """The compact text; only the full name where types are chained deeper than Python calls."""
    try:
        return _text(printed(schema))
    except RecursionError:
        return schema.label


def _text(value: Json) -> str:
    """Compact JSON, with numbers as Java writes them and control characters as Jackson does."""
    if isinstance(value, dict):
        return "{" + ",".join([f"{_text(key)}:{_text(one)}" for key, one in value.items()]) + "}"
    if isinstance(value, list):
        return "[" + ",".join([_text(one) for one in value]) + "]"
    if isinstance(value, float):
        return _double(value)
    return f'"{_SPECIAL.sub(_escape, value)}"' if isinstance(value, str) else json.dumps(value)


def _escape(found: re.Match[str]) -> str:
    return _ESCAPES.get(found[0]) or f"\\u{ord(found[0]):04X}"


def _double(value: float) -> str:
    """`Double.toString`: scientific below a thousandth and from ten millions on."""
    if not math.isfinite(value):
        return '"NaN"' if math.isnan(value) else f'"{"-" if value < 0 else ""}Infinity"'
    if value == 0 or 1e-3 <= abs(value) < 1e7:
        return repr(value)
    from decimal import Decimal  # here, for few schemas have a number to write

    sign, digits, exponent = Decimal(repr(value)).as_tuple()
    first, rest = digits[0], "".join(map(str, digits[1:])).rstrip("0") or "0"
    return f"{'-' if sign else ''}{first}.{rest}E{int(exponent) + len(digits) - 1}"
