"""How the commands reach a registry: addresses from options, secrets from the environment or from files."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from pathlib import Path

from compat_checks.baselines import Registry
from compat_checks.errors import UsageError


def secret(name: str) -> str | None:
    """A secret from the environment, or from the file that NAME_FILE points to.

    Raises:
        UsageError: the file cannot be read.
    """
    if path := os.environ.get(f"{name}_FILE"):
        try:
            return Path(path).read_text("utf-8").strip()
        except OSError as error:
            raise UsageError(f"{name}_FILE: {error.strerror}: {path}") from None
    return os.environ.get(name) or None


def connect(options: argparse.Namespace) -> Callable[[str], Registry]:
    """What opens the registry at a URL."""

    def open_registry(url: str) -> Registry:
        from compat_checks.registry.client import RegistryClient

        return RegistryClient(url, options.timeout)

    return open_registry
