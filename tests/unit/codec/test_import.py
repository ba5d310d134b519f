"""What `import eccs_contracts` brings along; how long it takes is for `make bench`, and depends on little else."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]
_CODE = """
import sys
before = set(sys.modules)
import eccs_contracts
print("\\n".join(sorted(set(sys.modules) - before)))
"""
STANDARD = [
    "__future__",
    "ast",
    "base64",
    "binascii",
    "collections",
    "contextlib",
    "copy",
    "copyreg",
    "dataclasses",
    "datetime",
    "decimal",
    "dis",
    "enum",
    "functools",
    "importlib",
    "inspect",
    "itertools",
    "keyword",
    "linecache",
    "math",
    "numbers",
    "opcode",
    "operator",
    "platform",
    "re",
    "reprlib",
    "struct",
    "token",
    "tokenize",
    "types",
    "typing",
    "uuid",
    "warnings",
    "weakref",
]
OURS = [
    "_codec",
    "_codec.at",
    "_codec.constraints",
    "_codec.containers",
    "_codec.convert",
    "_codec.cursor",
    "_codec.logical",
    "_codec.markers",
    "_codec.plan",
    "_codec.record",
    "_codec.scalars",
    "_codec.tables",
    "_codec.text_formats",
    "_codec.varint",
    "errors",
    "models",
    "models.com_eccs_email",
    "values",
]


def test_the_list_of_modules() -> None:
    """Our own models and codecs, a part of the standard library, and nothing else: no client, no fastavro."""
    run = subprocess.run([sys.executable, "-c", _CODE], cwd=ROOT, capture_output=True, text=True, check=True)
    loaded = [name for name in run.stdout.split() if not name.startswith("_") or name == "__future__"]

    assert [name for name in loaded if name.startswith("eccs_contracts")] == [
        "eccs_contracts",
        *(f"eccs_contracts.{name}" for name in OURS),
    ]
    assert {name.partition(".")[0] for name in loaded} - {"eccs_contracts"} <= set(STANDARD)
