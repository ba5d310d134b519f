"""`schemas/history`: the published versions, which never change."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from compat_checks.contracts import load_contracts
from compat_checks.errors import CompatChecksError, InvalidSchema
from compat_checks.files import SchemaFiles
from compat_checks.inline import compact
from compat_checks.parse import parse_schema
from compat_checks.schema import Record
from compat_checks.source import Source

CHECKSUMS: Final = "SHA256SUMS"
_VERSION: Final = re.compile(r"v([1-9]\d*)\.avsc")


@dataclass(frozen=True, slots=True)
class Published:
    """One published version of a subject."""

    subject: str
    version: int
    path: Path
    text: str


def published(folder: Path, subject: str) -> tuple[Published, ...]:
    """The versions of a subject, oldest first.

    Raises:
        InvalidSchema: a file that is not named v<N>.avsc, or a number that is left out.
    """
    found: dict[int, Published] = {}
    for path in sorted((folder / "history" / subject).glob("*")):
        if not (match := _VERSION.fullmatch(path.name)):
            raise InvalidSchema("a published version is called v<N>.avsc", path=str(path))
        number = int(match[1])
        text = compact(Source(path.read_text("utf-8"), str(path)).load())
        found[number] = Published(subject, number, path, text)
    if sorted(found) != list(range(1, len(found) + 1)):
        raise InvalidSchema(f"versions are numbered from 1 without a gap, not {sorted(found)}", path=subject)
    return tuple(found[number] for number in sorted(found))


def problems(folder: Path) -> list[str]:
    """Everything that is wrong with the contracts of a folder, a line each.

    Raises:
        CompatChecksError: a file cannot be read at all.
    """
    contracts, files = load_contracts(folder), SchemaFiles.of(folder)
    found = _checksum_problems(folder / "history")
    for subject in contracts.subjects:
        schema = files.schema(subject.file)
        if not isinstance(schema, Record) or schema.fullname != subject.record:
            found.append(f"{subject.file}: contracts.toml says that it defines {subject.record}")
            continue
        versions = published(folder, subject.name)
        for one in versions:
            parse_schema(Source(one.path.read_text("utf-8"), str(one.path)))
        if not versions or json.loads(versions[-1].text) != json.loads(files.self_contained(subject.file)):
            found.append(f"{subject.file}: differs from the newest published version; run: compat-checks snapshot")
        if subject.envelope_of:
            found += _drift(schema, files, subject.envelope_of, subject.file)
        if subject.key_field and subject.key_field not in {field.name for field in schema.fields}:
            found.append(f"contracts.toml: subjects.{subject.name}.key_field: there is no field {subject.key_field}")
    return found


def _drift(envelope: Record, files: SchemaFiles, source: str, path: str) -> list[str]:
    """Fields of the source that the envelope lacks or types otherwise."""
    inside = files.named(source)
    if not isinstance(inside, Record):
        return [f"{path}: {source} is not a record"]
    mine = {field.name: field for field in envelope.fields}
    found = []
    for field in inside.fields:
        at = field.place.source.load()["fields"][int(field.place.pointer.rpartition("/")[2])]
        same = mine.get(field.name)
        if same is None:
            found.append(f"{path}: the field {field.name} of {source} is missing")
        elif at != same.place.source.load()["fields"][int(same.place.pointer.rpartition("/")[2])]:
            found.append(f"{path}: the field {field.name} differs from the one in {source}")
    return found


def _checksum_problems(history: Path) -> list[str]:
    listed = _listed(history)
    there = {path.relative_to(history).as_posix(): path for path in sorted(history.glob("*/*.avsc"))}
    found = [f"history/{name}: is listed in {CHECKSUMS} and gone" for name in sorted(listed.keys() - there.keys())]
    for name, path in there.items():
        if name not in listed:
            found.append(f"history/{name}: is not listed in {CHECKSUMS}; run: compat-checks snapshot")
        elif listed[name] != _digest(path):
            found.append(f"history/{name}: was altered; a published version never changes")
    return found


def snapshot(folder: Path) -> list[Path]:
    """Publish: write what differs from the newest version as the next one; the files written.

    Raises:
        CompatChecksError: a published version was altered.
    """
    contracts, files = load_contracts(folder), SchemaFiles.of(folder)
    history = folder / "history"
    if altered := [one for one in _checksum_problems(history) if "altered" in one or "gone" in one]:
        raise CompatChecksError("; ".join(altered))
    written = []
    for subject in contracts.subjects:
        versions = published(folder, subject.name)
        text = files.self_contained(subject.file)
        if versions and json.loads(versions[-1].text) == json.loads(text):
            continue
        path = history / subject.name / f"v{len(versions) + 1}.avsc"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(json.loads(text), indent=2, ensure_ascii=False) + "\n", "utf-8")
        written.append(path)
    lines = [f"{_digest(path)}  {path.relative_to(history).as_posix()}\n" for path in sorted(history.glob("*/*.avsc"))]
    (history / CHECKSUMS).write_text("".join(lines), "utf-8")
    return written


def _listed(history: Path) -> dict[str, str]:
    path = history / CHECKSUMS
    lines = path.read_text("utf-8").splitlines() if path.exists() else []
    return {name: digest for digest, _, name in (line.partition("  ") for line in lines)}


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
