"""Two registries of their own for each test, and folders of contracts."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from compat_checks.registry.client import RegistryClient
from compat_checks.registry.server import EmbeddedRegistry

Publish = Callable[..., Path]


@pytest.fixture
def client() -> Iterator[RegistryClient]:
    """A client of an empty registry, over HTTP."""
    with EmbeddedRegistry() as registry, RegistryClient(registry.url) as opened:
        yield opened


@pytest.fixture
def other() -> Iterator[RegistryClient]:
    """A client of another one."""
    with EmbeddedRegistry() as registry, RegistryClient(registry.url) as opened:
        yield opened


@pytest.fixture
def publish(tmp_path: Path) -> Publish:
    """Writes a folder of one subject, `orders-value`, with these published versions and this level."""

    def write(*versions: dict[str, Any], level: str = "BACKWARD") -> Path:
        folder = tmp_path / "schemas"
        history = folder / "history/orders-value"
        shutil.rmtree(history, ignore_errors=True)
        history.mkdir(parents=True)
        (folder / "contracts.toml").write_text(_CONTRACTS.format(level=level))
        (folder / "Order.avsc").write_text(json.dumps(versions[-1]))
        sums = []
        for number, version in enumerate(versions, 1):
            path = history / f"v{number}.avsc"
            path.write_text(json.dumps(version))
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
            sums.append(f"{digest}  orders-value/v{number}.avsc\n")
        (folder / "history/SHA256SUMS").write_text("".join(sums))
        return folder

    return write


_CONTRACTS = """
version = 1
[topics.orders]
doc = "Orders."
partitions = 1
retention_ms = 1000
[topics.orders.environments.dev]
replication_factor = 1
[subjects.orders-value]
topic = "orders"
record = "shop.Order"
file = "Order.avsc"
compatibility = "{level}"
owner = "shop"
version = "1.0.0"
"""
