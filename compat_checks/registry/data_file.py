"""The file that a registry keeps everything in: whole or not at all."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from compat_checks.errors import RegistryError
from compat_checks.reading import read_text
from compat_checks.registry.refused import Refused
from compat_checks.registry.settings import Settings
from compat_checks.registry.store import Store
from compat_checks.registry.values import Content, Reference, Version
from compat_checks.registry.versions import Versions
from compat_checks.source import Json

_FORMAT: Final = 2
_MAX_DATA: Final = 1024 * 1024 * 1024  # bytes


def load(path: Path) -> Store:
    """What a file keeps; an empty store where there is no file.

    Raises:
        RegistryError: it is not a file that a registry wrote.
    """
    if not path.exists():
        return Store()
    try:
        return from_json(json.loads(read_text(path, _MAX_DATA)))
    except (OSError, ValueError, LookupError, TypeError, RecursionError, AttributeError, Refused) as error:
        raise RegistryError(f"{path} is not a file that a registry wrote ({error}); move it away") from None


def save(store: Store, path: Path) -> None:
    """Write everything, and be sure that it is on disk."""
    draft = path.with_name(path.name + ".new")
    with draft.open("w", encoding="utf-8") as file:
        json.dump(to_json(store), file)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def to_json(store: Store) -> dict[str, Json]:
    """All of a store."""
    return {
        "version": _FORMAT,
        "configs": store.settings.configs,
        "modes": store.settings.modes,
        "next_ids": store.versions.next_ids,
        "schemas": [_row(one) for one in store.versions.all()],
    }


def from_json(value: Mapping[str, Any]) -> Store:
    """A store from a file of this format or of the first one.

    Raises:
        ValueError, LookupError, TypeError, AttributeError, Refused: it is neither.
    """
    if value["version"] == 1:
        return _from_first_format(value)
    if value["version"] != _FORMAT:
        raise ValueError(f"its format is {value['version']}, this registry reads 1 and {_FORMAT}")
    settings = Settings(dict(value["configs"]), dict(value["modes"]))
    store = Store(versions=Versions(next_ids=dict(value["next_ids"])), settings=settings)
    for row in value["schemas"]:
        content = Content(row["schema"], _references(row["references"]), row["metadata"], row["ruleSet"])
        store.versions.add(Version(row["subject"], row["version"], row["id"], content, row["deleted"]))
    return store


def _row(version: Version) -> dict[str, Json]:
    content = version.content
    return {
        "subject": version.subject,
        "version": version.version,
        "id": version.id,
        "deleted": version.deleted,
        "schema": content.schema,
        "references": [one.to_json() for one in content.references],
        "metadata": content.metadata,
        "ruleSet": content.rule_set,
    }


def _references(values: Iterable[Mapping[str, Any]]) -> tuple[Reference, ...]:
    return tuple(Reference(one["subject"], one["version"], one["name"]) for one in values)


def _from_first_format(value: Mapping[str, Any]) -> Store:
    """The first format had levels only, and texts that were compact and not yet canonical."""
    configs = {scope: {"compatibility": level} for scope, level in value["levels"].items()}
    store = Store(settings=Settings(configs))
    for row in sorted(value["schemas"], key=lambda one: (one["id"], one["version"])):
        body = {"schema": row["schema"], "references": row["references"]}
        content = store.read(row["subject"], body).content
        store.versions.add(Version(row["subject"], row["version"], row["id"], content, row["deleted"]))
    return store
