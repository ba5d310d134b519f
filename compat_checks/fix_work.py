"""Fixes made together: in one pass, in the order of their findings, each on what the ones before it left."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property

from compat_checks.classes import frozen, replace
from compat_checks.edits import EditedText
from compat_checks.errors import EditError, InvalidSchema
from compat_checks.files import SchemaFiles
from compat_checks.findings import Edit, Finding, Fix
from compat_checks.fix_plan import FileFix
from compat_checks.json_pointer import steps
from compat_checks.moving import Mover, definitions, namespace_at
from compat_checks.rebase import Conflict, Done, rebased
from compat_checks.source import Place, Source


@frozen
class Candidate:
    """A fix, and the findings that it is the fix of."""

    fix: Fix
    findings: list[Finding]


def check_schemas(texts: Mapping[str, str]) -> None:
    """Raise InvalidSchema where the files, taken together, are no schemas."""
    files = SchemaFiles(texts)
    for path in files.paths:
        files.schema(path)


def together(candidates: list[Candidate], texts: Mapping[str, str]) -> Work:
    """All fixes at once; where that gives no schemas, one after the other, to find out which is to blame."""
    work = Work(texts)
    for one in candidates:
        work.take(one)
    try:
        check_schemas(work.texts())
    except InvalidSchema:
        work = Work(texts)
        for one in candidates:
            work.take(one, is_checked=True)
    return work


class Work:
    """Files that are being fixed."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self._texts = texts
        self._edited: dict[str, EditedText] = {}
        self._done: dict[str, list[Done]] = {}
        self._namespaces: dict[tuple[str, str], str] = {}  # around the fields of records, by file and pointer
        self._added: set[str] = set()  # full names that fixes define
        self.taken: list[Candidate] = []
        self.refused: list[tuple[Candidate, str]] = []

    def texts(self) -> dict[str, str]:
        """All files as they are now."""
        return {**self._texts, **{path: edited.text for path, edited in self._edited.items()}}

    def files(self) -> Iterator[FileFix]:
        """What became of the files that changed."""
        for path, edited in self._edited.items():
            if (new := edited.text) != self._texts[path]:
                titles = tuple(one.fix.title for one in self.taken if one.fix.path == path)
                yield FileFix(path, self._texts[path], new, titles)

    def take(self, candidate: Candidate, *, is_checked: bool = False) -> None:
        """Make a fix, or note why not."""
        path = candidate.fix.path
        before = list(self._done.get(path, ()))
        try:
            changed = self._make(candidate.fix)
            if is_checked:
                check_schemas(self.texts())
        except Conflict as conflict:
            self.refused.append((candidate, f"run fix again: it touches what another fix changes: {conflict.title}"))
        except EditError as error:
            self._undo(path, before)
            self.refused.append((candidate, str(error)))
        except InvalidSchema as error:
            self._undo(path, before)
            self.refused.append((candidate, f"the result would be no schema: {error}"))
        else:
            if changed:
                self.taken.append(candidate)
            else:
                self.refused.append((candidate, "its fix changes nothing"))

    def _make(self, fix: Fix) -> bool:
        """Whether the fix changed anything, be it together with others."""
        if fix.path not in self._edited:
            self._edited[fix.path] = EditedText(self._texts[fix.path])
        edited = self._edited[fix.path]
        done = self._done.setdefault(fix.path, [])
        edits = [self._named(edit, fix.path) for edit in fix.edits]
        todo = rebased(edits, done)
        changed = len(todo) < len(edits)
        for edit in todo:
            in_array = edited.is_array(edit.pointer.rpartition("/")[0])
            changed |= edited.apply(edit)
            done.append(Done(edit, fix.title, in_array=in_array))
        return changed

    @cached_property
    def _homes(self) -> list[tuple[str, str]]:
        """The full names that are defined, each with the file that does it."""
        values = [(path, Source(self._texts[path]).load()) for path in SchemaFiles(self._texts).paths]
        return [(name, path) for path, value in values for name, _, _ in definitions(value)]

    def _named(self, edit: Edit, path: str) -> Edit:
        """The edit, with the names of types in the place of definitions that are somewhere already."""
        if not _adds_field(edit):
            return edit
        known = {name for name, home in self._homes if home != path} | self._added
        try:
            namespace = self._namespace(path, edit.pointer.rpartition("/")[0])
        except (LookupError, ValueError):
            return edit  # it does not fit, which is told when it is made
        schema = edit.value["type"]
        moved = Mover(definitions(schema, namespace), namespace, known).schema(schema, namespace)
        self._added.update(name for name, _, _ in definitions(moved, namespace))
        return replace(edit, value={**edit.value, "type": moved})

    def _namespace(self, path: str, pointer: str) -> str:
        if (path, pointer) not in self._namespaces:
            self._namespaces[path, pointer] = namespace_at(Place(Source(self._texts[path]), pointer))
        return self._namespaces[path, pointer]

    def _undo(self, path: str, done: list[Done]) -> None:
        self._edited[path], self._done[path] = EditedText(self._texts[path]), done
        for one in done:
            self._edited[path].apply(one.edit)


def _adds_field(edit: Edit) -> bool:
    way = steps(edit.pointer)
    is_field = len(way) > 1 and way[-2] == "fields" and isinstance(edit.value, dict) and "type" in edit.value
    return is_field and edit.op == "add"
