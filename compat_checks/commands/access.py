"""How the commands reach a registry: addresses from options, secrets from the environment or from files."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final

from compat_checks.errors import UsageError

if TYPE_CHECKING:
    from compat_checks.registry.client import RegistryClient

_MAX_SECRET: Final = 64 * 1024  # characters


def secret(name: str) -> str | None:
    """A secret from the environment, or from the file that NAME_FILE points to; None where neither is given.

    The same rules as `eccs_contracts.settings`, which a pipeline that has only this package does not have.

    Raises:
        UsageError: both are given, or the file is of no use.
    """
    value, path = os.environ.get(name) or None, os.environ.get(f"{name}_FILE")
    if not path:
        return value
    if value:
        raise UsageError(f"{name} and {name}_FILE are both set: one of them decides")
    try:
        with Path(path).open(encoding="utf-8") as file:  # a pipe of the shell's is welcome here
            found = file.read(_MAX_SECRET + 1).rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{name}_FILE: {path} cannot be read: {error}") from None
    if not found or len(found) > _MAX_SECRET:
        raise UsageError(f"{name}_FILE: {path} is {'too large for a secret' if found else 'empty'}")
    return found


def _user() -> tuple[str | None, str | None]:
    """User and password, given apart or as USER:PASSWORD."""
    user, pair = secret("SCHEMA_REGISTRY_USERNAME"), secret("SCHEMA_REGISTRY_BASIC_AUTH")
    if user is None and pair is not None:
        user, _, password = pair.partition(":")
        return user, password
    return user, secret("SCHEMA_REGISTRY_PASSWORD")


def connect(options: argparse.Namespace) -> Callable[[str], RegistryClient]:
    """What opens the registry at a URL; it raises UsageError where httpx is not installed."""

    def open_registry(url: str) -> RegistryClient:
        try:
            from compat_checks.registry.access import Access
            from compat_checks.registry.client import RegistryClient
        except ModuleNotFoundError as error:
            raise UsageError(f"{error.name} is not installed; run: pip install 'eccs-contracts[registry]'") from None
        user, password = _user()
        token = secret("SCHEMA_REGISTRY_TOKEN")
        access = Access(url, options.timeout, user, password, token, options.ca, options.cert, options.key)
        return RegistryClient(access)

    return open_registry
