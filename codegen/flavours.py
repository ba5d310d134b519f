"""Models of other libraries, rendered through dataclasses-avroschema, behind a gate.

What that library makes of a schema is not always the schema: it renames fields on the wire, drops logical types, and
some of its output does not import. So each module goes through a gate before it is written; a schema that does not
pass is refused with the limitation that stops it.
"""

from __future__ import annotations

import atexit
import json
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp
from typing import Final

from codegen import names
from codegen.errors import refusal
from codegen.parse import Parsed
from codegen.render import formatted
from compat_checks.schema import Record

# Our name -> the library's own.
FLAVOURS: Final = {"avro-model": "dataclass", "pydantic": "avrodantic"}


def render_flavour(flavour: str, parsed: Parsed) -> dict[str, str]:
    """The text of every generated file by its name: a module for each record that a file defines.

    Raises:
        RefusalError: a schema that the library cannot express without loss; nothing is generated then.
    """
    files = formatted({"__init__.py": f'"""Generated models, as dataclasses-avroschema has them: {flavour}."""\n'})
    for fullname, node in parsed.types.items():
        if fullname in parsed.bare:
            raise refusal(node, f"--flavour {flavour} has models for records only; put the schema into one")
        if isinstance(node, Record) and not node.place.pointer:
            text = _rendered(FLAVOURS[flavour], node, parsed.texts[fullname])
            if limitation := _limitation(text, node, parsed.texts[fullname]):
                raise refusal(node, f"--flavour {flavour} cannot express {fullname}: {limitation}")
            files[f"{names.module(fullname)}.py"] = text
    return files


def _rendered(model_type: str, record: Record, schema: str) -> str:
    from dataclasses_avroschema import ModelGenerator  # slow to import, and needed for these flavours only

    try:
        text = ModelGenerator().render(
            schema=json.loads(schema), model_type=model_type
        )  # it keeps state: a new one each
        return formatted({"model.py": f'"""The model of {record.fullname}."""\n\n{text}'})["model.py"]
    except Exception as error:  # noqa: BLE001  it raises whatever it stumbles over
        raise refusal(record, f"dataclasses-avroschema cannot render it: {type(error).__name__}: {error}") from None


def _limitation(text: str, record: Record, schema: str) -> str | None:
    """What stops a module at the gate; None where it may pass."""
    with TemporaryDirectory(prefix="codegen-gate-") as folder:
        module, source = Path(folder) / "candidate.py", Path(folder) / "schema.json"
        module.write_text(text, "utf-8")
        source.write_text(schema, "utf-8")
        found = _output("codegen.gate", str(module), record.name, str(source))
        if found:
            return found.splitlines()[-1]
        strict = ("--strict", "--no-error-summary", "--hide-error-context", "--no-color-output", "--cache-dir")
        errors = _output("mypy", *strict, _mypy_cache(), "--config-file=", str(module))
        return f"mypy --strict: {errors.splitlines()[0].partition(': ')[2]}" if errors else None


@cache
def _mypy_cache() -> str:
    """A folder for what mypy learns about the library, which is the same for all modules and takes it seconds."""
    folder = mkdtemp(prefix="codegen-mypy-")
    atexit.register(shutil.rmtree, folder)
    return folder


def _output(module: str, *arguments: str) -> str:
    """What a program prints that fails; nothing where it does not."""
    command = [sys.executable, "-m", module, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return (done.stdout + done.stderr).strip() if done.returncode else ""
