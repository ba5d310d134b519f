"""Bring a registry to what the contracts say: every published version, in order, and the level of each subject."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from compat_checks.contracts import load_contracts
from compat_checks.errors import CompatChecksError
from compat_checks.history import problems, published
from compat_checks.registry.client import RegistryClient


def apply(folder: Path, client: RegistryClient) -> Iterator[str]:
    """Register what is missing; a line for each subject that is done. Applying again changes nothing.

    The published versions were checked when they were published, so they are registered with `force` where the
    registry has an older one already, and the level is set behind them.

    Raises:
        CompatChecksError: the contracts are not in order; then nothing is written.
        RegistryError: the registry is not reachable, or refuses.
    """
    if found := problems(folder):
        raise CompatChecksError("; ".join(found))
    client.subjects()  # answers before anything is written
    for subject in load_contracts(folder).subjects:
        ids, new = [], 0
        for version in published(folder, subject.name):
            there = client.look_up(subject.name, version.text)
            new += there is None
            ids.append((there or client.register(subject.name, version.text, force=True))["id"])
        client.set_level(subject.name, subject.compatibility)
        yield f"{subject.name}: {len(ids)} versions, {new} new, ids {ids}, {subject.compatibility}"
