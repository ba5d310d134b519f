"""What generated code writes into `Annotated[...]`, beside what the package annotated_types offers."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Format:
    """The schema's `format`: "email" or "single-line"."""

    name: str


@dataclass(frozen=True, slots=True)
class Pattern:
    """The schema's `pattern`: a regular expression that matches the whole text."""

    expression: str


@dataclass(frozen=True, slots=True)
class Personal:
    """The schema tags the field as PII: no message and no `repr` shows its values."""
