"""Stage two: which names and types the generated code has, and what it refuses."""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from typing import Final

from codegen import names
from codegen.canonical import fingerprints
from codegen.constraints import rules_of
from codegen.defaults import default_of
from codegen.errors import RefusalError, refusal
from codegen.imports import IMPORTED
from codegen.model import ClassModel, Default, EnumModel, FieldModel, FixedModel, ModuleModel, RecordModel, SubjectModel
from codegen.parse import Parsed
from codegen.resolve import Resolver, alike
from codegen.types import Home, python_class
from compat_checks.contracts import Subject
from compat_checks.schema import Enum, Field, Fixed, Record, Union, walk

_LATER: Final = Default("", is_made=False)  # there is one; which, is decided when all classes have names
_OWN_MODULES: Final = ("__init__", "_topics", "_clients")


def decide(parsed: Parsed) -> tuple[ModuleModel, ...]:
    """Every module.

    Raises:
        RefusalError: a schema or contracts.toml asks for what generated code cannot express.
    """
    decider = _Decider(parsed)
    classes = {home: decider.class_of(fullname) for fullname, home in decider.homes.items()}
    finished = [_with_defaults(one, parsed, classes) for one in classes.values()]
    modules = dict.fromkeys(home.module for home in classes)
    return tuple(
        ModuleModel(name, decider.namespaces[name], tuple(one for one in finished if one.home.module == name))
        for name in modules
    )


class _Decider:
    """The names of all classes, given out before any class is looked into."""

    def __init__(self, parsed: Parsed) -> None:
        self._parsed = parsed
        self._subjects = _subjects(parsed)
        modules = names.Scope(_OWN_MODULES)
        spaces: dict[str, list[str]] = defaultdict(list)
        tagged = _tagged(parsed)
        for fullname, node in parsed.types.items():
            if isinstance(node, Enum | Record) or fullname in tagged:
                spaces[node.namespace].append(fullname)
        found = {modules.take(names.module(space)): space for space in sorted(spaces)}
        self.namespaces = found
        self._scopes = {module: names.top_level(IMPORTED) for module in found}
        self.homes = {fullname: self._home(module, fullname) for module in found for fullname in spaces[found[module]]}
        self._resolver = Resolver(self.homes)

    def _home(self, module: str, fullname: str) -> Home:
        """A place for a class, and for the function that reads it, by whose name the others go."""
        scope = self._scopes[module]
        name = scope.take(names.class_name(fullname.rpartition(".")[2]))
        slug = scope.take(f"read_{names.snake_case(name)}").removeprefix("read_")
        return Home(module, name, slug)

    def class_of(self, fullname: str) -> ClassModel:
        """The model of a class; its defaults are for later."""
        node = self._parsed.types[fullname]
        if isinstance(node, Enum):
            return self._enum(node)
        if isinstance(node, Fixed):
            value = python_class(self._resolver.type_of(node), "")
            return FixedModel(fullname, self.homes[fullname], _sentence(node.doc, fullname), value)
        return self._record(node)

    def _enum(self, enum: Enum) -> EnumModel:
        scope = names.members()
        members = tuple((scope.take(names.member(symbol)), symbol) for symbol in enum.symbols)
        return EnumModel(enum.fullname, self.homes[enum.fullname], _sentence(enum.doc, enum.fullname), members)

    def _record(self, record: Record) -> RecordModel:
        home = self.homes[record.fullname]
        scope = names.attributes()
        return RecordModel(
            fullname=record.fullname,
            home=home,
            type=self._resolver.type_of(record),
            variable=self._scopes[home.module].take(f"{home.name}T"),
            doc=self._doc(record),
            fields=tuple(self._field(field, scope) for field in record.fields),
            schema=self._parsed.texts[record.fullname],
            fingerprints=fingerprints(self._parsed.bare.get(record.fullname, record)),
            is_bare=record.fullname in self._parsed.bare,
            subject=self._subjects.get(record.fullname),
        )

    def _doc(self, record: Record) -> str:
        if record.fullname in self._parsed.bare:
            return f"The value of the schema {record.fullname}, which has no name of its own but that of its file."
        return _sentence(record.doc, record.fullname)

    def _field(self, field: Field, scope: names.Scope) -> FieldModel:
        tags = field.props.get("confluent:tags")
        return FieldModel(
            name=field.name,
            attribute=scope.take(names.attribute(field.name)),
            type=self._resolver.type_of(field.type),
            doc=" ".join((field.doc or "").split()),
            default=_LATER if field.has_default else None,
            rules=rules_of(field),
            personal=isinstance(tags, list) and "PII" in tags,
        )


def _tagged(parsed: Parsed) -> set[str]:
    """Fixeds that need a class, to be told from other branches of a union."""
    unions = (one for node in parsed.types.values() for one in walk(node) if isinstance(one, Union))
    return {branch.fullname for union in unions for branch in alike(union) if isinstance(branch, Fixed)}


def _with_defaults(model: ClassModel, parsed: Parsed, classes: dict[Home, ClassModel]) -> ClassModel:
    if not isinstance(model, RecordModel):
        return model
    record = parsed.types[model.fullname]
    assert isinstance(record, Record)  # noqa: S101  its model is one
    fields = []
    for field, found in zip(record.fields, model.fields, strict=True):
        default = None
        if field.has_default:
            default = default_of(found.type, field.default, classes.__getitem__, model.home.module)
            if default is None:
                raise refusal(field.place / "default", f'the default of "{field.name}" is no value of its logical type')
        fields.append(dataclasses.replace(found, default=default))
    return dataclasses.replace(model, fields=tuple(fields))


def _subjects(parsed: Parsed) -> dict[str, SubjectModel]:
    """The subject of each record that has one."""
    found: dict[str, SubjectModel] = {}
    for subject in parsed.contracts.subjects if parsed.contracts else ():
        _check_subject(subject, parsed)
        if subject.record in found:
            message = f"contracts.toml: subjects.{subject.name}.record: {subject.record} has a subject already"
            raise RefusalError(message)
        found[subject.record] = SubjectModel(subject.name, subject.topic, subject.version)
    return found


def _check_subject(subject: Subject, parsed: Parsed) -> None:
    where = f"contracts.toml: subjects.{subject.name}"
    record = parsed.types.get(subject.record)
    if not isinstance(record, Record):
        message = f"{where}.record: no file defines a record {subject.record}"
        raise RefusalError(message)
    if subject.key != "string":
        message = f'{where}.key: "{subject.key}" keys cannot be expressed; "string" ones can'
        raise RefusalError(message)
    if subject.key_field is None:
        return
    field = next((one for one in record.fields if one.name == subject.key_field), None)
    if field is None:
        message = f'{where}.key_field: {subject.record} has no field "{subject.key_field}"'
        raise RefusalError(message)
    if field.type.kind not in ("string", "int", "long", "enum"):
        raise refusal(field, f"the key is the text of this field, which a {field.type.kind} has not")


def _sentence(doc: str | None, fullname: str) -> str:
    return " ".join((doc or "").split()) or f"{fullname}, without a doc in its schema."
