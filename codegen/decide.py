"""Stage two: which names and types the generated code has, and what it refuses."""

from __future__ import annotations

from collections import defaultdict
from typing import Final

from codegen import names
from codegen.canonical import canonical_form, crc64
from codegen.constraints import field_constraints
from codegen.defaults import default_expression
from codegen.errors import Refusal
from codegen.parse import Parsed
from codegen.plan import (
    ClassPlan,
    EnumPlan,
    FieldPlan,
    ModulePlan,
    RecordPlan,
    SubjectPlan,
    TypePlan,
    UnionPlan,
)
from compat_checks.inline import compact
from compat_checks.schema import Array, Enum, Field, Fixed, Map, Primitive, Record, Schema, Union

# Primitive, or primitive and logical type -> annotation, wire function, plain form, kinds, smallest size.
_SCALARS: Final[dict[str, tuple[str, str, str, tuple[str, ...], int]]] = {
    "null": ("None", "null", "NULL", ("type(None)",), 0),
    "boolean": ("bool", "boolean", "BOOLEAN", ("bool",), 1),
    "int": ("int", "int", "INT", ("int",), 1),
    "long": ("int", "long", "LONG", ("int",), 1),
    "float": ("float", "float", "DOUBLE", ("float",), 4),
    "double": ("float", "double", "DOUBLE", ("float",), 8),
    "bytes": ("bytes", "bytes", "BYTES", ("bytes",), 1),
    "string": ("str", "string", "STRING", ("str",), 1),
    "string:uuid": ("uuid.UUID", "uuid", "UUID", ("uuid.UUID",), 1),
    "int:date": ("date", "date", "DATE", ("date",), 1),
    "int:time-millis": ("time", "time_millis", "TIME", ("time",), 1),
    "long:time-micros": ("time", "time_micros", "TIME", ("time",), 1),
    "long:timestamp-millis": ("datetime", "timestamp_millis", "INSTANT", ("datetime",), 1),
    "long:timestamp-micros": ("datetime", "timestamp_micros", "INSTANT", ("datetime",), 1),
    "long:local-timestamp-millis": ("datetime", "local_timestamp_millis", "LOCAL", ("datetime",), 1),
    "long:local-timestamp-micros": ("datetime", "local_timestamp_micros", "LOCAL", ("datetime",), 1),
}


def decide(parsed: Parsed) -> tuple[ModulePlan, ...]:
    """Plan every module.

    Raises:
        Refusal: a schema asks for what generated code cannot express.
    """
    spaces: dict[str, list[str]] = defaultdict(list)
    for fullname in parsed.types:
        spaces[fullname.rpartition(".")[0]].append(fullname)
    if len(spaces) > 1:
        first = parsed.types[next(iter(spaces.values()))[0]]
        raise Refusal(str(first.place.error(f"types of several namespaces ({', '.join(spaces)}) in one folder")))
    return tuple(_Module(parsed, space).plan(fullnames) for space, fullnames in spaces.items())


class _Module:
    """Decisions for one namespace; the unions that it meets are collected."""

    def __init__(self, parsed: Parsed, namespace: str) -> None:
        self._parsed = parsed
        self._namespace = namespace
        self._unions: dict[str, UnionPlan] = {}

    def plan(self, fullnames: list[str]) -> ModulePlan:
        types = [self._parsed.types[fullname] for fullname in fullnames]
        enums: list[ClassPlan] = [_enum(one) for one in types if isinstance(one, Enum)]
        records: list[ClassPlan] = [self._record(one) for one in types if isinstance(one, Record)]
        classes = (*enums, *records)
        return ModulePlan(names.module(self._namespace), self._namespace, classes, tuple(self._unions.values()))

    def _record(self, record: Record) -> RecordPlan:
        fields = tuple(self._field(record, field) for field in record.fields)
        taken: set[str] = set()
        for field, plan in zip(record.fields, fields, strict=True):
            if plan.attribute in taken:
                raise _refusal(field, f'two fields would be called "{plan.attribute}" in Python')
            taken.add(plan.attribute)
        return RecordPlan(
            fullname=record.fullname,
            name=record.name,
            slug=names.snake_case(record.name),
            doc=_sentence(record.doc, f"The record {record.fullname}."),
            fields=fields,
            schema=self._parsed.texts.get(record.fullname) or compact(canonical_json(record)),
            fingerprint=f"{crc64(canonical_form(record).encode()):016x}",
            subject=self._subject(record),
        )

    def _subject(self, record: Record) -> SubjectPlan | None:
        found = [one for one in self._parsed.contracts.subjects if one.record == record.fullname]
        if len(found) > 1:
            raise _refusal(record, "the record of more than one subject")
        return SubjectPlan(found[0].name, found[0].topic, found[0].version) if found else None

    def _field(self, record: Record, field: Field) -> FieldPlan:
        slug = f"{names.snake_case(record.name)}_{names.snake_case(field.name).strip('_')}"
        plan = self._type(field.type, slug)
        markers, rules = field_constraints(field)
        default, factory = default_expression(field)
        return FieldPlan(
            name=field.name,
            attribute=names.attribute(field.name),
            type=plan,
            doc=_sentence(field.doc, ""),
            default=default,
            factory=factory,
            markers=markers,
            rules=rules,
            personal="PII" in (field.props.get("confluent:tags") or ()),
        )

    def _type(self, schema: Schema, slug: str) -> TypePlan:
        match schema:
            case Primitive():
                return _scalar(schema)
            case Array():
                return self._array(schema, slug)
            case Map():
                return self._map(schema, slug)
            case Union():
                return self._union(schema, slug)
            case Fixed():
                return _fixed(schema)
            case Enum():
                return _named(schema.name, f"plain.enum(lambda: {schema.name})")
            case Record():
                least = 1 if schema.fields else 0
                return _named(schema.name, f"plain.record(lambda: {schema.name})", schema.name, least)

    def _array(self, schema: Array, slug: str) -> TypePlan:
        item = self._type(schema.items, f"{slug}_item")
        return TypePlan(
            annotation=f"list[{item.annotation}]",
            write=f"w.write_array({{}}, {_function(item)})",
            read=f"lambda data, at: w.read_array(data, at, {item.read}, {item.least})",
            plain=f"plain.array({item.plain})",
            kinds=("list",),
            record=item.record,
        )

    def _map(self, schema: Map, slug: str) -> TypePlan:
        item = self._type(schema.values, f"{slug}_value")
        return TypePlan(
            annotation=f"dict[str, {item.annotation}]",
            write=f"w.write_map({{}}, {_function(item)})",
            read=f"lambda data, at: w.read_map(data, at, {item.read})",
            plain=f"plain.mapping({item.plain})",
            kinds=("dict",),
            record=item.record,
        )

    def _union(self, schema: Union, slug: str) -> TypePlan:
        branches = tuple(self._type(branch, f"{slug}_{index}") for index, branch in enumerate(schema.branches))
        kinds = [kind for branch in branches for kind in branch.kinds]
        for kind in kinds:
            if kinds.count(kind) > 1:
                raise _refusal(schema, f"a union with two branches that are both {kind} in Python")
        if not branches:
            raise _refusal(schema, "an empty union: there is no value of it")
        others = [branch.annotation for branch in branches if branch.annotation != "None"]
        nothing = ["None"] if len(others) < len(branches) else []
        annotation = " | ".join([*others, *nothing])
        self._unions[slug] = UnionPlan(slug, annotation, branches)
        pairs = ", ".join(f"(({', '.join(branch.kinds)},), {branch.plain})" for branch in branches)
        records = [branch.record for branch in branches if branch.record]
        return TypePlan(
            annotation=annotation,
            write=f"_write_{slug}({{}})",
            read=f"_read_{slug}",
            plain=f"plain.union({pairs})",
            kinds=tuple(kinds),
            record=records[0] if len(records) == 1 else None,
        )


def canonical_json(record: Record) -> object:
    """The schema of a record that is defined inside of another file's record, as its JSON says it."""
    value = record.place.source.load()
    for step in record.place.pointer.split("/")[1:]:
        value = value[int(step)] if isinstance(value, list) else value[step.replace("~1", "/").replace("~0", "~")]
    return {"type": value["type"], "name": record.name, "namespace": record.namespace, **_rest(value)}


def _rest(value: dict[str, object]) -> dict[str, object]:
    return {key: item for key, item in value.items() if key not in ("type", "name", "namespace")}


def _scalar(schema: Primitive) -> TypePlan:
    logical = schema.logical
    if logical and logical.name == "decimal":
        arguments = f"{logical.precision}, {logical.scale}"
        return TypePlan(
            "Decimal",
            f"lt.write_decimal({{}}, {arguments})",
            f"lambda data, at: lt.read_decimal(data, at, {arguments})",
            "plain.DECIMAL",
            ("Decimal",),
        )
    key = f"{schema.kind}:{logical.name}" if logical else schema.kind
    if key not in _SCALARS:
        raise _refusal(schema, f"the logical type {logical.name if logical else key}")
    annotation, function, plain, kinds, least = _SCALARS[key]
    home = "lt" if logical and logical.name != "uuid" else "w"
    write, read = f"{home}.write_{function}({{}})", f"{home}.read_{function}"
    return TypePlan(annotation, write, read, f"plain.{plain}", kinds, least)


def _fixed(schema: Fixed) -> TypePlan:
    logical = schema.logical
    if logical and logical.name == "decimal":
        arguments = f"{logical.precision}, {logical.scale}, {schema.size}"
        return TypePlan(
            "Decimal",
            f"lt.write_decimal_fixed({{}}, {arguments})",
            f"lambda data, at: lt.read_decimal_fixed(data, at, {arguments})",
            "plain.DECIMAL",
            ("Decimal",),
            schema.size,
        )
    if logical:
        raise _refusal(schema, f"the logical type {logical.name} on a fixed")
    size = schema.size
    return TypePlan(
        "bytes",
        f"w.write_fixed({{}}, {size})",
        f"lambda data, at: w.read_fixed(data, at, {size})",
        "plain.BYTES",
        ("bytes",),
        size,
    )


def _named(name: str, plain: str, record: str | None = None, least: int = 1) -> TypePlan:
    slug = names.snake_case(name)
    return TypePlan(name, f"_write_{slug}({{}})", f"_read_{slug}", plain, (name,), least, record)


def _enum(schema: Enum) -> EnumPlan:
    slug = names.snake_case(schema.name)
    doc = _sentence(schema.doc, f"The enum {schema.fullname}.")
    return EnumPlan(schema.fullname, schema.name, slug, doc, schema.symbols)


def _function(item: TypePlan) -> str:
    """A callable of what may be a call: `w.write_string({})` -> `w.write_string`."""
    return item.write.removesuffix("({})") if item.write.endswith("({})") else f"lambda one: {item.write.format('one')}"


def _sentence(doc: str | None, otherwise: str) -> str:
    return " ".join((doc or otherwise).split())


def _refusal(node: Schema | Field, what: str) -> Refusal:
    return Refusal(str(node.place.error(f"cannot be expressed yet: {what}")))
