"""What generated modules import: only what they use."""

from __future__ import annotations

import symtable
from collections.abc import Iterator
from typing import Final

# Module -> the names that generated code takes from it.
_FROM: Final[dict[str, tuple[str, ...]]] = {
    "dataclasses": ("dataclass", "field"),
    "decimal": ("Decimal",),
    "enum": ("StrEnum",),
    "typing": ("Annotated", "Any", "ClassVar", "Final", "Never", "Self", "TypeVar"),
    "uuid": ("UUID",),
    "eccs_contracts._codec": ("containers", "logical", "record", "scalars"),
    "eccs_contracts._codec.convert": (
        "big_decimal_of_bytes",
        "bytes_of_big_decimal",
        "bytes_of_decimal",
        "bytes_of_duration",
        "date_of_days",
        "days_of_date",
        "decimal_of_bytes",
        "duration_of_bytes",
        "fixed_of_decimal",
        "instant_of_micros",
        "instant_of_millis",
        "local_of_micros",
        "local_of_millis",
        "micros_of_time",
        "millis_of_time",
        "nothing_bytes",
        "nothing_text",
        "read_nothing",
        "read_uuid",
        "time_of_micros",
        "time_of_millis",
        "uuid_of_bytes",
    ),
    "eccs_contracts._codec.markers": ("Format", "Ge", "Le", "MaxLen", "MinLen", "Pattern", "Personal"),
    "eccs_contracts._codec.tables": (
        "DAYS",
        "EPOCH",
        "FIRST_LEN",
        "FIRST_LEN_B",
        "HIGH",
        "HIGH_B",
        "LAST",
        "LAST_B",
        "LEN",
        "LEN_B",
        "LENGTH",
        "LOCAL_EPOCH",
        "MICRO",
        "MILLI",
        "MORE",
        "MORE_B",
        "NOT_FAST",
        "SECOND_LEN",
        "SECOND_LEN_B",
        "SIX",
        "T0",
        "T1",
        "T2",
        "T3",
        "T4",
        "T5",
        "ZIGZAG",
        "ZONE",
        "from_seconds",
        "get_double",
        "get_float",
        "new",
        "put_double",
        "put_float",
    ),
    "eccs_contracts._codec.varint": (
        "int_bytes",
        "int_text",
        "long_bytes",
        "long_text",
        "read_count",
        "read_int",
        "read_length",
        "read_long",
        "read_varint",
        "time_bytes",
        "time_text",
    ),
    "eccs_contracts.values": (
        "Branch",
        "BytesBranch",
        "DoubleBranch",
        "Duration",
        "FloatBranch",
        "IntBranch",
        "LongBranch",
        "StringBranch",
    ),
}
_STANDARD: Final = ("dataclasses", "decimal", "enum", "typing", "uuid")

IMPORTED: Final = frozenset(name for names in _FROM.values() for name in names) | {"dt", "annotations"}


def imports_of(body: str, modules: tuple[str, ...]) -> str:
    """The import lines of a module.

    Args:
        body: its code.
        modules: the other generated modules; one that is used is imported as `_` and its name, as a module,
            because namespaces may refer to each other in a circle.
    """
    used = set(_used(symtable.symtable(body, "body", "exec")))
    own = _lines(tuple(name for name in _FROM if name.startswith("eccs_contracts")), used)
    siblings = [f"from . import {name} as _{name}" for name in sorted(modules) if f"_{name}" in used]
    first = ["import datetime as dt"] if "dt" in used else []
    groups = ([*first, *_lines(_STANDARD, used)], [*own], siblings)
    return "\n\n".join("\n".join(group) for group in groups if group)


def _used(scope: symtable.SymbolTable) -> Iterator[str]:
    """The names that a scope and those inside of it take from the module."""
    is_module = scope.get_type() == "module"
    for symbol in scope.get_symbols():
        if symbol.is_referenced() and (is_module or symbol.is_global()):
            yield symbol.get_name()
    for inner in scope.get_children():
        yield from _used(inner)


def _lines(modules: tuple[str, ...], used: set[str]) -> Iterator[str]:
    for module in modules:
        found = [name for name in _FROM[module] if name in used]
        if found:
            yield f"from {module} import {', '.join(found)}"
