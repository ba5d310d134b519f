"""Five hundred random schemas and what the generator makes of them, once for all tests that want them."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from codegen.__main__ import generate
from tests.property.codec.schemas import Schemas

COUNT: Final = 500


@cache
def random_files() -> dict[str, str]:
    """The generated files."""
    make = Schemas(seed=20)
    with TemporaryDirectory() as folder:
        for index in range(COUNT):
            text = json.dumps(make.record(f"Top{index}", f"space{index // 25}"))
            (Path(folder) / f"Top{index}.avsc").write_text(text, "utf-8")
        return generate(Path(folder))
