"""Reading what another version of the schema wrote (specification 1.12, "Schema Resolution").

`reader_of` makes a decoder for a pair of schemas: it matches them once, and reads with code that is made for the
pair, so that data of older and newer writers costs what data of this version costs.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

from eccs_contracts._codec.record import Record, read_with
from eccs_contracts._codec.resolving.nodes import Fields, Never, Node
from eccs_contracts._codec.resolving.render import TooDeepError, compiled
from eccs_contracts._codec.resolving.resolve import resolve
from eccs_contracts._codec.resolving.shapes import FieldShape, Shape, shape_of
from eccs_contracts._codec.tables import NOT_FAST
from eccs_contracts.errors import DecodeError

M = TypeVar("M", bound=Record)


def reader_of(model: type[M], writer: str) -> Callable[[bytes], M]:
    """The function that reads data of a writer's schema into a model; it raises DecodeError.

    Args:
        model: a generated class.
        writer: the writer's schema, JSON text that refers to no other.

    Raises:
        DecodeError: the text is no schema, or its data cannot be read as the model.
    """
    node = _resolved(model, writer)
    fast = _fast(node) if model is model.PLAN.model else None  # subclasses have ways of their own to be made

    def read(data: bytes) -> M:
        if fast and type(data) is bytes:
            try:
                value, end = fast(data, 0)
                if end == len(data):
                    made: M = value
                    return made
            except NOT_FAST:
                pass
        return cast("M", read_with(node.read, data))

    return read


def _resolved(model: type[M], writer: str) -> Node:
    try:
        node = resolve(*_shapes(model, writer), model.PLAN)
    except RecursionError:
        raise DecodeError("the writer's schema is nested deeper than the interpreter can follow") from None
    if isinstance(node, Never):
        raise DecodeError(f"{model.FULLNAME}: {node.reason}")
    if isinstance(node, Fields):
        node.model = model
    return node


def _shapes(model: type[Record], writer: str) -> tuple[Shape, Shape]:
    """Writer's and reader's; a schema without a name is, as the generator has it, a record of one field."""
    shapes = shape_of(writer), shape_of(model.SCHEMA)
    if shapes[1].kind == "record":
        return shapes
    written, read = (Shape("record", fields=[FieldShape("value", (), shape)]) for shape in shapes)
    return written, read


def _fast(node: Node) -> Callable[[bytes, int], tuple[Any, int]] | None:
    """Straight-line code; None where there is too much of it for Python."""
    try:
        return compiled(node)
    except (RecursionError, TooDeepError):
        return None
