"""Every error that this package raises.

CompatChecksError
├── InvalidSchema (ValueError)     a schema, or the text of one, breaks a rule of Avro
├── InvalidContracts (ValueError)  contracts.toml, or the waivers, break a rule of their own
├── UsageError                     an option or an argument that cannot be carried out
│   └── ReportUnusable (ValueError)  a report in no known format, or to where nothing can be written
├── EditError (ValueError)         an edit that does not fit the text
├── FileChanged                    a file is not any more what the fixes were made for
├── BaselineUnusable               there is nothing to check against where the user said
├── BaselineUnreachable            there is, and it cannot be had from here
└── RegistryError
    ├── RegistryUnreachable        nothing that speaks the registry API answers at the address
    ├── RegistryRefused            the registry answered, and said no
    └── PlanRefused                a plan that must not be carried out
"""

from __future__ import annotations

from compat_checks.classes import frozen


@frozen
class Position:
    """A place in a text, as editors count: lines and columns start at 1."""

    line: int
    column: int


class CompatChecksError(Exception):
    """Base of every error of this package; its text is one line for a person."""


class InvalidSchema(CompatChecksError, ValueError):
    """Raised where a schema breaks a rule of Avro.

    Attributes:
        reason: the rule and the offending value.
        pointer: JSON pointer (RFC 6901) to the offending place in the schema.
        path: the file, where there is one.
        position: line and column in the text, where there is a text.
    """

    def __init__(
        self, reason: str, *, pointer: str = "", path: str | None = None, position: Position | None = None
    ) -> None:
        self.reason = reason
        self.pointer = pointer
        self.path = path
        self.position = position
        super().__init__(f"{self._where()}{reason}")

    def _where(self) -> str:
        parts = [self.path or "schema"]
        if self.position:
            parts += [str(self.position.line), str(self.position.column)]
        place = ":".join(parts)
        return f"{place}: at {self.pointer}: " if self.pointer else f"{place}: "


class InvalidContracts(CompatChecksError, ValueError):
    """Raised where contracts.toml or waivers.toml is not usable: the message names the table, the key and the rule."""


class UsageError(CompatChecksError):
    """Raised where the command line asks for what cannot be done; the message says what can."""


class ReportUnusable(UsageError, ValueError):
    """Raised where a report is asked for that does not exist, or for a file that cannot be written."""


class BaselineUnusable(CompatChecksError):
    """Raised where a baseline is not what its kind says: no such ref, folder or file, or nothing usable in it."""


class BaselineUnreachable(CompatChecksError):
    """Raised where a baseline exists and cannot be had: a ref outside of a shallow clone."""


class EditError(CompatChecksError, ValueError):
    """Raised where an edit does not fit the text: a place that is not there, or a pointer that is none.

    Attributes:
        pointer: of the edit.
        reason: what is wrong with it.
    """

    def __init__(self, pointer: str, reason: str) -> None:
        self.pointer = pointer
        self.reason = reason
        super().__init__(f'the edit at "{pointer}" does not fit: {reason}')


class FileChanged(CompatChecksError):
    """Raised where a file is not any more what the fixes were made for; nothing is written then."""


class RegistryError(CompatChecksError):
    """Base of what can go wrong with a registry."""


class RegistryUnreachable(RegistryError):
    """Raised where nothing that speaks the registry API answers; the message names the address."""


class RegistryRefused(RegistryError):
    """Raised where the registry answered with an error.

    Attributes:
        status: HTTP status.
        code: the registry's own `error_code`.
    """

    def __init__(self, message: str, *, status: int, code: int) -> None:
        self.status = status
        self.code = code
        super().__init__(message)


class PlanRefused(RegistryError):
    """Raised where a plan must not be carried out: something in it would fail, or the registry is another by now."""
