"""What a check finds, and the change that would end it: values that rules make and reports show."""

from __future__ import annotations

import hashlib
from enum import StrEnum
from typing import Final, Literal

from compat_checks.classes import frozen
from compat_checks.source import Json, Place


class Severity(StrEnum):
    """How much a finding matters; an error fails a check."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"

    @property
    def rank(self) -> int:
        """0 for the gravest."""
        return _RANKS[self]


_RANKS: Final = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.INFO: 2}


@frozen
class Edit:
    """One change of a JSON text: an operation of JSON Patch (RFC 6902, section 4).

    Attributes:
        pointer: JSON pointer (RFC 6901). To `add` a key its last step is the key, and to `add` an item the index
            that it will have, or `-` for the end.
        value: what is added or put in the place; nothing for `remove`.
    """

    op: Literal["add", "replace", "remove"]
    pointer: str
    value: Json = None


@frozen
class Fix:
    """A suggestion that can be applied.

    Attributes:
        title: what it does, as an order: "Add the alias `to`".
        path: the file that it changes, relative to the folder of the schemas.
        edits: applied one after the other; each pointer counts in what the edits before it left.
        decided: False where only a person can know whether it is meant; `fix` shows it and does not write it.
    """

    title: str
    path: str
    edits: tuple[Edit, ...]
    decided: bool = True


@frozen(kw_only=True)
class Finding:
    """One thing that is wrong.

    Attributes:
        rule: id of the rule, as `compat-checks explain` takes it.
        message: one sentence: what is wrong, with the old and the new value where there are two.
        place: where, in the files as they are now; None where it is in none of them.
        subject: the subject it belongs to; empty where it belongs to a file only.
        element: where in the schema, as people say it: "EmailRequest.templateData".
        cause: what lies behind, one line each; the nested causes that a registry does not tell.
        against: labels of the versions that it was found against, newest first: ("v2", "v1").
        breaks: who breaks: "readers of v1 cannot read new data".
        hint: the way out, in words.
        fixes: the way out, as edits; the best one first.
        waived: the reason given in the waivers file; empty where it is not waived.
    """

    rule: str
    severity: Severity
    message: str
    place: Place | None = None
    subject: str = ""
    element: str = ""
    cause: tuple[str, ...] = ()
    against: tuple[str, ...] = ()
    breaks: tuple[str, ...] = ()
    hint: str = ""
    fixes: tuple[Fix, ...] = ()
    waived: str = ""

    @property
    def fingerprint(self) -> str:
        """16 hex digits that stay while the finding says the same of the same element, wherever it moves to."""
        text = f"{self.rule}\n{self.subject}\n{self.element}\n{self.message}"
        return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]

    @property
    def path(self) -> str | None:
        """The file, where there is one."""
        return self.place.source.path if self.place else None
