"""Straight-line code that reads a resolved tree: what the generator writes for a schema, made for a pair of them.

The generator and this module give the same statements for the same types (a test compares them). Only names of
our own stand in the code; classes, tables and defaults are handed to it as objects.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

from eccs_contracts._codec import convert, tables, varint
from eccs_contracts._codec.resolving.leaves import Leaf
from eccs_contracts._codec.resolving.nodes import Branches, Fields, Items, Labelled, Never, Node, Symbols

# Kind -> the value of the number `n`, and how a number of more than one byte is read.
_NUMBERS: Final[dict[str, tuple[str, str]]] = {
    "int": ("n", "read_int"),
    "long": ("n", "read_long"),
    "timestamp-nanos": ("n", "read_long"),
    "local-timestamp-nanos": ("n", "read_long"),
    "timestamp-micros": ("instant_of_micros(n)", "read_long"),
    "local-timestamp-millis": ("local_of_millis(n)", "read_long"),
    "local-timestamp-micros": ("local_of_micros(n)", "read_long"),
    "date": ("date_of_days(n)", "read_int"),
    "time-millis": ("time_of_millis(n)", "read_int"),
    "time-micros": ("time_of_micros(n)", "read_long"),
}
_SIZED: Final = {
    "string": "b[p:q].decode()",
    "bytes": "b[p:q]",
    "big-decimal": "big_decimal_of_bytes(b[p:q])",
    "decimal": "decimal_of_bytes(b[p:q], {0.precision}, {0.scale})",
}
# Kind -> the value, and how many bytes it has.
_FIXED: Final[dict[str, tuple[str, str]]] = {
    "float": ("get_float(b, p)[0]", "4"),
    "double": ("get_double(b, p)[0]", "8"),
    "uuid": ("read_uuid(b, p + 1)", "37"),
    "uuid-fixed": ("uuid_of_bytes(b[p : p + 16])", "16"),
    "duration": ("duration_of_bytes(b[p : p + 12])", "12"),
    "decimal-fixed": ("decimal_of_bytes(b[p : p + {0.size}], {0.precision}, {0.scale})", "{0.size}"),
    "fixed": ("b[p : p + {0.size}]", "{0.size}"),
}
_NAMES: Final = {
    name: value for module in (tables, varint, convert) for name, value in vars(module).items() if name[0] != "_"
}
_MAX_DEPTH: Final = 8  # containers inside of each other; each takes two of the 20 blocks that Python nests
_SCRATCH: Final = "_"  # the variable of what nobody needs


class TooDeepError(Exception):
    """Raised where straight-line code cannot be made: containers are nested deeper than Python's blocks."""


def render(root: Node) -> tuple[str, dict[str, Any]]:
    """The source of the functions that read a tree, `read_0` the root; and the objects that it names.

    Raises:
        TooDeepError: as it says.
    """
    made = _Renderer()
    made.function(root)
    return made.source(), made.names


def compiled(root: Node) -> Callable[[bytes, int], tuple[Any, int]]:
    """The function that reads a tree at a position, and gives the position behind it; raises as `render`."""
    source, names = render(root)
    exec(compile(source, "<resolving decoder>", "exec"), names)  # noqa: S102  our own text: see the module's docstring
    found: Callable[[bytes, int], tuple[Any, int]] = names["read_0"]
    return found


class _Renderer:
    """Writes one function for each record, and one for the root."""

    def __init__(self) -> None:
        self.names: dict[str, Any] = dict(_NAMES)
        self._functions: dict[int, str] = {}
        self._texts: list[str] = []

    def source(self) -> str:
        """All functions."""
        return "\n\n".join(self._texts)

    def function(self, node: Node) -> str:
        """The name of the function that reads a record, or the root."""
        if id(node) not in self._functions:
            name = self._functions[id(node)] = f"read_{len(self._functions)}"
            self._texts.append(_Body(self, name).text(node))
        return self._functions[id(node)]

    def object(self, letter: str, value: Any) -> str:
        """The name by which the code knows an object."""
        name = f"{letter}_{len(self.names)}"
        self.names[name] = value
        return name


class _Body:
    """Adds statements that read at `p`, and move it."""

    def __init__(self, renderer: _Renderer, name: str) -> None:
        self._renderer = renderer
        self._lines = [f"def {name}(b, p):"]
        self._indent = 1
        self._count = 0
        self._depth = 0

    def text(self, node: Node) -> str:
        """The function that reads a node."""
        if isinstance(node, Fields):
            self._fields(node)
        else:
            self._into(node, "o")
        self._add("return o, p")
        return "\n".join(self._lines)

    def _add(self, *lines: str) -> None:
        self._lines += ["    " * self._indent + line for line in lines]

    @contextmanager
    def _block(self, head: str) -> Iterator[None]:
        self._add(head)
        self._indent += 1
        yield
        self._indent -= 1

    def _local(self, node: Node) -> str:
        found = self._name()
        self._into(node, found)
        return found

    def _name(self) -> str:
        self._count += 1
        return f"v{self._count}"

    def _fields(self, node: Fields) -> None:
        if node.model is None:
            self._add("o = None")
        else:
            self._add(f"o = new({self._renderer.object('C', node.model)})")
            self._defaults(node)
        for step in node.steps:
            self._into(step.node, f"o.{step.attribute}" if step.attribute else _SCRATCH)

    def _defaults(self, node: Fields) -> None:
        fields = {field.name: field for field in dataclasses.fields(node.model)}
        for attribute in node.absent:
            field = fields[attribute]
            if field.default_factory is not dataclasses.MISSING:
                self._add(f"o.{attribute} = {self._renderer.object('F', field.default_factory)}()")
            elif field.default is not dataclasses.MISSING:
                self._add(f"o.{attribute} = {self._renderer.object('D', field.default)}")

    def _into(self, node: Node, found: str) -> None:
        match node:
            case Leaf():
                self._leaf(node, found)
            case Symbols():
                self._symbols(node, found)
            case Fields():
                self._add(f"{found}, p = {self._renderer.function(node)}(b, p)")
            case Items():
                self._items(node, found)
            case Branches():
                self._branches(node, found)
            case Labelled():
                made = self._renderer.object("B", node.made)
                self._add(f"{found} = {made}({self._local(node.inner)})")
            case _:
                self._add("raise ValueError")

    def _byte(self) -> None:
        self._add("n = b[p]", "p += 1")

    def _refuse_if(self, condition: str) -> None:
        with self._block(f"if {condition}:"):
            self._add("raise ValueError")

    def _leaf(self, leaf: Leaf, found: str) -> None:
        target = self._name() if leaf.convert else found
        if leaf.kind in _NUMBERS:
            self._number(leaf.kind, target)
        elif leaf.kind in _SIZED:
            self._sized(_SIZED[leaf.kind].format(leaf), target)
        elif leaf.kind in _FIXED:
            self._of_known_size(leaf, target)
        elif leaf.kind == "timestamp-millis":
            self._timestamp(target)
        elif leaf.kind == "boolean":
            self._byte()
            self._refuse_if("n > 1")
            self._add(f"{target} = n == 1")
        else:
            self._add(f"{target} = None")
        if leaf.convert:
            self._add(f"{found} = {self._renderer.object('K', leaf.convert)}({target})")

    def _number(self, kind: str, found: str) -> None:
        value, function = _NUMBERS[kind]
        target = found if value == "n" else "n"
        with self._block("if b[p] < 128:"):
            self._add(f"{target} = ZIGZAG[b[p]]", "p += 1")
        with self._block("else:"):
            self._add(f"{target}, p = {function}(b, p)")
        if target != found:
            self._add(f"{found} = {value}")

    def _sized(self, value: str, found: str) -> None:
        self._byte()
        with self._block("if n < 128:"):
            self._add("q = p + LENGTH[n]")
        with self._block("elif b[p] < 128 and not n & 1:"):
            self._add("q = p + 1 + (n + (b[p] << 7) - 128 >> 1)", "p += 1")
        with self._block("else:"):
            self._add("n, p = read_length(b, p - 1)", "q = p + n")
        self._add(f"{found} = {value}", "p = q")

    def _of_known_size(self, leaf: Leaf, found: str) -> None:
        value, size = _FIXED[leaf.kind]
        if leaf.kind == "uuid":
            self._refuse_if("b[p] != 72")
        self._add(f"{found} = {value.format(leaf)}", f"p += {size.format(leaf)}")

    def _timestamp(self, found: str) -> None:
        self._add("c0, c1, c2, c3, c4, c5 = SIX(b, p)", "s = T0[c0] + T1[c1] + T2[c2] + T3[c3] + T4[c4] + T5[c5]")
        with self._block("if s == s:"):
            self._add(f"{found} = from_seconds(s / 1000.0, ZONE)", "p += 6")
        with self._block("else:"):
            self._add("n, p = read_long(b, p)", f"{found} = instant_of_millis(n)")

    def _symbols(self, node: Symbols, found: str) -> None:
        """What the reader does not know is not in the table, so the checked way refuses it."""
        known = {2 * index: value for index, value in enumerate(node.values) if value is not None}
        self._byte()
        if len(node.values) > 64:
            with self._block("if n > 127:"):
                self._add("n, p = read_varint(b, p - 1)")
        self._add(f"{found} = {self._renderer.object('E', known)}[n]")

    def _items(self, node: Items, found: str) -> None:
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            raise TooDeepError
        made = self._name()
        self._add(f"{made} = {'{}' if node.is_map else '[]'}", f"{found} = {made}")
        self._byte()
        if not node.is_map and node.inner.least == 0:
            self._refuse_if("n")  # items may take no byte: the checked way bounds how many it lets in
        else:
            self._blocks(node, made)
        self._depth -= 1

    def _blocks(self, node: Items, made: str) -> None:
        with self._block("while n:"):
            with self._block("if n & 129:"):
                self._add("n, p = read_count(b, p - 1)")
            with self._block("else:"):
                self._add("n >>= 1")
            with self._block("for _ in range(n):"):
                if node.is_map:
                    key = self._local(Leaf("string"))
                    self._item(node.inner, f"{made}[{key}]")
                else:
                    self._add(f"{made}.append({self._local(node.inner)})")
            self._byte()

    def _item(self, node: Node, found: str) -> None:
        is_plain = isinstance(node, Symbols) or (
            isinstance(node, Leaf) and node.kind in ("string", "bytes") and not node.convert
        )
        if is_plain:
            self._into(node, found)
        else:
            self._add(f"{found} = {self._local(node)}")

    def _branches(self, node: Branches, found: str) -> None:
        self._byte()
        word = "if"
        for index, branch in sorted(enumerate(node.nodes), key=lambda one: _rank(node, one[1])):
            if index > 63 or isinstance(branch, Never):
                continue  # an index of two bytes, and what cannot be read, are for the checked way
            with self._block(f"{word} n == {2 * index}:"):
                self._into(branch, found)
            word = "elif"
        if word == "if":
            self._add("raise ValueError")
        else:
            with self._block("else:"):
                self._add("raise ValueError")


def _rank(union: Branches, branch: Node) -> int:
    """Which branches to try first, as the generator has it."""
    kind = branch.kind if isinstance(branch, Leaf) else ""
    if kind == "null":
        return 2 if len(union.nodes) == 2 else 1
    return 0 if kind == "string" else 1
