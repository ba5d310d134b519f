"""The case folders, and the packages that the generator makes of them."""

from __future__ import annotations

import atexit
import importlib.util
import shutil
import sys
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from types import ModuleType

from codegen.__main__ import generate
from eccs_contracts._codec.record import Record

CASES = Path(__file__).parent / "cases"
ACCEPTED = sorted(path.name for path in CASES.iterdir() if not path.name.startswith("refuse_"))
REFUSED = sorted(path.name for path in CASES.iterdir() if path.name.startswith("refuse_"))


@cache
def generated(case: str) -> dict[str, str]:
    """The files that the generator makes of a case."""
    return generate(CASES / case / "schemas")


@cache
def package(case: str) -> ModuleType:
    """The generated package of a case, imported."""
    return imported(f"codegen_case_{case}", generated(case))


def imported(name: str, files: dict[str, str]) -> ModuleType:
    """Generated files as a package of that name; they are removed at the end."""
    folder = Path(mkdtemp(prefix="codegen-"))
    atexit.register(shutil.rmtree, folder)
    for file, text in files.items():
        (folder / file).write_text(text, "utf-8")
    spec = importlib.util.spec_from_file_location(
        name, folder / "__init__.py", submodule_search_locations=[str(folder)]
    )
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def models(module: ModuleType) -> dict[str, type[Record]]:
    """The records that a generated package exports, by full name."""
    exported = (getattr(module, name) for name in module.__all__)
    return {one.FULLNAME: one for one in exported if issubclass(one, Record)}
