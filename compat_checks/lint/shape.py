"""Rules about how large a type is."""

from __future__ import annotations

from collections.abc import Iterator

from compat_checks.lint.targets import NamedTarget
from compat_checks.rule import Hit
from compat_checks.schema import Record


def field_count(target: NamedTarget) -> Iterator[Hit]:
    """A record has a number of fields that a person can survey.

    What it does:
        Counts the fields of a record, against `max_fields` of `[lint]` (100 where it is not given).

    Why it matters:
        Wide records are several things in one: most fields are null in most messages, and every reader depends on
        all of them.

    Example:
        One record of 240 fields for customer, order and invoice.

    Use instead:
        Records inside of the record: `customer`, `order`, `invoice`; or a topic for each.
    """
    schema, limit = target.schema, target.options.max_fields
    if isinstance(schema, Record) and len(schema.fields) > limit:
        yield Hit(
            message=f"the record has {len(schema.fields)} fields, more than {limit}",
            place=schema.fields[limit].place / "name",
            hint="gather fields that belong together in records, or raise lint.max_fields",
        )


def nesting_depth(target: NamedTarget) -> Iterator[Hit]:
    """Records are not nested too deeply.

    What it does:
        Counts how many records stand inside of one another in a file, against `max_depth` of `[lint]` (5 where it is
        not given).

    Why it matters:
        A column that is called `a.b.c.d.e.f` cannot be queried by hand, and connectors that flatten records have
        limits of their own.

    Example:
        A record of six records, each inside of the one before.

    Use instead:
        A flatter record; or types in files of their own, where they can be understood alone.
    """
    limit = target.options.max_depth
    if isinstance(target.schema, Record) and target.depth == limit:
        yield Hit(
            message=f"records are nested {limit + 1} deep here, more than {limit}",
            place=target.schema.place / "name",
            hint="flatten what is around it, or raise lint.max_depth",
        )
