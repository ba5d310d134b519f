"""The subject that the tests of rules are about."""

from __future__ import annotations

from compat_checks.contracts import Subject


def orders(level: str) -> Subject:
    """A subject at this level of compatibility."""
    return Subject(
        name="orders-value",
        topic="orders",
        key="string",
        record="com.example.shop.Order",
        file="new.avsc",
        compatibility=level,
        owner="orders",
        version="1.0.0",
    )
