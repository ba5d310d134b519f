"""Dead letters in a file that outlives the DLQ: an Avro object container file, or Parquet."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import IO, Any, Final, TypeAlias

import fastavro

from eccs_contracts.dead_letters.errors import ExtraMissing, NotWritable
from eccs_contracts.dead_letters.letters import Letter
from eccs_contracts.dead_letters.private_file import private_file
from eccs_contracts.models import EmailDlq

Row: TypeAlias = dict[str, Any]

SCHEMA: Final = {
    "type": "record",
    "name": "ArchivedDeadLetter",
    "namespace": "com.eccs.operations",
    "doc": "A record of the DLQ, with the place that it had there.",
    "fields": [
        {"name": "partition", "type": "int", "doc": "Its partition."},
        {"name": "offset", "type": "long", "doc": "Its offset in the partition."},
        {"name": "written", "type": {"type": "long", "logicalType": "timestamp-millis"}, "doc": "Its timestamp."},
        {"name": "key", "type": ["null", "bytes"], "doc": "Its key, byte for byte."},
        {
            "name": "headers",
            "type": {
                "type": "array",
                "items": {
                    "type": "record",
                    "name": "Header",
                    "fields": [{"name": "name", "type": "string"}, {"name": "value", "type": ["null", "bytes"]}],
                },
            },
            "doc": "Its headers, in their order.",
        },
        {"name": "letter", "type": ["null", json.loads(EmailDlq.SCHEMA)], "doc": "What it says; null if unreadable."},
        {"name": "raw", "type": ["null", "bytes"], "doc": "The value byte for byte, if it is unreadable or JSON."},
    ],
}
_ROW_GROUP: Final = 1000


def write(path: Path, letters: Iterable[Letter], *, force: bool = False) -> int:
    """Write letters to a private file; returns their number.

    Args:
        path: ends with .avro or .parquet.
        letters: the letters to keep.
        force: replace a file that is there.

    Raises:
        NotWritable: the file exists and `force` is not given, it cannot be written, or it has another ending.
        ExtraMissing: Parquet is asked for and PyArrow is not installed.
    """
    writer = _WRITERS.get(path.suffix)
    if writer is None:
        raise NotWritable(f"{path}: give a name that ends with {' or '.join(_WRITERS)}")
    count = 0

    def rows() -> Iterator[Row]:
        nonlocal count
        for letter in letters:
            count += 1
            yield _row(letter)

    with private_file(path, force=force) as file:
        writer(file, rows())
    return count


def _row(letter: Letter) -> Row:
    return {
        "partition": letter.place.partition,
        "offset": letter.place.offset,
        "written": letter.written,
        "key": letter.key,
        "headers": [{"name": name, "value": _bytes(value)} for name, value in letter.headers],
        "letter": _datum(letter.envelope) if letter.envelope else None,
        "raw": letter.raw if letter.envelope is None or letter.older else None,
    }


def _datum(envelope: EmailDlq) -> Row:
    """A letter as fastavro takes it, by way of the bytes that our own codec makes."""
    found: Any = fastavro.schemaless_reader(io.BytesIO(envelope.to_avro()), _LETTER, None)
    return dict(found)


def _write_avro(file: IO[bytes], rows: Iterable[Row]) -> None:
    fastavro.writer(file, fastavro.parse_schema(SCHEMA), rows, codec="deflate")


def _write_parquet(file: IO[bytes], rows: Iterable[Row]) -> None:
    """The same, flat: what is asked for in a query is a column, the letter as a whole is JSON beside it."""
    try:
        pyarrow, parquet = import_module("pyarrow"), import_module("pyarrow.parquet")
    except ImportError:
        raise ExtraMissing(
            "Parquet needs PyArrow: pip install 'eccs-contracts[parquet]'; or archive to .avro"
        ) from None
    kinds = {"int": pyarrow.int64(), "time": pyarrow.timestamp("ms", tz="UTC"), "text": pyarrow.string()}
    schema = pyarrow.schema([(name, kinds.get(kind, pyarrow.binary())) for name, kind in _COLUMNS.items()])
    with parquet.ParquetWriter(file, schema) as writer:
        for group in _groups(rows):
            writer.write_table(pyarrow.Table.from_pylist([_flat(row) for row in group], schema=schema))


_COLUMNS: Final[Mapping[str, str]] = {
    "partition": "int",
    "offset": "int",
    "written": "time",
    "key": "bytes",
    "raw": "bytes",
    "failureReason": "text",
    "errorCategory": "text",
    "failedAt": "time",
    "totalAttempts": "int",
    "originalTopic": "text",
    "originalPartition": "int",
    "originalOffset": "int",
    "emailId": "text",
    "userId": "text",
    "originalKey": "bytes",
    "originalPayload": "bytes",
    "headers": "text",
    "originalHeaders": "text",
}


def _flat(row: Row) -> Row:
    letter = row["letter"] or {}
    request = letter.get("originalData") or {}
    return {
        **{name: row[name] for name in ("partition", "offset", "written", "key", "raw")},
        **{name: value for name, value in letter.get("dlqMetadata", {}).items() if name in _COLUMNS},
        "emailId": str(request["id"]) if request else None,
        "userId": request.get("userId"),
        "originalKey": letter.get("originalKey"),
        "originalPayload": letter.get("originalPayload"),
        "headers": _header_text(row["headers"]),
        "originalHeaders": _header_text(letter.get("originalHeaders", [])),
    }


def _header_text(headers: list[Row]) -> str:
    """Pairs in JSON; bytes as ISO 8859-1, which keeps each of them."""
    return json.dumps(
        [[one["name"], None if one["value"] is None else one["value"].decode("latin-1")] for one in headers]
    )


def _groups(rows: Iterable[Row]) -> Iterator[list[Row]]:
    group: list[Row] = []
    for row in rows:
        group.append(row)
        if len(group) == _ROW_GROUP:
            yield group
            group = []
    if group:
        yield group


def _bytes(value: str | bytes | None) -> bytes | None:
    return value.encode() if isinstance(value, str) else value


_LETTER: Final = fastavro.parse_schema(json.loads(EmailDlq.SCHEMA))
_WRITERS: Final[Mapping[str, Callable[[IO[bytes], Iterable[Row]], None]]] = {
    ".avro": _write_avro,
    ".parquet": _write_parquet,
}
