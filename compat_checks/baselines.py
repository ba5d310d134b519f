"""What to check against: published versions, from wherever the user says."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Final, Protocol, TypeAlias

from compat_checks.classes import frozen
from compat_checks.contracts import Contracts, Subject, parse_contracts
from compat_checks.errors import BaselineUnusable, InvalidSchema
from compat_checks.files import SchemaFiles
from compat_checks.git import texts_at
from compat_checks.parse import parse_schema
from compat_checks.reading import read_text
from compat_checks.review import Version

_VERSION_FILE: Final = re.compile(r"(?:history/)?([^/]+)/v([0-9]{1,9})\.avsc")


@frozen
class Text:
    """One version as it was found.

    Attributes:
        label: "v2", or the baseline's own name for it.
        text: the self-contained schema.
        path: what to call it in messages.
    """

    label: str
    text: str
    path: str


Texts: TypeAlias = Mapping[str, tuple[Text, ...]]


@frozen
class Baseline:
    """What to check against.

    Attributes:
        name: as the user gave it: "history", "git:origin/main", …
        texts: by subject, oldest first.
    """

    name: str
    texts: Texts

    def versions(self, subject: str) -> tuple[Version, ...]:
        """The versions of a subject, oldest first, read when asked for: a thousand trees at once are slow to hold.

        Raises:
            InvalidSchema: one of them is no schema.
        """
        found = self.texts.get(subject, ())
        return tuple(Version(one.label, one.text, parse_schema(one.text, path=one.path)) for one in found)


class Registry(Protocol):
    """What a registry is asked for."""

    def subjects(self) -> list[str]:
        """The names of all subjects."""
        ...

    def self_contained(self, subject: str) -> list[tuple[int, str]]:
        """Number and text of every version, oldest first, each with the types that it refers to inside of it."""
        ...


@frozen
class Scene:
    """What a baseline is loaded for.

    Attributes:
        folder: the folder of the schemas.
        connect: opens the registry at a URL.
    """

    folder: Path
    contracts: Contracts
    connect: Callable[[str], Registry]


def load_baseline(spec: str, scene: Scene) -> Baseline:
    """Load `history`, `git:<ref>`, `dir:<path>`, `file:<path>` or `registry:<url>`.

    A folder, on disk or at a ref, gives the published versions of its history and, where they differ from the newest
    of them, its current schemas. A registry gives all its versions, never only the latest.

    Raises:
        BaselineUnusable: an unknown kind, or nothing there.
        BaselineUnreachable: a shallow clone.
        RegistryError: the registry does not answer, or refuses.
        InvalidSchema: a schema of the baseline that is not one.
    """
    kind, _, rest = spec.partition(":")
    load = KINDS.get(kind)
    if load is None or (kind != "history" and not rest):
        raise BaselineUnusable(f"{spec} is no baseline; say one of {', '.join(FORMS)}")
    return Baseline(spec, load(rest, scene))


def _history(_: str, scene: Scene) -> Texts:
    return _published(_read(scene.folder, "history/*/*.avsc"), "history")


def _git(ref: str, scene: Scene) -> Texts:
    return _folder(texts_at(ref, scene.folder), ref, scene)


def _dir(path: str, scene: Scene) -> Texts:
    folder = Path(path)
    if not folder.is_dir():
        raise BaselineUnusable(f"dir:{path}: there is no such folder")
    return _folder(_read(folder, "**/*.avsc") | _read(folder, "contracts.toml"), path, scene)


def _file(path: str, scene: Scene) -> Texts:
    version = Text(Path(path).name, _text(Path(path)), path)
    name = parse_schema(version.text, path=path).label
    found = {subject.name: (version,) for subject in scene.contracts.subjects if subject.record == name}
    if not found:
        raise BaselineUnusable(f"file:{path}: it defines {name}, the record of no subject")
    return found


def _registry(url: str, scene: Scene) -> Texts:
    registry = scene.connect(url)
    there = set(registry.subjects())
    wanted = [subject.name for subject in scene.contracts.subjects if subject.name in there]
    return {
        name: tuple(Text(f"v{number}", text, f"{name} v{number}") for number, text in registry.self_contained(name))
        for name in wanted
    }


KINDS: Final[dict[str, Callable[[str, Scene], Texts]]] = {
    "history": _history,
    "git": _git,
    "dir": _dir,
    "file": _file,
    "registry": _registry,
}
FORMS: Final = ("history", "git:REF", "dir:PATH", "file:PATH", "registry:URL")


def _folder(texts: Mapping[str, str], label: str, scene: Scene) -> Texts:
    """The versions of a folder of schemas: its history, and its current files."""
    found = dict(_published(texts, label))
    current = {
        path: text for path, text in texts.items() if path.endswith(".avsc") and not _VERSION_FILE.fullmatch(path)
    }
    files = SchemaFiles(current)
    for subject in _subjects(texts, scene.contracts):
        if subject.file in files.paths:
            versions = found.get(subject.name, ())
            text = files.self_contained(subject.file)
            if not versions or json.loads(versions[-1].text) != json.loads(text):
                found[subject.name] = (*versions, Text(label, text, f"{label}:{subject.file}"))
    if not found:
        raise BaselineUnusable(f"{label}: no schema of any subject is there")
    return found


def _subjects(texts: Mapping[str, str], contracts: Contracts) -> Iterable[Subject]:
    """The subjects as the folder itself declares them, else as they are declared now."""
    text = texts.get("contracts.toml")
    return parse_contracts(text).subjects if text else contracts.subjects


def _published(texts: Mapping[str, str], label: str) -> Texts:
    numbered: dict[str, list[tuple[int, Text]]] = {}
    for path, text in texts.items():
        if match := _VERSION_FILE.fullmatch(path):
            subject, number = match[1], int(match[2])
            numbered.setdefault(subject, []).append((number, Text(f"v{number}", text, f"{label}:{path}")))
    return {
        subject: tuple(version for _, version in sorted(versions, key=lambda one: one[0]))
        for subject, versions in numbered.items()
    }


def _read(folder: Path, pattern: str) -> dict[str, str]:
    return {path.relative_to(folder).as_posix(): _text(path) for path in sorted(folder.glob(pattern))}


def _text(path: Path) -> str:
    try:
        return read_text(path)
    except OSError as error:
        raise BaselineUnusable(f"{path}: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise InvalidSchema(f"is not UTF-8: {error.reason}", path=str(path)) from None
