"""Folders of schemas for the tests of the command."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[3]
FROZEN = ROOT / "tests" / "email_contracts" / "schemas"
REQUEST = "com/eccs/email/EmailRequest.avsc"


def ours(folder: Path) -> Path:
    """A copy of the frozen e-mail contracts, to be changed."""
    return Path(shutil.copytree(FROZEN, folder / "schemas"))


def changed(folder: Path, **fields: Any) -> Path:
    """The frozen contracts, with fields of EmailRequest replaced, added, or removed where the value is None."""
    schemas = ours(folder)
    path = schemas / REQUEST
    schema = json.loads(path.read_text("utf-8"))
    kept = [field for field in schema["fields"] if field["name"] not in fields]
    schema["fields"] = [*kept, *({"name": name, "doc": "New.", **field} for name, field in fields.items() if field)]
    path.write_text(json.dumps(schema, indent=2), "utf-8")
    return schemas
