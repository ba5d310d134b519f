"""`CHANGELOG.md` of a folder of schemas: what each published version changed, and who understands whom."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path
from typing import Final

from compat_checks.classes import frozen
from compat_checks.contracts import Subject, load_contracts
from compat_checks.diff import changes
from compat_checks.files import SchemaFiles
from compat_checks.history import published
from compat_checks.parse import parse_schema
from compat_checks.reading import read_schema
from compat_checks.resolution import check_pair
from compat_checks.review import Change
from compat_checks.schema import Schema
from compat_checks.semver import breaks_level, required

CHANGELOG: Final = "CHANGELOG.md"
_HEAD: Final = """# Changelog of the schemas

Made from `history/` by `compat-checks changelog`, which also keeps it up to date: edit the schemas, not this file.
"""
_SENTENCES: Final = {  # (the new version reads the old one, the old one reads the new one)
    (True, True): "FULL: readers of {old} and {new} understand each other.",
    (True, False): "BACKWARD: readers of {new} understand {old}; readers of {old} do not understand {new}.",
    (False, True): "FORWARD: readers of {old} understand {new}; readers of {new} do not understand {old}.",
    (False, False): "NONE: readers of {old} and {new} do not understand each other.",
}
_MARKDOWN: Final = re.compile(r"[\\`*<\[\]]|(?<!\w)_|_(?!\w)")


@frozen
class Entry:
    """One version of a subject.

    Attributes:
        label: "v2"; "unreleased" for the current schema where it differs from the newest version.
        release: its semantic version; empty where none is known.
        day: when it was published; None where that is not known.
    """

    label: str
    schema: Schema
    release: str = ""
    day: date | None = None


@frozen
class Chapter:
    """A subject with all its versions, oldest first.

    Attributes:
        subject: as contracts.toml declares it; None where it does so no more.
    """

    name: str
    subject: Subject | None
    entries: tuple[Entry, ...]


def changelog(folder: Path) -> str:
    """The text of the changelog that the folder's history asks for.

    Raises:
        CompatChecksError: a file that is not what it should be.
    """
    return render(chapters(folder))


def outdated(folder: Path) -> str:
    """What is wrong with the changelog of a folder, as a unified diff; empty where it is up to date.

    Raises:
        CompatChecksError: as `changelog`.
    """
    path = folder / CHANGELOG
    there = read_schema(path) if path.exists() else ""
    wanted = changelog(folder)
    lines = (there.splitlines(), wanted.splitlines())
    return "\n".join(difflib.unified_diff(*lines, f"{path} as it is", f"{path} as it should be", lineterm=""))


def chapters(folder: Path) -> list[Chapter]:
    """Read the subjects of a folder, in the order of contracts.toml; those that it declares no more come last.

    Raises:
        CompatChecksError: as `changelog`.
    """
    contracts, files = load_contracts(folder), SchemaFiles.of(folder)
    declared = {subject.name: subject for subject in contracts.subjects}
    there = sorted(path.name for path in (folder / "history").glob("*") if path.is_dir())
    names = [*declared, *(name for name in there if name not in declared)]
    return [_chapter(folder, name, declared.get(name), files) for name in names]


def render(some: Iterable[Chapter]) -> str:
    """The text of a changelog; the same for the same chapters, whenever and wherever it is made."""
    lines = [_HEAD]
    for chapter in some:
        lines += [f"\n## {chapter.name}\n", f"\n{_about(chapter.subject)}\n"]
        for index in range(len(chapter.entries) - 1, -1, -1):
            lines += _entry(chapter, index)
    return "".join(lines)


def _chapter(folder: Path, name: str, subject: Subject | None, files: SchemaFiles) -> Chapter:
    versions = published(folder, name)
    entries = [Entry(one.label, parse_schema(one.text, path=str(one.path)), one.release, one.day) for one in versions]
    if subject:
        text = files.self_contained(subject.file)
        if not versions or json.loads(versions[-1].text) != json.loads(text):
            entries.append(Entry("unreleased", files.schema(subject.file)))
    return Chapter(name, subject, tuple(entries))


def _about(subject: Subject | None) -> str:
    if subject is None:
        return "Not declared in `contracts.toml` any more."
    return f"Topic `{subject.topic}`, level {subject.compatibility}, owner {subject.owner}, file `{subject.file}`."


def _entry(chapter: Chapter, index: int) -> Iterator[str]:
    entry = chapter.entries[index]
    previous = chapter.entries[index - 1] if index else None
    found = changes(previous.schema if previous else None, entry.schema)
    yield f"\n### {_title(entry)}\n\n"
    yield from (f"- {_markdown(change.sentence)}\n" for change in found)
    if previous:
        reads = check_pair(entry.schema, previous.schema), check_pair(previous.schema, entry.schema)
        sentence = _SENTENCES[reads[0].compatible, reads[1].compatible]
        new = "the current file" if entry.label == "unreleased" else entry.label
        yield f"\n{sentence.format(old=previous.label, new=new)}\n"
    if entry.label == "unreleased" and chapter.subject:
        yield from _wanted(chapter, chapter.subject, found)


def _wanted(chapter: Chapter, subject: Subject, found: Iterable[Change]) -> Iterator[str]:
    """What an unreleased change asks for, where the version before it is known."""
    *olds, new = chapter.entries
    if olds and olds[-1].release:
        broken = breaks_level(subject.compatibility, new.schema, [one.schema for one in olds])
        wanted = required(olds[-1].release, found, broken)
        yield f"\nThis change asks for {wanted}; contracts.toml says {subject.version}.\n"


def _title(entry: Entry) -> str:
    if entry.label == "unreleased":
        return "Unreleased"
    day = f", {entry.day.isoformat()}" if entry.day else ""
    return f"{entry.release} ({entry.label}{day})" if entry.release else f"{entry.label}{day}"


def _markdown(text: str) -> str:
    """A sentence of which Markdown takes nothing but the code spans for markup."""
    parts = re.split(r"(`[^`]*`)", text)
    return "".join(part if index % 2 else _MARKDOWN.sub(r"\\\g<0>", part) for index, part in enumerate(parts))
