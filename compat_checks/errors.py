"""Every error that this package raises.

CompatChecksError
├── InvalidSchema (ValueError)     a schema, or the text of one, breaks a rule of Avro
├── InvalidContracts (ValueError)  contracts.toml breaks a rule of its own
└── RegistryError
    ├── RegistryUnreachable        nothing that speaks the registry API answers at the address
    └── RegistryRefused            the registry answered, and said no
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
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
    """Raised where contracts.toml is not usable: the message names the table, the key and the rule."""


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
