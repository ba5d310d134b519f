"""`python -m codegen draft module:Class`: a first schema from a Python dataclass, to be edited by hand."""

from __future__ import annotations

import dataclasses
import importlib
import inspect
import json
import sys
from collections.abc import Mapping, Sequence
from functools import reduce
from operator import or_
from types import UnionType
from typing import Any, Final, Union, get_args, get_origin, get_type_hints

from codegen.errors import RefusalError
from codegen.gate import plain
from compat_checks.errors import InvalidSchema
from compat_checks.parse import parse_schema

_CONTAINERS: Final[dict[Any, Any]] = {list: list, dict: dict, tuple: tuple, Sequence: list, Mapping: dict}


def draft(target: str) -> str:
    """The schema of a dataclass, as JSON text; the names of its attributes are those on the wire.

    Args:
        target: a module and a class, with a colon between them; the module must be importable from where one stands.

    Raises:
        RefusalError: there is no such dataclass, or it has a type that Avro cannot express.
    """
    model = _class(target)
    try:
        schema = plain(_as_model(model, {}).avro_schema_to_python())
        parse_schema(schema)
    except InvalidSchema as error:
        raise RefusalError(f"{target}: what dataclasses-avroschema makes of it is no schema: {error}") from None
    except Exception as error:  # noqa: BLE001  it raises whatever it stumbles over
        raise RefusalError(f"{target}: {type(error).__name__}: {error}") from None
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def _class(target: str) -> type[Any]:
    module, _, name = target.partition(":")
    sys.path.insert(0, "")
    try:
        found = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError, ValueError) as error:
        raise RefusalError(f"{target}: no such class; say module:Class ({error})") from None
    finally:
        sys.path.remove("")
    if not (isinstance(found, type) and dataclasses.is_dataclass(found)):
        raise RefusalError(f"{target}: no dataclass")
    return found


def _as_model(model: type[Any], seen: dict[type[Any], type[Any]]) -> Any:
    """The dataclass as a model of the library, with the dataclasses that it refers to."""
    from dataclasses_avroschema import AvroModel  # slow to import

    if model not in seen:
        hints = get_type_hints(model)
        fields = [(one.name, _converted(hints[one.name], seen), _copied(one)) for one in dataclasses.fields(model)]
        space = {"__doc__": _doc(model), "__module__": model.__module__}
        seen[model] = dataclasses.make_dataclass(
            model.__name__, fields, bases=(AvroModel,), namespace=space, kw_only=True
        )
    return seen[model]


def _doc(model: type[Any]) -> str:
    """The first paragraph of the docstring; nothing where the dataclass made it up."""
    doc = inspect.getdoc(model) or ""
    return "" if doc.startswith(f"{model.__name__}(") else " ".join(doc.partition("\n\n")[0].split())


def _copied(one: Any) -> Any:
    return dataclasses.field(default=one.default, default_factory=one.default_factory, metadata=dict(one.metadata))


def _converted(annotation: Any, seen: dict[type[Any], type[Any]]) -> Any:
    if isinstance(annotation, type) and dataclasses.is_dataclass(annotation):
        return _as_model(annotation, seen)
    arguments = tuple(_converted(one, seen) for one in get_args(annotation))
    origin = get_origin(annotation)
    if origin in (Union, UnionType):
        return reduce(or_, arguments)
    made: Any = _CONTAINERS.get(origin) if origin else None
    return made[arguments] if made else annotation
