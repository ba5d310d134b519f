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
from compat_checks.resolution import Incompatibility, IncompatibilityType, Verdict, check_pair

__all__ = [
    "CompatChecksError",
    "Incompatibility",
    "IncompatibilityType",
    "InvalidContracts",
    "InvalidSchema",
    "Position",
    "RegistryError",
    "RegistryRefused",
    "RegistryUnreachable",
    "Verdict",
    "check_pair",
    "parse_schema",
]
