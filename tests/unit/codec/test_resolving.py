"""Reading what other versions wrote: by hand, where random pairs would not lead."""

from __future__ import annotations

import ast
import datetime as dt
import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from eccs_contracts._codec.record import Record
from eccs_contracts._codec.resolving import reader_of
from eccs_contracts._codec.resolving.render import render
from eccs_contracts._codec.resolving.resolve import resolve
from eccs_contracts._codec.resolving.shapes import shape_of
from eccs_contracts.errors import DecodeError
from eccs_contracts.models import EmailDlq, EmailRequest, EmailRetry
from eccs_contracts.values import IntBranch, LongBranch
from tests.property.codec.values import write
from tests.unit.codec.examples import request
from tests.unit.codegen.loading import generated, imported, models, package

ROOT = Path(__file__).parents[3]
V1 = (ROOT / "schemas/history/email_requests-value/v1.avsc").read_text("utf-8")


def _record(type_: Any, **more: Any) -> str:
    """A record R with one field of a type."""
    return json.dumps({"type": "record", "name": "R", "fields": [{"name": "f", "type": type_, **more}]})


def _model(tmp_path: Path, schema: str) -> type[Record]:
    """The class that the generator makes of a schema."""
    from codegen.__main__ import generate

    (tmp_path / "R.avsc").write_text(schema, "utf-8")
    return models(imported(f"resolving_{abs(hash(str(tmp_path)))}", generate(tmp_path)))["R"]


def test_our_own_first_version_is_read() -> None:
    """What version 1 wrote is a request of today; the field that it did not have gets its default."""
    value = request()
    datum = value.to_json() | {"id": str(value.id), "timestamp": value.timestamp}
    del datum["expiresAt"]

    assert reader_of(EmailRequest, V1)(write(V1, datum)) == value


_MICROS = {"type": "long", "logicalType": "timestamp-micros"}
_MILLIS = {"type": "long", "logicalType": "timestamp-millis"}
_NANOS = {"type": "long", "logicalType": "timestamp-nanos"}
_SECOND = dt.datetime(1970, 1, 1, 0, 0, 1, tzinfo=dt.UTC)

READS: dict[str, tuple[Any, Any, Any, Any]] = {
    "int as long": ("long", "int", 5, 5),
    "long as double": ("double", "long", 5, 5.0),
    "float as double": ("double", "float", 0.5, 0.5),
    "bytes as string": ("string", "bytes", "é".encode(), "é"),
    "string as bytes": ("bytes", "string", "é", "é".encode()),
    "micros as millis": (_MILLIS, _MICROS, _SECOND.replace(microsecond=1999), _SECOND.replace(microsecond=1000)),
    "millis as nanos": (_NANOS, _MILLIS, _SECOND, 10**9),
    "nanos as micros": (_MICROS, _NANOS, 10**9 + 1999, _SECOND.replace(microsecond=1)),
    "long as millis": (_MILLIS, "long", 1000, _SECOND),
    "int as millis": (_MILLIS, "int", 1000, _SECOND),
    "millis as long": ("long", _MILLIS, _SECOND, 1000),
    "text as uuid": ({"type": "string", "logicalType": "uuid"}, "string", str(UUID(int=7)), UUID(int=7)),
    "uuid as text": ("string", {"type": "string", "logicalType": "uuid"}, UUID(int=7), str(UUID(int=7))),
    "another scale": (
        {"type": "bytes", "logicalType": "decimal", "precision": 9, "scale": 4},
        {"type": "bytes", "logicalType": "decimal", "precision": 5, "scale": 1},
        Decimal("1.5"),
        Decimal("1.5"),
    ),
    "one into a union": (["null", "string"], "string", "x", "x"),
    "a union into one": ("string", ["null", "string"], ("string", "x"), "x"),
    "the same branch": (["long", "int"], ["int", "long"], ("int", 5), IntBranch(5)),
    "a promoted branch": (["string", "long", {"type": "int", "logicalType": "date"}], "int", 1, dt.date(1970, 1, 2)),
    "another branch": (["null", "int", "long"], ["null", "long"], ("long", 5), LongBranch(5)),
}


@pytest.mark.parametrize("name", READS)
def test_values_are_promoted(name: str, tmp_path: Path) -> None:
    """Each value comes out in the class that the reader has for it."""
    reader, writer, written, expected = READS[name]
    schema = _record(writer)

    value: Any = reader_of(_model(tmp_path, _record(reader)), schema)(write(schema, {"f": written}))

    assert (value.f, type(value.f)) == (expected, type(expected))


REFUSES: dict[str, tuple[Any, Any, Any, str]] = {
    "long as int": ("int", "long", 5, "f: at byte 0: long cannot be read as int"),
    "a branch that is not there": (["null", "string"], ["null", "int"], ("int", 5), "f: at byte 1: int is none of"),
    "null as text": ("string", ["null", "string"], None, "f: at byte 1: null cannot be read as string"),
    "bytes that are no text": ("string", "bytes", b"\xff", "f: at byte 0: text is expected"),
    "text that is no uuid": ({"type": "string", "logicalType": "uuid"}, "string", "x", "f: at byte 0: a value that"),
    "an unknown symbol": (
        {"type": "enum", "name": "E", "symbols": ["A"]},
        {"type": "enum", "name": "E", "symbols": ["B", "A"]},
        "B",
        "f: at byte 0: a symbol that E does not know",
    ),
    "a fixed of another size": (
        {"type": "fixed", "name": "F", "size": 1},
        {"type": "fixed", "name": "F", "size": 2},
        b"ab",
        "f: at byte 0: F cannot be read as F",
    ),
}


@pytest.mark.parametrize("name", REFUSES)
def test_what_cannot_be_read_is_an_error_that_names_the_field(name: str, tmp_path: Path) -> None:
    """The field, the offset and the reason."""
    reader, writer, written, expected = REFUSES[name]
    schema = _record(writer)
    decode = reader_of(_model(tmp_path, _record(reader)), schema)

    with pytest.raises(DecodeError) as caught:
        decode(write(schema, {"f": written}))

    assert str(caught.value).startswith(expected)


def test_a_field_without_a_default_is_missed(tmp_path: Path) -> None:
    """The error names the field of the reader."""
    model = _model(tmp_path, _record("int"))
    decode = reader_of(model, '{"type": "record", "name": "R", "fields": []}')

    with pytest.raises(DecodeError, match="f: at byte 0: the writer does not know this field"):
        decode(b"")


def test_fields_are_found_by_alias(tmp_path: Path) -> None:
    """A field that had another name, and the record, too."""
    model = _model(tmp_path, json.dumps(json.loads(_record("int", aliases=["old"])) | {"aliases": ["S"]}))
    writer = json.dumps({"type": "record", "name": "S", "fields": [{"name": "old", "type": "int"}]})
    value: Any = reader_of(model, writer)(b"\x0a")

    assert value.f == 5


def test_an_unknown_symbol_is_the_default(tmp_path: Path) -> None:
    """The reader's enum says what stands for symbols that it does not know."""
    reader = {"type": "enum", "name": "E", "symbols": ["A", "OTHER"], "default": "OTHER"}
    writer = _record({"type": "enum", "name": "E", "symbols": ["A", "B"]})
    value: Any = reader_of(_model(tmp_path, _record(reader)), writer)(b"\x02")

    assert value.f == "OTHER"


def test_mutable_defaults_are_not_shared(tmp_path: Path) -> None:
    """Each value that is read gets a list of its own."""
    model = _model(tmp_path, _record({"type": "array", "items": "int"}, default=[]))
    decode = reader_of(model, '{"type": "record", "name": "R", "fields": []}')
    first: Any = decode(b"")
    second: Any = decode(b"")

    assert first.f == second.f == []
    assert first.f is not second.f


@pytest.mark.parametrize("writer", ["", "[", "5", '"nobody"', '{"type": "record"}', '{"type": "fixed", "name": "F"}'])
def test_a_schema_that_is_none_is_an_error(writer: str) -> None:
    """Whatever the registry gives."""
    with pytest.raises(DecodeError, match=r"schema is not usable|cannot be read"):
        reader_of(EmailRequest, writer)


def test_a_subclass_reads_itself() -> None:
    """As `from_avro` has it."""

    class Mine(EmailRequest):
        __slots__ = ()

    payload = request().to_avro()

    assert type(reader_of(Mine, json.dumps(json.loads(EmailRequest.SCHEMA)))(payload)) is Mine


def test_containers_too_deep_for_straight_line_code_are_read_all_the_same(tmp_path: Path) -> None:
    """A field that nobody needs, in more containers than Python nests blocks."""
    deep: Any = "int"
    for _ in range(12):
        deep = {"type": "array", "items": deep}
    writer = {"type": "record", "name": "R", "fields": [{"name": "deep", "type": deep}, {"name": "f", "type": "int"}]}
    value: Any = reader_of(_model(tmp_path, _record("int")), json.dumps(writer))(b"\x00\x0a")

    assert value.f == 5


def _read_functions(source: str) -> dict[str, str]:
    """The reading functions of a module, without what differs by design: annotations, names of functions and tables."""
    tree = _Plain().visit(ast.parse(source))
    found = [one for one in tree.body if isinstance(one, ast.FunctionDef) and one.name.startswith("read_")]
    return {one.name: "\n".join(map(ast.unparse, one.body)) for one in found}


class _Plain(ast.NodeTransformer):
    """Takes away what only one of the two renderers writes."""

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST | None:
        if node.value is None:
            return None
        return self.generic_visit(ast.Assign([node.target], node.value, lineno=0))

    def visit_Expr(self, node: ast.Expr) -> ast.AST | None:
        return None if isinstance(node.value, ast.Constant) else self.generic_visit(node)

    def visit_Delete(self, _: ast.Delete) -> None:
        return None

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        is_named = isinstance(node.func, ast.Name) and node.func.id == "new"
        if is_named or any(isinstance(one, ast.Name) and one.id == "b" for one in node.args[1:2]):
            node.args = [one for one in node.args if isinstance(one, ast.Name) and one.id in ("b", "p")]
            node.func = node.func if is_named else ast.Name("read")
        elif isinstance(node.func, ast.Name) and node.func.id.startswith("read_") and len(node.args) == 2:
            known = ("read_int", "read_long", "read_length", "read_count", "read_varint", "read_uuid")
            node.func = node.func if node.func.id in known else ast.Name("read")
        return node

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        self.generic_visit(node)
        is_table = isinstance(node.value, ast.Name) and (node.value.id.endswith("_OF") or node.value.id[:2] == "E_")
        return ast.Subscript(ast.Name("TABLE"), node.slice) if is_table else node


def _pairs() -> Iterator[tuple[type[Record], str]]:
    ours = (ROOT / "eccs_contracts/models/com_eccs_email.py").read_text("utf-8")
    yield from ((model, ours) for model in (EmailRequest, EmailRetry, EmailDlq))
    for case in ("scalars", "logical", "containers", "all_kinds", "times", "decimals", "durations", "tree"):
        module = next(text for name, text in generated(case).items() if name != "__init__.py")
        yield from ((model, module) for model in models(package(case)).values())


@pytest.mark.parametrize("pair", [*_pairs()], ids=lambda pair: pair[0].FULLNAME)
def test_both_renderers_write_the_same(pair: tuple[type[Record], str]) -> None:
    """For a schema and itself, the decoder that is made at run time is the generated one, statement by statement."""
    model, module = pair
    shape = shape_of(model.SCHEMA)
    made = _read_functions(render(resolve(shape, shape, model.PLAN))[0])["read_0"]

    assert made in _read_functions(module).values()
