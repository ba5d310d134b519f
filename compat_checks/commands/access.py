"""How the commands reach a registry: addresses from options, secrets from the environment or from files."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from compat_checks.errors import UsageError

if TYPE_CHECKING:
    from compat_checks.registry.client import RegistryClient


def secret(name: str) -> str | None:
    """A secret from the environment, or from the file that NAME_FILE points to.

    Raises:
        UsageError: the file cannot be read.
    """
    if path := os.environ.get(f"{name}_FILE"):
        try:
            return Path(path).read_text("utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(f"{name}_FILE: {path} cannot be read: {error}") from None
    return os.environ.get(name) or None


def connect(options: argparse.Namespace) -> Callable[[str], RegistryClient]:
    """What opens the registry at a URL; it raises UsageError where httpx is not installed."""

    def open_registry(url: str) -> RegistryClient:
        try:
            from compat_checks.registry.access import Access
            from compat_checks.registry.client import RegistryClient
        except ModuleNotFoundError as error:
            raise UsageError(f"{error.name} is not installed; run: pip install 'eccs-contracts[registry]'") from None
        user, password = secret("SCHEMA_REGISTRY_USERNAME"), secret("SCHEMA_REGISTRY_PASSWORD")
        token = secret("SCHEMA_REGISTRY_TOKEN")
        access = Access(url, options.timeout, user, password, token, options.ca, options.cert, options.key)
        return RegistryClient(access)

    return open_registry
