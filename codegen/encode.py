"""Straight-line code that writes a record (a part of stage three).

A record is written as parts that are joined once. Without bytes inside, the parts are latin-1 text: joining
text and encoding it once is faster than joining bytes. With bytes inside, the parts are bytes, so that no
payload is copied into text and back. Whatever is not plainly right raises; the record's plan then finds out
what it was.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from codegen.forms import BEHIND, Form, zigzag
from codegen.lines import Lines
from codegen.model import RecordModel
from codegen.types import (
    NO_VALUE,
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

# What starts with a number that is in these tables.
_LEADING: Final = frozenset(
    ("string", "bytes", "decimal", "big-decimal", "int", "long", "timestamp-nanos", "local-timestamp-nanos")
)

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


def write_function(record: RecordModel) -> str:
    """The function that writes a record."""
    assert isinstance(record.type, RecordOf)  # noqa: S101  the type of a record's model
    form = Form(record.type.binary)
    lines = Lines()
    result = "bytes" if form.binary else "str"
    with lines.block(f"def write_{record.home.slug}(o: {record.home.name}) -> {result}:"):
        how = "as bytes" if form.binary else "as latin-1 text"
        lines.add(f'"""Write a value, {how}; whatever is not plainly right raises one of NOT_FAST."""')
        if not record.fields:
            lines.add("del o")
        encoder = _Encoder(lines, form, record.home.module)
        for field in record.fields:
            encoder.put(field.type, f"o.{field.attribute}")
        lines.add(f"return {encoder.whole()}")
    return lines.text()


class _Encoder:
    """Adds statements, and collects the expressions of the parts that they lead to.

    Arrays and maps have as many parts as they have items, so a record with one has a list of parts, which takes in
    what has been collected before statements put the items there.
    """

    def __init__(self, lines: Lines, form: Form, here: str) -> None:
        self._lines = lines
        self._form = form
        self._here = here
        self._parts: list[str] = []
        self._list = ""  # the variable, once there is one

    def whole(self) -> str:
        """All parts as one expression."""
        if self._list:
            self._flush()
            return f"{self._form.nothing}.join({self._list})"
        return self._form.join(self._parts) if self._parts else self._form.nothing

    def put(self, type_: PyType, value: str, *, checked: bool = False, index: int | None = None) -> None:
        """Write a value; `checked` says that its class is known to be right, `index` goes in front."""
        if not _has_items(type_):
            self._parts += self._parts_of(type_, value, checked=checked, index=index)
        elif isinstance(type_, ArrayOf | MapOf):
            self._container(type_, self._held(type_, value, checked=checked), index)
        elif isinstance(type_, UnionOf):
            if index is not None:
                self._parts.append(self._form.literal(zigzag(index)))
            self._branches(type_, self._variable(value))

    def _flush(self) -> None:
        """Move what has been collected into the list."""
        parts, self._parts = self._parts, []
        if not self._list:
            self._list = self._lines.name("s")
            kind = "bytes" if self._form.binary else "str"
            self._lines.add(f"{self._list}: list[{kind}] = [{', '.join(parts)}]")
        elif len(parts) == 1:
            self._lines.add(f"{self._list}.append({parts[0]})")
        elif parts:
            self._lines.add(f"{self._list} += ({', '.join(parts)})")

    def _parts_of(self, type_: PyType, value: str, *, checked: bool = False, index: int | None = None) -> list[str]:
        """The parts of a value that is no array, map, or union of one."""
        if index is not None and not (isinstance(type_, Scalar) and type_.kind in _LEADING and index in BEHIND):
            head = self._form.literal(zigzag(index))
            return [head, *self._parts_of(type_, value, checked=checked)]
        match type_:
            case Scalar():
                return self._scalar(type_, value, index, checked=checked)
            case EnumOf():
                held = self._held(type_, value, checked=checked)
                table = f"{type_.home.slug.upper()}_{'BYTES' if self._form.binary else 'TEXT'}"
                return [f"{reference(type_.home, self._here, table)}[{held}._value_]"]
            case RecordOf():
                return [self._record(type_, self._held(type_, value, checked=checked))]
            case UnionOf() if type_.only:
                return self._optional(*type_.only, self._variable(value))
            case UnionOf():
                return [self._union(type_, value)]
            case ArrayOf() | MapOf():
                return self._empty(self._held(type_, value, checked=checked))

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

    def _scalar(self, type_: Scalar, value: str, index: int | None, *, checked: bool) -> list[str]:
        kind = type_.kind
        if kind == "string":
            return self._string(value, index)
        if kind == "timestamp-millis":
            return self._timestamp(value)
        if kind in _NUMBERS:
            number, is_int = _NUMBERS[kind]
            return [f"{self._form.varint('int' if is_int else 'long')}({number.format(self._variable(value))})"]
        if kind == "null":
            if not checked:
                self._guard(f"{value} is not None")
            return []
        return self._plain(type_, self._held(type_, value, checked=checked), index)

    def _plain(self, type_: Scalar, held: str, index: int | None) -> list[str]:
        """A scalar whose class has been checked."""
        if type_.kind in _SIZED:
            raw = self._variable(_SIZED[type_.kind].format(held, type_))
            return [self._length(raw, index), raw]
        if type_.kind == "uuid":
            return [self._uuid(held)]
        if type_.kind == "fixed":
            self._guard(f"len({held}) != {type_.size}")
        return [self._one_part(type_, held, index)]

    def _one_part(self, type_: Scalar, held: str, index: int | None) -> str:
        form = self._form
        match type_.kind:
            case "boolean":
                return f"{form.table('LAST')}[{held}]"
            case "int" | "long" | "timestamp-nanos" | "local-timestamp-nanos":
                return form.small(held, f"0 <= {held} < 1024", "int" if type_.kind == "int" else "long", index)
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

    def _uuid(self, held: str) -> str:
        """The length of 36 characters, and what `str` makes of a UUID, in half of its time."""
        h, u = self._lines.name("h"), self._lines.name("u")
        text = f'f"H{{{h}[:13]}}-{{{h}[13:17]}}-{{{h}[17:]}}"'
        self._lines.add(f'{h} = {held}.int.to_bytes(16, "big").hex("-", 6)')
        self._lines.add(f"{u} = {text}{'.encode()' if self._form.binary else ''}")
        return u

    def _string(self, value: str, index: int | None = None) -> list[str]:
        """Text: its UTF-8 bytes; as latin-1 text, ASCII is its own."""
        if self._form.binary:
            held = self._lines.name("v")
            self._lines.add(f"{held} = {value}.encode()")
        else:
            held = self._variable(value)
            with self._lines.block(f"if not {held}.isascii():"):
                self._lines.add(f'{held} = {held}.encode().decode("latin-1")')
        return [self._length(held, index), held]

    def _length(self, held: str, index: int | None = None) -> str:
        size = self._variable(f"len({held})")
        return self._form.small(size, f"{size} < 1024", "long", index)

    def _timestamp(self, value: str) -> list[str]:
        """Milliseconds; from 1970-07 to 2039-09 they are six bytes, of which the last three change every 17 minutes.

        Numbers stay below 30 bits, which Python reckons with in half of the time.
        """
        lines, form = self._lines, self._form
        d, t, low, high = (lines.name(letter) for letter in "dtlh")
        parts = [lines.name("c") for _ in range(4)]
        more = form.table("MORE")
        lines.add(f"{d} = {value} - EPOCH")
        with lines.block("try:"):
            lines.add(
                f"{low}, {high} = DAYS[{d}.days]",
                f"{t} = {low} + {d}.seconds * 2000 + ({d}.microseconds // 500 & -2)",
                f"{parts[3]} = {form.table('HIGH')}[{high} + ({t} >> 21)]",
            )
        with lines.block("except KeyError:"):
            lines.add(f"{', '.join(parts)} = time_{'bytes' if form.binary else 'text'}({d})")
        with lines.block("else:"):
            for index, part in enumerate(parts[:3]):
                lines.add(f"{part} = {more}[{t} >> {7 * index} & 127]" if index else f"{part} = {more}[{t} & 127]")
        return parts

    def _record(self, type_: RecordOf, held: str) -> str:
        call = f"{reference(type_.home, self._here, f'write_{type_.home.slug}')}({held})"
        return f'{call}.encode("latin-1")' if self._form.binary and not type_.binary else call

    def _empty(self, held: str) -> list[str]:
        """An array or map whose items have no values."""
        self._guard(held)
        return [self._form.literal(_END)]

    def _container(self, type_: ArrayOf | MapOf, held: str, index: int | None) -> None:
        """An array or map: one block, then the end; without items, the count is the end."""
        if index is not None and index not in BEHIND:
            self._parts.append(self._form.literal(zigzag(index)))
            index = None
        self._parts.append(self._length(held, index))
        self._flush()
        with self._lines.block(f"if {held}:"):
            self._items(type_, held)
            self._parts.append(self._form.literal(_END))
            self._flush()

    def _items(self, type_: ArrayOf | MapOf, held: str) -> None:
        lines = self._lines
        key, item = lines.name("k"), lines.name("y")
        loop = f"for {item} in {held}:" if isinstance(type_, ArrayOf) else f"for {key}, {item} in {held}.items():"
        with lines.block(loop):
            if isinstance(type_, ArrayOf):
                self.put(type_.items, item)
            else:
                self._parts += self._string(key)
                self.put(type_.values, item)
            self._flush()

    def _optional(self, index: int, inner: PyType, held: str) -> list[str]:
        """Null or one other type; text and bytes stay parts of their own, to be copied once."""
        lines, form = self._lines, self._form
        head, rest = lines.name("p"), lines.name("p")
        is_long = isinstance(inner, Scalar) and inner.kind in ("string", "bytes")
        with lines.block(f"if {held} is not None:"):
            parts = self._parts_of(inner, held, index=index)
            if is_long:
                lines.add(f"{head} = {parts[0]}", f"{rest} = {parts[1]}")
            else:
                lines.add(f"{head} = {form.one(parts)}")
        with lines.block("else:"):
            lines.add(f"{head} = {form.literal(zigzag(1 - index))}")
            if is_long:
                lines.add(f"{rest} = {form.nothing}")
        return [head, rest] if is_long else [head]

    def _union(self, type_: UnionOf, value: str) -> str:
        """Several types: the class of the value tells which."""
        lines, form = self._lines, self._form
        if not type_.branches:
            return f"nothing_{'bytes' if form.binary else 'text'}({value})"
        found = lines.name("p")
        for index, branch, held in self._each(type_, self._variable(value)):
            parts = self._parts_of(branch, held, checked=True, index=index)
            lines.add(f"{found} = {form.one(parts)}")
        return found

    def _branches(self, type_: UnionOf, held: str) -> None:
        """A union that has an array or map: each branch goes into the list."""
        self._flush()
        for index, branch, inner in self._each(type_, held):
            self.put(branch, inner, checked=True, index=index)
            self._flush()

    def _each(self, type_: UnionOf, held: str) -> Iterator[tuple[int, PyType, str]]:
        """Open the block of each branch: its index, its type, and a variable whose class is known."""
        lines = self._lines
        word = "if"
        for index, (branch, tag) in enumerate(zip(type_.branches, type_.tags, strict=True)):
            with lines.block(f"{word} {self._test(branch, tag, held)}:"):
                yield index, branch, self._inside(branch, held) if tag else held
            word = "elif"
        with lines.block("else:"):
            lines.add("raise TypeError")

    def _inside(self, branch: PyType, held: str) -> str:
        """What the class of a branch holds."""
        inner = self._lines.name("w")
        self._lines.add(f"{inner}: Any = {held}.value")
        return self._held(branch, inner, checked=False)

    def _test(self, branch: PyType, tag: str | Home, held: str) -> str:
        """Whether a value belongs to a branch."""
        if tag:
            return f"type({held}) is {tag_class(tag, self._here)}"
        return f"{held} is None" if branch == NULL else f"type({held}) is {python_class(branch, self._here)}"


def _has_items(type_: PyType) -> bool:
    """Whether it is an array or map that may have items, or a union of one."""
    match type_:
        case ArrayOf() | MapOf():
            return (type_.items if isinstance(type_, ArrayOf) else type_.values) != NO_VALUE
        case UnionOf():
            return any(map(_has_items, type_.branches))
        case _:
            return False
