"""Rules about enums and unions: types that are a choice."""

from __future__ import annotations

from collections.abc import Iterator

from compat_checks import fixes
from compat_checks.findings import Fix
from compat_checks.rule import Hit
from compat_checks.rules.pairs import TypePair
from compat_checks.schema import Enum, Fixed, Record, Union


def enum_collapses_to_default(pair: TypePair) -> Iterator[Hit]:
    """Symbols that a reader does not know turn into its default.

    What it does:
        Finds symbols that the writer has and the reader has not, where the reader's enum has a default.

    Why it matters:
        It is compatible, and it loses the value: every unknown symbol reads as the default, so that "EXPIRED" and
        "PARSE" become one "UNKNOWN".

    Example:
        `["A", "B"]` with the default `A` reads what `["A", "B", "C"]` wrote.

    Use instead:
        Deploy readers with the new symbol before a producer writes it; keep symbols that are on the topic.
    """
    for reading in pair.readings():
        reader, writer = reading.reader, reading.writer
        if not isinstance(reader, Enum) or not isinstance(writer, Enum) or reader.default is None:
            continue
        if unknown := [symbol for symbol in writer.symbols if symbol not in reader.symbols]:
            new = pair.new
            yield Hit(
                message=f"{reading.who} take {_listed(unknown)} as the default {reader.default}",
                place=new.place / "symbols",
                hint="deploy readers before producers" if reading.forward else "keep the symbols",
                fixes=() if reading.forward or not isinstance(new, Enum) else (_restore(new, unknown),),
            )


def union_short_name_clash(pair: TypePair) -> Iterator[Hit]:
    """Two branches of a union have one short name.

    What it does:
        Finds unions whose named branches differ by their namespaces only.

    Why it matters:
        Java compares short names, and so its check accepts what other readers take for the wrong branch: fastavro
        reads `n2.A` as `n1.A` and fails, or worse, does not.

    Example:
        `["n1.Address", "n2.Address"]`.

    Use instead:
        Give the types different names.
    """
    if not isinstance(pair.new, Union):
        return
    seen: dict[str, str] = {}
    for branch in pair.new.branches:
        if not isinstance(branch, Record | Enum | Fixed):
            continue
        other = seen.setdefault(branch.name, branch.fullname)
        if other != branch.fullname:
            yield Hit(
                message=f"the union has {other} and {branch.fullname}: one short name",
                place=pair.new.place,
                hint="give the types different names",
            )


def _restore(enum: Enum, symbols: list[str]) -> Fix:
    return fixes.set_value(enum.place, "symbols", [*enum.symbols, *symbols])


def _listed(names: list[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)
