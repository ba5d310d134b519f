"""Compatibility checks for Avro schemas and their registries.

Importing this package loads the standard library only.
"""

from compat_checks.errors import (
    CompatChecksError,
    InvalidContracts,
    InvalidSchema,
    Position,
    RegistryError,
    RegistryRefused,
    RegistryUnreachable,
)
from compat_checks.parse import parse_schema

__all__ = [
    "CompatChecksError",
    "InvalidContracts",
    "InvalidSchema",
    "Position",
    "RegistryError",
    "RegistryRefused",
    "RegistryUnreachable",
    "parse_schema",
]
