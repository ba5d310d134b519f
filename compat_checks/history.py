"""`schemas/history`: the published versions, which never change."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any, Final

from compat_checks.classes import frozen
from compat_checks.contracts import Subject, load_contracts
from compat_checks.errors import CompatChecksError, InvalidContracts, InvalidSchema
from compat_checks.files import SchemaFiles
from compat_checks.inline import compact
from compat_checks.reading import parse_toml, read_bytes, read_schema, read_toml
from compat_checks.semver import SEMVER, parts
from compat_checks.source import Source

CHECKSUMS: Final = "SHA256SUMS"
RELEASES: Final = "versions.toml"
_VERSION: Final = re.compile(r"v([1-9][0-9]{0,8})\.avsc")


@frozen
class Published:
    """One published version of a subject.

    Attributes:
        version: its number, from 1.
        text: the self-contained schema, compact.
        release: its semantic version; empty where none is recorded.
        day: when it was published; None where that is not recorded.
    """

    subject: str
    version: int
    path: Path
    text: str
    release: str = ""
    day: date | None = None

    @property
    def label(self) -> str:
        """What people call it: "v2"."""
        return f"v{self.version}"


@frozen
class PublishedFile:
    """A file of the history, or an entry of its list of checksums.

    Attributes:
        listed: its checksum in the list; empty where it is not listed.
        actual: the checksum of what is there; empty where it is gone.
    """

    path: str
    listed: str
    actual: str


def published(folder: Path, subject: str) -> tuple[Published, ...]:
    """The versions of a subject, oldest first.

    Raises:
        InvalidSchema: a file that is not named v<N>.avsc, or a number that is left out.
        InvalidContracts: versions.toml is not usable.
    """
    home = folder / "history" / subject
    releases = _releases(home / RELEASES)
    found: dict[int, Published] = {}
    for path in sorted(home.glob("*")):
        if path.name == RELEASES:
            continue
        if not (match := _VERSION.fullmatch(path.name)):
            raise InvalidSchema("a published version is called v<N>.avsc", path=str(path))
        number = int(match[1])
        text = compact(Source(read_schema(path), str(path)).load())
        release = releases.get(f"v{number}", {})
        found[number] = Published(subject, number, path, text, release.get("version", ""), release.get("date"))
    if sorted(found) != list(range(1, len(found) + 1)):
        raise InvalidSchema(f"versions are numbered from 1 without a gap, not {sorted(found)}", path=subject)
    if unknown := releases.keys() - {one.label for one in found.values()}:
        raise InvalidContracts(f"{home / RELEASES}: [{min(unknown)}] has no {min(unknown)}.avsc beside it")
    return tuple(found[number] for number in sorted(found))


def published_files(folder: Path) -> Iterator[PublishedFile]:
    """Every file of the history and every entry of its list of checksums."""
    history = folder / "history"
    listed = _listed(history)
    there = {path.relative_to(history).as_posix(): path for path in _covered(history)}
    for name in sorted(listed.keys() | there.keys()):
        actual = _digest(there[name]) if name in there else ""
        yield PublishedFile(f"history/{name}", listed.get(name, ""), actual)


def snapshot(folder: Path, day: date) -> list[Path]:
    """Publish: write what differs from the newest version as the next one; the files written.

    Args:
        folder: the folder of the schemas.
        day: the day of publication.

    Raises:
        CompatChecksError: a published version was altered, or contracts.toml still has the version of the last one.
    """
    contracts, files = load_contracts(folder), SchemaFiles.of(folder)
    if altered := [one.path for one in published_files(folder) if one.listed and one.listed != one.actual]:
        raise CompatChecksError(f"{', '.join(altered)}: altered; a published version never changes; restore it first")
    pending = [(one, text) for one in contracts.subjects if (text := _unpublished(folder, files, one))]
    for subject, _ in pending:
        _check_release(folder, subject)
    return [_publish(folder, subject, text, day) for subject, text in pending]


def _unpublished(folder: Path, files: SchemaFiles, subject: Subject) -> str:
    versions = published(folder, subject.name)
    text = files.self_contained(subject.file)
    return "" if versions and json.loads(versions[-1].text) == json.loads(text) else text


def _check_release(folder: Path, subject: Subject) -> None:
    newest = max((parts(one.release) for one in published(folder, subject.name) if one.release), default=(-1,))
    if parts(subject.version) <= newest:
        raise CompatChecksError(
            f"{subject.name}: contracts.toml says {subject.version}, and {'.'.join(map(str, newest))} is published "
            "already; raise version in contracts.toml (compat-checks check says to what)"
        )


def _publish(folder: Path, subject: Subject, text: str, day: date) -> Path:
    history = folder / "history"
    label = f"v{len(published(folder, subject.name)) + 1}"
    path = history / subject.name / f"{label}.avsc"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(json.loads(text), indent=2, ensure_ascii=False) + "\n", "utf-8")
    releases = path.with_name(RELEASES)
    before = read_toml(releases) + "\n" if releases.exists() else ""
    releases.write_text(f'{before}[{label}]\nversion = "{subject.version}"\ndate = {day}\n', "utf-8")
    lines = [f"{_digest(path)}  {path.relative_to(history).as_posix()}\n" for path in _covered(history)]
    (history / CHECKSUMS).write_text("".join(lines), "utf-8")
    return path


def _releases(path: Path) -> Mapping[str, Mapping[str, Any]]:
    """By label: the semantic version and the day."""
    if not os.path.lexists(path):
        return {}
    try:
        found: Mapping[str, Mapping[str, Any]] = parse_toml(read_toml(path))
    except InvalidContracts as error:
        raise InvalidContracts(f"{path}: {error}") from None
    for label, release in found.items():
        if not isinstance(release, dict) or not SEMVER.fullmatch(str(release.get("version"))):
            raise InvalidContracts(f'{path}: [{label}] needs a version, such as "1.2.0"')
        if type(release.get("date")) is not date:
            raise InvalidContracts(f"{path}: [{label}] needs a date, such as 2026-01-31")
    return found


def _covered(history: Path) -> list[Path]:
    """The files that never change, or by an entry at their end only."""
    return sorted((*history.glob("*/*.avsc"), *history.glob(f"*/{RELEASES}")))


def _listed(history: Path) -> dict[str, str]:
    path = history / CHECKSUMS
    lines = read_schema(path).splitlines() if os.path.lexists(path) else []
    return {name: digest for digest, _, name in (line.partition("  ") for line in lines)}


def _digest(path: Path) -> str:
    return hashlib.sha256(_content(path)).hexdigest()


def _content(path: Path) -> bytes:
    try:
        return read_bytes(path)
    except OSError as error:
        raise InvalidSchema(f"cannot be read: {error.strerror}", path=str(path)) from None
