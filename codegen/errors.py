"""The one error of the generator."""

from __future__ import annotations

from compat_checks.schema import Field, Schema
from compat_checks.source import Place


class RefusalError(Exception):
    """Raised where a schema cannot be expressed; the text names file, line, column, pointer and reason."""


def refusal(node: Schema | Field | Place, reason: str) -> RefusalError:
    """A refusal that points to a node."""
    place = node if isinstance(node, Place) else node.place
    return RefusalError(str(place.error(reason)))
