"""Straight-line code that writes a record (a part of stage three).

A record is written as parts that are joined once. Without bytes inside, the parts are latin-1 text: joining
text and encoding it once is faster than joining bytes. With bytes inside, the parts are bytes, so that no
payload is copied into text and back. Whatever is not plainly right raises; the record's plan then finds out
what it was.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from codegen.lines import Lines
from codegen.model import RecordModel
from codegen.types import (
    NULL,
    ArrayOf,
    EnumOf,
    Home,
    MapOf,
    PyType,
    RecordOf,
    Scalar,
    UnionOf,
    python_class,
    reference,
    tag_class,
)

_END: Final = b"\0"  # of an array or a map
_MAX_PARTS: Final = 28  # CPython builds a tuple of more than 30 through a list

# Scalar -> the bytes of a value `{0}`, which come behind their length.
_SIZED: Final = {
    "bytes": "{0}",
    "decimal": "bytes_of_decimal({0}, {1.precision}, {1.scale})",
    "big-decimal": "bytes_of_big_decimal({0})",
}
# Scalar -> the number that is written for a value `{}`, and whether it is an int of 32 bits.
_NUMBERS: Final[dict[str, tuple[str, bool]]] = {
    "timestamp-micros": ("({} - EPOCH) // MICRO", False),
    "local-timestamp-millis": ("({} - LOCAL_EPOCH) // MILLI", False),
    "local-timestamp-micros": ("({} - LOCAL_EPOCH) // MICRO", False),
    "date": ("days_of_date({})", True),
    "time-millis": ("millis_of_time({})", True),
    "time-micros": ("micros_of_time({})", False),
}


@dataclass(frozen=True, slots=True)
class _Form:
    """Text or bytes: what the tables and functions are called."""

    binary: bool

    def literal(self, raw: bytes) -> str:
        return repr(raw) if self.binary else repr(raw.decode("latin-1"))

    def branch(self, index: int, parts: list[str]) -> str:
        """The index of a branch and the parts of its value; variables are known to be text here."""
        head = self.literal(_zigzag(index))
        if not parts:
            return head
        if not self.binary and all(part.isidentifier() for part in parts):
            return f"f'{head[1:-1]}{''.join(f'{{{part}}}' for part in parts)}'"
        if len(parts) < 3:  # adding a few is faster than joining them
            return " + ".join([head, *(f"({part})" if " " in part else part for part in parts)])
        return self.join([head, *parts])

    @property
    def nothing(self) -> str:
        return 'b""' if self.binary else '""'

    def table(self, name: str) -> str:
        return f"{name}_B" if self.binary else name

    def varint(self, kind: str) -> str:
        return f"{kind}_bytes" if self.binary else f"{kind}_text"

    def of_bytes(self, expression: str) -> str:
        return expression if self.binary else f'{expression}.decode("latin-1")'

    def join(self, parts: list[str]) -> str:
        if len(parts) == 1:
            return parts[0]
        chunks = [parts[start : start + _MAX_PARTS] for start in range(0, len(parts), _MAX_PARTS)]
        whole = chunks[0] if len(chunks) == 1 else [self.join(chunk) for chunk in chunks]
        return f"{self.nothing}.join(({', '.join(whole)}))"


def write_function(record: RecordModel) -> str:
    """The function that writes a record."""
    assert isinstance(record.type, RecordOf)  # noqa: S101  the type of a record's model
    form = _Form(record.type.binary)
    lines = Lines()
    result = "bytes" if form.binary else "str"
    with lines.block(f"def write_{record.home.slug}(o: {record.home.name}) -> {result}:"):
        how = "as bytes" if form.binary else "as latin-1 text"
        lines.add(f'"""Write a value, {how}; whatever is not plainly right raises one of NOT_FAST."""')
        if not record.fields:
            lines.add("del o")
        encoder = _Encoder(lines, form, record.home.module)
        parts = [part for field in record.fields for part in encoder.parts(field.type, f"o.{field.attribute}")]
        lines.add(f"return {form.join(parts) if parts else form.nothing}")
    return lines.text()


class _Encoder:
    """Adds statements, and gives back the expressions of the parts that they lead to."""

    def __init__(self, lines: Lines, form: _Form, here: str) -> None:
        self._lines = lines
        self._form = form
        self._here = here

    def parts(self, type_: PyType, value: str, *, checked: bool = False) -> list[str]:
        """The parts of a value; `checked` says that its class is known to be right."""
        match type_:
            case Scalar():
                return self._scalar(type_, value, checked=checked)
            case EnumOf():
                held = self._held(type_, value, checked=checked)
                table = f"{type_.home.slug.upper()}_{'BYTES' if self._form.binary else 'TEXT'}"
                return [f"{reference(type_.home, self._here, table)}[{held}._value_]"]
            case RecordOf():
                return [self._record(type_, self._held(type_, value, checked=checked))]
            case ArrayOf() | MapOf():
                return [self._container(type_, self._held(type_, value, checked=checked))]
            case UnionOf():
                return self._optional(type_, value) if type_.only else [self._union(type_, value)]

    def _variable(self, value: str) -> str:
        """A local variable that holds the value."""
        if value.isidentifier():
            return value
        held = self._lines.name("v")
        self._lines.add(f"{held} = {value}")
        return held

    def _held(self, type_: PyType, value: str, *, checked: bool) -> str:
        """A variable that holds a value of exactly the class of the type."""
        held = self._variable(value)
        if not checked:
            self._guard(f"type({held}) is not {python_class(type_, self._here)}")
        return held

    def _guard(self, condition: str) -> None:
        with self._lines.block(f"if {condition}:"):
            self._lines.add("raise TypeError")

    def _scalar(self, type_: Scalar, value: str, *, checked: bool) -> list[str]:
        kind = type_.kind
        if kind == "string":
            return self._string(value)
        if kind == "timestamp-millis":
            return self._timestamp(value)
        if kind in _NUMBERS:
            number, is_int = _NUMBERS[kind]
            return [f"{self._form.varint('int' if is_int else 'long')}({number.format(self._variable(value))})"]
        if kind == "null":
            self._guard(f"{value} is not None")
            return []
        return self._plain(type_, self._held(type_, value, checked=checked))

    def _plain(self, type_: Scalar, held: str) -> list[str]:
        """A scalar whose class has been checked."""
        if type_.kind in _SIZED:
            raw = self._variable(_SIZED[type_.kind].format(held, type_))
            return [self._length(raw), raw]
        if type_.kind == "uuid":
            return [
                self._form.literal(b"\x48"),
                f"text_of_uuid({held}).encode()" if self._form.binary else f"text_of_uuid({held})",
            ]
        if type_.kind == "fixed":
            self._guard(f"len({held}) != {type_.size}")
        return [self._one_part(type_, held)]

    def _one_part(self, type_: Scalar, held: str) -> str:
        form = self._form
        match type_.kind:
            case "boolean":
                return f"{form.table('LAST')}[{held}]"
            case "int" | "long" | "timestamp-nanos" | "local-timestamp-nanos":
                many = f"{form.varint('int' if type_.kind == 'int' else 'long')}({held})"
                return f"{form.table('LEN')}[{held}] if 0 <= {held} < 1024 else {many}"
            case "float" | "double":
                return form.of_bytes(f"put_{type_.kind}({held})")
            case "uuid-fixed":
                return f"{held}.bytes"
            case "duration":
                return f"bytes_of_duration({held})"
            case "decimal-fixed":
                return f"fixed_of_decimal({held}, {type_.size}, {type_.precision}, {type_.scale})"
            case _:
                return held

    def _string(self, value: str) -> list[str]:
        """Text: its UTF-8 bytes; as latin-1 text, ASCII is its own."""
        if self._form.binary:
            held = self._lines.name("v")
            self._lines.add(f"{held} = {value}.encode()")
        else:
            held = self._variable(value)
            with self._lines.block(f"if not {held}.isascii():"):
                self._lines.add(f'{held} = {held}.encode().decode("latin-1")')
        return [self._length(held), held]

    def _length(self, held: str) -> str:
        size = self._variable(f"len({held})")
        return f"{self._form.table('LEN')}[{size}] if {size} < 1024 else {self._form.varint('long')}({size})"

    def _timestamp(self, value: str) -> list[str]:
        """Milliseconds; from 1970-07 to 2039-09 they are six bytes, of which the last three change every 17 minutes."""
        lines, form = self._lines, self._form
        d, t = lines.name("d"), lines.name("t")
        parts = [lines.name("c") for _ in range(4)]
        more = form.table("MORE")
        lines.add(f"{d} = {value} - EPOCH")
        lines.add(f"{t} = ({d}.days * 86_400 + {d}.seconds) * 2000 + {d}.microseconds // 1000 * 2")
        known = f"{form.table('HIGH')}.get({t} >> 21)"
        with lines.block(f"if ({parts[3]} := {known} or {form.nothing}):"):
            for index, part in enumerate(parts[:3]):
                lines.add(f"{part} = {more}[{t} >> {7 * index} & 127]" if index else f"{part} = {more}[{t} & 127]")
        with lines.block("else:"):
            lines.add(f"{', '.join(parts)} = time_{'bytes' if form.binary else 'text'}({t})")
        return parts

    def _record(self, type_: RecordOf, held: str) -> str:
        call = f"{reference(type_.home, self._here, f'write_{type_.home.slug}')}({held})"
        return f'{call}.encode("latin-1")' if self._form.binary and not type_.binary else call

    def _container(self, type_: ArrayOf | MapOf, held: str) -> str:
        """An array or map: one block, then the end."""
        lines, form = self._lines, self._form
        if (type_.items if isinstance(type_, ArrayOf) else type_.values) == UnionOf((), ()):
            self._guard(held)  # there is no value that could be an item
            return form.literal(_END)
        found, parts, key, item = (lines.name(letter) for letter in "psky")
        with lines.block(f"if {held}:"):
            lines.add(f"{parts} = [{self._length(held)}]")
            loop = f"for {item} in {held}:" if isinstance(type_, ArrayOf) else f"for {key}, {item} in {held}.items():"
            with lines.block(loop):
                if isinstance(type_, ArrayOf):
                    more = self.parts(type_.items, item)
                else:
                    more = [*self._string(key), *self.parts(type_.values, item)]
                if more:  # null has no bytes, only a check
                    lines.add(f"{parts} += ({', '.join(more)},)")
            lines.add(f"{parts}.append({form.literal(_END)})")
            lines.add(f"{found} = {form.nothing}.join({parts})")
        with lines.block("else:"):
            lines.add(f"{found} = {form.literal(_END)}")
        return found

    def _optional(self, type_: UnionOf, value: str) -> list[str]:
        """Null or one other type; text and bytes stay parts of their own, to be copied once."""
        assert type_.only is not None  # noqa: S101  the caller has asked
        lines, form = self._lines, self._form
        index, inner = type_.only
        held = self._variable(value)
        head, rest = lines.name("p"), lines.name("p")
        with lines.block(f"if {held} is not None:"):
            parts = self.parts(inner, held)
            is_long = isinstance(inner, Scalar) and inner.kind in ("string", "bytes")
            if is_long:
                lines.add(f"{head} = {form.literal(_zigzag(index))} + ({parts[0]})", f"{rest} = {parts[1]}")
            else:
                lines.add(f"{head} = {form.branch(index, parts)}")
        with lines.block("else:"):
            lines.add(f"{head} = {form.literal(_zigzag(1 - index))}")
            if is_long:
                lines.add(f"{rest} = {form.nothing}")
        return [head, rest] if is_long else [head]

    def _union(self, type_: UnionOf, value: str) -> str:
        """Several types: the class of the value tells which."""
        lines, form = self._lines, self._form
        if not type_.branches:
            return f"nothing_{'bytes' if self._form.binary else 'text'}({value})"
        held = self._variable(value)
        found = lines.name("p")
        word = "if"
        for index, (branch, tag) in enumerate(zip(type_.branches, type_.tags, strict=True)):
            with lines.block(f"{word} {self._test(branch, tag, held)}:"):
                if tag:
                    inner = lines.name("w")
                    lines.add(f"{inner}: Any = {held}.value")
                    parts = self.parts(branch, inner)
                else:
                    parts = [] if branch == NULL else self.parts(branch, held, checked=True)
                lines.add(f"{found} = {form.branch(index, parts)}")
            word = "elif"
        with lines.block("else:"):
            lines.add("raise TypeError")
        return found

    def _test(self, branch: PyType, tag: str | Home, held: str) -> str:
        """Whether a value belongs to a branch."""
        if tag:
            return f"type({held}) is {tag_class(tag, self._here)}"
        return f"{held} is None" if branch == NULL else f"type({held}) is {python_class(branch, self._here)}"


def _zigzag(index: int) -> bytes:
    """The varint of an index."""
    number, out = index << 1, bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    return bytes((*out, number))
