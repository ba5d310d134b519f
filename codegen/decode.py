"""Straight-line code that reads a record (a part of stage three).

Nothing asks whether the data has ended: a length that leads behind the end leads on to an IndexError, or to
a position that is not the end. Whatever is not plainly right raises; the record's plan then gives the rare
value or the reason.
"""

from __future__ import annotations

from typing import Final

from codegen.lines import Lines
from codegen.model import RecordModel
from codegen.types import (
    NULL,
    ArrayOf,
    EnumOf,
    MapOf,
    PyType,
    RecordOf,
    Scalar,
    UnionOf,
    annotation,
    least,
    reference,
    tag_class,
)

# Scalar -> the value of the number `{}`, and whether it is an int of 32 bits.
_NUMBERS: Final[dict[str, tuple[str, bool]]] = {
    "timestamp-micros": ("instant_of_micros({})", False),
    "local-timestamp-millis": ("local_of_millis({})", False),
    "local-timestamp-micros": ("local_of_micros({})", False),
    "timestamp-nanos": ("{}", False),
    "local-timestamp-nanos": ("{}", False),
    "date": ("date_of_days({})", True),
    "time-millis": ("time_of_millis({})", True),
    "time-micros": ("time_of_micros({})", False),
}
_TIME_TABLES: Final = "T0[c0] + T1[c1] + T2[c2] + T3[c3] + T4[c4] + T5[c5]"


def read_function(record: RecordModel) -> str:
    """The function that reads a record."""
    lines = Lines()
    name, variable = record.home.name, record.variable
    head = f"def read_{record.home.slug}(cls: type[{variable}], b: bytes, p: int) -> tuple[{variable}, int]:"
    with lines.block(head):
        lines.add(f'"""Read the {name} at `p` and the position behind it; what is rare or wrong raises."""')
        if all(field.type == NULL for field in record.fields):
            lines.add("del b")
        lines.add("o = new(cls)")
        decoder = _Decoder(lines, record.home.module)
        for field in record.fields:
            decoder.into(field.type, f"o.{field.attribute}")
        lines.add("return o, p")
    return f'{variable} = TypeVar("{variable}", bound="{name}")\n\n\n{lines.text()}'


class _Decoder:
    """Adds statements that read at `p`, and move it."""

    def __init__(self, lines: Lines, here: str) -> None:
        self._lines = lines
        self._here = here

    def into(self, type_: PyType, found: str) -> None:
        """Put a value into a variable or an attribute."""
        match type_:
            case Scalar():
                self._scalar(type_, found)
            case EnumOf():
                self._enum(type_, found)
            case RecordOf():
                function = reference(type_.home, self._here, f"read_{type_.home.slug}")
                self._lines.add(f"{found}, p = {function}({reference(type_.home, self._here)}, b, p)")
            case ArrayOf() | MapOf():
                self._container(type_, found)
            case UnionOf():
                self._union(type_, found)

    def _local(self, type_: PyType) -> str:
        """A new variable that holds the value."""
        found = self._lines.name("v")
        if isinstance(type_, UnionOf):
            self._lines.add(f"{found}: {annotation(type_, self._here)}")
        self.into(type_, found)
        return found

    def _byte(self) -> None:
        self._lines.add("n = b[p]", "p += 1")

    def _refuse_if(self, condition: str) -> None:
        with self._lines.block(f"if {condition}:"):
            self._lines.add("raise ValueError")

    def _scalar(self, type_: Scalar, found: str) -> None:
        lines, kind = self._lines, type_.kind
        if type_ == NULL:
            lines.add(f"{found} = None")
        elif kind in ("string", "bytes", "decimal", "big-decimal"):
            self._sized(type_, found)
        elif kind in ("int", "long"):
            self._number(found, kind)
        elif kind in _NUMBERS:
            of_number, is_int = _NUMBERS[kind]
            number = found if of_number == "{}" else "n"
            self._number(number, "int" if is_int else "long")
            if number != found:
                lines.add(f"{found} = {of_number.format(number)}")
        elif kind == "timestamp-millis":
            self._timestamp(found)
        elif kind == "boolean":
            self._byte()
            self._refuse_if("n > 1")
            lines.add(f"{found} = n == 1")
        else:
            self._of_known_size(type_, found)

    def _of_known_size(self, type_: Scalar, found: str) -> None:
        lines, size = self._lines, type_.size
        match type_.kind:
            case "float" | "double":
                lines.add(f"{found} = get_{type_.kind}(b, p)[0]", f"p += {least(type_)}")
            case "uuid":
                self._refuse_if("b[p] != 72")
                lines.add(f"{found} = read_uuid(b, p + 1)", "p += 37")
            case "uuid-fixed":
                lines.add(f"{found} = uuid_of_bytes(b[p : p + 16])", "p += 16")
            case "duration":
                lines.add(f"{found} = duration_of_bytes(b[p : p + 12])", "p += 12")
            case "decimal-fixed":
                arguments = f"{type_.precision}, {type_.scale}"
                lines.add(f"{found} = decimal_of_bytes(b[p : p + {size}], {arguments})", f"p += {size}")
            case _:
                lines.add(f"{found} = b[p : p + {size}]", f"p += {size}")

    def _number(self, found: str, kind: str) -> None:
        lines = self._lines
        with lines.block("if b[p] < 128:"):
            lines.add(f"{found} = ZIGZAG[b[p]]", "p += 1")
        with lines.block("else:"):
            lines.add(f"{found}, p = read_{kind}(b, p)")

    def _sized(self, type_: Scalar, found: str) -> None:
        """A length below 64, below 8192, or any other; then as many bytes."""
        lines = self._lines
        self._byte()
        with lines.block("if n < 128:"):
            lines.add("q = p + LENGTH[n]")
        with lines.block("elif b[p] < 128 and not n & 1:"):
            lines.add("q = p + 1 + (n + (b[p] << 7) - 128 >> 1)", "p += 1")
        with lines.block("else:"):
            lines.add("n, p = read_length(b, p - 1)", "q = p + n")
        value = {
            "string": "b[p:q].decode()",
            "bytes": "b[p:q]",
            "big-decimal": "big_decimal_of_bytes(b[p:q])",
            "decimal": f"decimal_of_bytes(b[p:q], {type_.precision}, {type_.scale})",
        }[type_.kind]
        lines.add(f"{found} = {value}", "p = q")

    def _timestamp(self, found: str) -> None:
        """Six bytes from tables; NaN, which is not equal to itself, says that they are not six."""
        lines = self._lines
        lines.add("c0, c1, c2, c3, c4, c5 = SIX(b, p)", f"s = {_TIME_TABLES}")
        with lines.block("if s == s:"):
            lines.add(f"{found} = from_seconds(s / 1000.0, ZONE)", "p += 6")
        with lines.block("else:"):
            lines.add("n, p = read_long(b, p)", f"{found} = instant_of_millis(n)")

    def _enum(self, type_: EnumOf, found: str) -> None:
        lines = self._lines
        self._byte()
        if type_.size > 64:
            with lines.block("if n > 127:"):
                lines.add("n, p = read_varint(b, p - 1)")
        lines.add(f"{found} = {reference(type_.home, self._here, f'{type_.home.slug.upper()}_OF')}[n]")

    def _container(self, type_: ArrayOf | MapOf, found: str) -> None:
        """Blocks; a count that is negative or has several bytes is read by a function."""
        lines = self._lines
        made = lines.name("v")
        lines.add(f"{made}: {annotation(type_, self._here)} = {'[]' if isinstance(type_, ArrayOf) else '{}'}")
        lines.add(f"{found} = {made}")
        self._byte()
        if isinstance(type_, ArrayOf) and least(type_.items) == 0:
            self._refuse_if("n")  # items may take no byte: the plan bounds how many it lets in
            return
        with lines.block("while n:"):
            with lines.block("if n & 129:"):
                lines.add("n, p = read_count(b, p - 1)")
            with lines.block("else:"):
                lines.add("n >>= 1")
            with lines.block("for _ in range(n):"):
                if isinstance(type_, ArrayOf):
                    lines.add(f"{made}.append({self._local(type_.items)})")
                else:
                    key = self._local(Scalar("string"))
                    self._item(type_.values, f"{made}[{key}]")
            self._byte()

    def _item(self, type_: PyType, found: str) -> None:
        """Put a value behind a key; what is read as a pair, or in blocks, goes through a variable."""
        is_plain = isinstance(type_, EnumOf) or (isinstance(type_, Scalar) and type_.kind in ("string", "bytes"))
        if is_plain:
            self.into(type_, found)
        else:
            self._lines.add(f"{found} = {self._local(type_)}")

    def _union(self, type_: UnionOf, found: str) -> None:
        lines = self._lines
        if not type_.branches:
            lines.add(f"{found} = read_nothing(b)")
            return
        self._byte()
        word = "if"
        for index, branch in sorted(enumerate(type_.branches), key=lambda one: _rank(type_, one[1])):
            if index > 63:
                continue  # an index of two bytes is the plan's
            with lines.block(f"{word} n == {2 * index}:"):
                if tag := type_.tags[index]:
                    lines.add(f"{found} = {tag_class(tag, self._here)}({self._local(branch)})")
                else:
                    self.into(branch, found)
            word = "elif"
        with lines.block("else:"):
            lines.add("raise ValueError")


def _rank(union: UnionOf, branch: PyType) -> int:
    """Which branches to try first: text, which is the most common one; null last where it is one of two."""
    if branch == NULL and union.only:
        return 2
    return 0 if branch == Scalar("string") else 1
