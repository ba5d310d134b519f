"""The plan of a record, as an expression (a part of stage three)."""

from __future__ import annotations

from typing import Final

from codegen.model import FieldModel, RecordModel
from codegen.types import ArrayOf, EnumOf, MapOf, PyType, RecordOf, Scalar, UnionOf, reference, tag_class

# Kind -> the plan; `{}` is the type.
_SCALARS: Final[dict[str, str]] = {
    "null": "scalars.NULL",
    "boolean": "scalars.BOOLEAN",
    "int": "scalars.INT",
    "long": "scalars.LONG",
    "float": "scalars.FLOAT",
    "double": "scalars.DOUBLE",
    "bytes": "scalars.BYTES",
    "string": "scalars.STRING",
    "fixed": "scalars.fixed({0.size})",
    "uuid": "logical.UUID_TEXT",
    "uuid-fixed": "logical.UUID_FIXED",
    "date": "logical.DATE",
    "time-millis": "logical.TIME_MILLIS",
    "time-micros": "logical.TIME_MICROS",
    "timestamp-millis": "logical.TIMESTAMP_MILLIS",
    "timestamp-micros": "logical.TIMESTAMP_MICROS",
    "local-timestamp-millis": "logical.LOCAL_TIMESTAMP_MILLIS",
    "local-timestamp-micros": "logical.LOCAL_TIMESTAMP_MICROS",
    "big-decimal": "logical.BIG_DECIMAL",
    "duration": "logical.DURATION",
    "timestamp-nanos": "scalars.LONG",
    "local-timestamp-nanos": "scalars.LONG",
    "decimal": "logical.decimal_bytes({0.precision}, {0.scale})",
    "decimal-fixed": "logical.decimal_fixed({0.size}, {0.precision}, {0.scale})",
}


def plan_statement(record: RecordModel) -> str:
    """The statement that gives a class its plan."""
    fields = "".join(f"    {_field(field, record.home.module)},\n" for field in record.fields)
    bare = "    bare=True,\n" if record.is_bare else ""
    return f"{record.home.name}.PLAN = record.RecordPlan(\n    {record.home.name},\n{fields}{bare})"


def _field(field: FieldModel, here: str) -> str:
    arguments = [repr(field.name), repr(field.attribute), _plan(field.type, here)]
    if field.rules:
        arguments.append(f"({', '.join(field.rules)},)")
    if field.personal:
        arguments.append("personal=True")
    if field.default:
        arguments.append("optional=True")
    return f"record.Field({', '.join(arguments)})"


def _plan(type_: PyType, here: str) -> str:
    match type_:
        case Scalar():
            return _SCALARS[type_.kind].format(type_)
        case EnumOf():
            return f"scalars.Enum(lambda: {reference(type_.home, here)})"
        case RecordOf():
            return f"record.Reference(lambda: {reference(type_.home, here)}, {type_.least})"
        case ArrayOf():
            return f"containers.Array({_plan(type_.items, here)})"
        case MapOf():
            return f"containers.Map({_plan(type_.values, here)})"
        case UnionOf():
            triples = zip(type_.names, type_.branches, type_.tags, strict=True)
            plans = (f"{name!r}: {_tagged(_plan(one, here), tag_class(tag, here))}" for name, one, tag in triples)
            return f"containers.Union({{{', '.join(plans)}}})"


def _tagged(plan: str, tag: str) -> str:
    return f"containers.Tagged(lambda: {tag}, {plan})" if tag else plan
