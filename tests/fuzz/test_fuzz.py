"""A few thousand damaged messages for each decoder, and those that ask for more memory than there is."""

from __future__ import annotations

import json
import tracemalloc
from pathlib import Path
from typing import Any

import pytest

from codegen.__main__ import generate
from eccs_contracts.errors import DecodeError
from tests.fuzz.damage import BOMBS, Target, run
from tests.fuzz.targets import TARGETS
from tests.unit.codegen.loading import imported, models

_ITEMS: dict[str, Any] = {
    "fixed": {"type": "fixed", "name": "F", "size": 4},
    "uuid": {"type": "fixed", "name": "U", "size": 16, "logicalType": "uuid"},
    "duration": {"type": "fixed", "name": "D", "size": 12, "logicalType": "duration"},
    "decimal": {"type": "fixed", "name": "C", "size": 4, "logicalType": "decimal", "precision": 5},
    "double": "double",
    "null": "null",
    "empty": {"type": "record", "name": "E", "fields": []},
    "text": "string",
    "lists": {"type": "array", "items": "null"},
}


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)
def test_damaged_messages_are_read_as_fastavro_reads_them_or_refused(target: Target) -> None:
    """Never another exception, never another value."""
    outcome = run(target, 3000, seed=5)

    assert outcome.wrong == []
    assert outcome.counts["read alike"] > 100


@pytest.mark.parametrize("items", _ITEMS)
@pytest.mark.parametrize("kind", ["array", "map"])
def test_a_count_that_the_message_cannot_hold_takes_no_memory(kind: str, items: str, tmp_path: Path) -> None:
    """A few bytes that promise 2 ** 60 items are refused within a megabyte, also by the checked way."""
    inner = {"type": kind, "items" if kind == "array" else "values": _ITEMS[items]}
    schema = {"type": "record", "name": "R", "fields": [{"name": "f", "type": inner}]}
    (tmp_path / "R.avsc").write_text(json.dumps(schema), "utf-8")
    model = models(imported(f"bomb_{kind}_{items}", generate(tmp_path)))["R"]
    tracemalloc.start()
    for bomb in BOMBS:
        for rest in (b"", b"\0" * 40, b"\x02" * 40):
            with pytest.raises(DecodeError):
                model.from_avro(bomb + rest)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert peak < 1_000_000
