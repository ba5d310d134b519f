"""What a rule is. The rules stand in two flat tables: `rules.RULES` for changes, `lint.LINT_RULES` for schemas."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

from compat_checks.classes import frozen
from compat_checks.findings import Fix, Severity
from compat_checks.source import Place

Target_contra = TypeVar("Target_contra", contravariant=True)


@frozen(kw_only=True)
class Hit:
    """What a rule says of its target; the walk adds the rest of the finding.

    Attributes:
        message: one sentence, with the old and the new value where there are two.
        place: where, in the schema files as they are now; None where it is in none of them.
        element: for a part of the target, what to call it; empty for the target itself.
        hint: the way out, in words.
        fixes: the way out, as edits; the best one first.
    """

    message: str
    place: Place | None = None
    element: str = ""
    hint: str = ""
    fixes: tuple[Fix, ...] = ()


@frozen
class Rule(Generic[Target_contra]):
    """One rule.

    Its handler's docstring is its documentation: a sentence that says its purpose, then the headings
    "What it does", "Why it matters", "Example" and "Use instead".
    """

    id: str
    severity: Severity
    category: str
    handler: Callable[[Target_contra], Iterator[Hit]]

    @property
    def text(self) -> str:
        """The documentation."""
        import inspect  # slow to import, and needed by who asks for the documentation

        return inspect.getdoc(self.handler) or ""

    @property
    def purpose(self) -> str:
        """Its purpose, one sentence."""
        return (self.handler.__doc__ or "").partition("\n")[0]
