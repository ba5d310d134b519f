"""`python -m codegen.gate MODULE CLASS SCHEMA`: whether a model is its schema; prints the limitation, exit code 1.

A program of its own, because it imports what may not be importable.
"""

from __future__ import annotations

import importlib.util
import io
import json
import sys
from pathlib import Path
from typing import Any, Final

import fastavro

from codegen.samples import samples
from compat_checks.parse import parse_schema

_JUNK: Final = ("array", "map")  # dataclasses-avroschema gives these a name, which they have not


def limitation(path: Path, name: str, schema: str) -> str | None:
    """What a model does not do; None where it does all: imports, has the same schema, reads and writes the same."""
    try:
        model = getattr(_imported(path), name)
        given = plain(model.avro_schema_to_python())
    except Exception as error:  # noqa: BLE001  anything may be wrong with it
        return f"the model cannot be imported: {type(error).__name__}: {str(error).splitlines()[0]}"
    wanted = plain(json.loads(schema))
    if given != wanted:
        return f"the model has another schema: {difference(wanted, given)}"
    return _other_bytes(model, schema)


def _imported(path: Path) -> Any:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec  # noqa: S101  it is a Python file
    assert spec.loader  # noqa: S101
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    return module


def _other_bytes(model: Any, schema: str) -> str | None:
    parsed = fastavro.parse_schema(json.loads(schema))
    for datum in samples(parse_schema(schema)):
        out = io.BytesIO()
        fastavro.schemaless_writer(out, parsed, datum)
        try:
            written = model.deserialize(out.getvalue()).serialize()
        except Exception as error:  # noqa: BLE001  as above
            return f"the model does not read what it should: {type(error).__name__}: {str(error).splitlines()[0]}"
        if written != out.getvalue():
            return f"the model writes other bytes for {datum}"
    return None


def plain(schema: Any) -> Any:
    """A schema without the attributes that mean nothing."""
    if isinstance(schema, list):
        return [plain(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    is_junk = schema.get("type") in _JUNK and "fields" not in schema
    return {key: plain(one) for key, one in schema.items() if not (key == "name" and is_junk)}


def difference(wanted: Any, given: Any, where: str = "") -> str:
    """The first place where two schemas differ."""
    if isinstance(wanted, dict) and isinstance(given, dict):
        for key in dict.fromkeys((*wanted, *given)):
            if wanted.get(key) != given.get(key) or (key in wanted) != (key in given):
                return difference(wanted.get(key), given.get(key), f"{where}/{key}")
    if isinstance(wanted, list) and isinstance(given, list) and len(wanted) == len(given):
        index = next(index for index, pair in enumerate(zip(wanted, given, strict=True)) if pair[0] != pair[1])
        return difference(wanted[index], given[index], f"{where}/{index}")
    return f"at {where or '/'} {json.dumps(given)[:80]} in the place of {json.dumps(wanted)[:80]}"


def main(path: str, name: str, schema: str) -> int:
    """Print what stops the model; 1 where something does."""
    found = limitation(Path(path), name, Path(schema).read_text("utf-8"))
    print(found or "", end="")  # noqa: T201  a command's output
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
