"""Dead letters are counted, chosen, shown, exported and archived."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import fastavro
import pyarrow.parquet
import pytest

from eccs_contracts import ErrorCategory
from services.local_stack import Stack
from tests.integration.operations.operating import Operator, fill, originals, write

pytestmark = pytest.mark.stack


def test_letters_are_chosen_shown_and_exported(stack: Stack, operator: Operator, mark: str, tmp_path: Path) -> None:
    """By fields, time and category; masked unless asked."""
    letters = originals(3)
    ours = f"dlqMetadata.serviceInstance={mark}"
    fill(stack, mark, letters, error_category=ErrorCategory.VALIDATION)
    target = tmp_path / "export.jsonl"

    listed_ones = operator.answer("dlq", "list", "--where", ours, "--category", "validation", "--since", "10m")
    assert {one["emailId"] for one in listed_ones} == {str(one.id) for one in letters}
    assert operator.answer("dlq", "list", "--where", ours, "--until", "10m") == []
    assert "example" not in operator.run("dlq", "show", str(letters[0].id))[1]
    assert letters[0].to in operator.run("dlq", "show", str(letters[0].id), "--show-personal-data")[1]
    assert operator.run("dlq", "export", "--where", ours, "--to", str(target))[0] == 0
    lines = [json.loads(line)["letter"]["originalData"] for line in target.read_text().splitlines()]
    assert {(one["id"], one["to"]) for one in lines} == {
        (str(one.id), f"<masked, {len(one.to)} characters>") for one in letters
    }


def test_an_export_is_its_owners_and_never_replaces_a_file_unasked(
    stack: Stack, operator: Operator, mark: str, tmp_path: Path
) -> None:
    """A link is not followed; with --force a file is replaced, and then complete."""
    fill(stack, mark, originals(1))
    export = ["dlq", "export", "--show-personal-data", "--where", f"dlqMetadata.serviceInstance={mark}", "--to"]
    target, link = tmp_path / "letters.jsonl", tmp_path / "link.jsonl"
    link.symlink_to(tmp_path / "victim")

    assert operator.run(*export, str(target))[0] == 0
    assert target.stat().st_mode & 0o777 == 0o600
    code, _, error = operator.run(*export, str(target))
    assert (code, "--force" in error) == (1, True)
    target.write_text("old")
    assert operator.run(*export, str(target), "--force")[0] == 0
    assert json.loads(target.read_text())["letter"]["originalData"]["subject"] == "Subject 0"
    assert [operator.run(*export, str(link), *more)[0] for more in ([], ["--force"])] == [1, 1]
    assert sorted(one.name for one in tmp_path.iterdir()) == ["letters.jsonl", "link.jsonl"]
    assert operator.run(*export, "-")[1] == target.read_text()


def test_the_newest_letters_come_first(stack: Stack, operator: Operator, mark: str) -> None:
    """Whatever partition they are in, as many as are asked for; a filter reads on until it has them."""
    letters = originals(3)
    for one in letters:
        fill(stack, mark, [one])
    newest_first = [str(one.id) for one in reversed(letters)]
    ours = ["--where", f"dlqMetadata.serviceInstance={mark}"]

    assert [one["emailId"] for one in operator.answer("dlq", "list", "--newest", "--max", "2")] == newest_first[:2]
    assert [one["emailId"] for one in operator.answer("dlq", "list", "--newest", *ours)] == newest_first
    assert operator.run("dlq", "list", "--newest", "--max", "2", *ours)[1].endswith("2 shown, some more (--max)\n")
    assert operator.answer("dlq", "list", "--newest", *ours, "--until", "1h") == []


def test_a_letter_is_found_by_its_place_or_its_id(stack: Stack, operator: Operator, mark: str) -> None:
    """Alone, with others, and beyond what there is."""
    one, other = originals(2)
    fill(stack, mark, [one, other])
    places = {found["emailId"]: found["place"] for found in operator.answer("dlq", "list", "--newest", "--max", "2")}
    first, second = places[str(one.id)], places[str(other.id)]

    def found(*names: str) -> set[str]:
        return {shown["place"] for shown in operator.answer("dlq", "show", *names)}

    assert found(first) == {first}
    assert found(str(one.id)) == {first}
    assert found(str(one.id).upper(), second) == {first, second}
    assert found(first, second, "0/999999999", "999/0") == {first, second}
    assert operator.run("dlq", "show", "0/999999999")[0] == 1


def test_letters_are_counted_by_every_side(stack: Stack, operator: Operator, mark: str) -> None:
    """A histogram for people; for alerts, an exit code."""
    fill(stack, mark, originals(3), error_category=ErrorCategory.VALIDATION, failure_reason="to: bad 'a'")
    fill(stack, mark, originals(2), original_topic="email_requests_retry")
    ours = ["--where", f"dlqMetadata.serviceInstance={mark}"]
    found = operator.answer("dlq", "stats", *ours)

    assert (found["total"], found["redrivenBefore"]) == (5, 0)
    assert found["categories"] == {"VALIDATION": 3, "PERMANENT": 2}
    assert found["reasons"] == {"to: bad …": 3, "550 5.1.1 no such user": 2}
    assert found["topics"] == {"email_requests": 3, "email_requests_retry": 2}
    assert found["ages"] == {"under 1 hour": 5}
    histogram = operator.run("dlq", "stats", *ours)[1].splitlines()
    assert [line.count("#") for line in histogram if line.startswith(("VALIDATION", "PERMANENT"))] == [65, 43]
    assert operator.run("dlq", "stats", *ours, "--max-total", "4")[0] == 1
    assert operator.run("dlq", "stats", *ours, "--max-total", "5")[0] == 0


def test_an_archive_holds_what_is_new_and_then_moves_on(
    stack: Stack, operator: Operator, mark: str, tmp_path: Path
) -> None:
    """Whole letters; unreadable ones as bytes; readable for the owner only; never over another file."""
    group = ["--group", f"archive-{mark}"]
    letters = originals(3)
    values = fill(stack, mark, letters)
    write(stack, "email_dlq", [(mark.encode(), b"junk", [("h", b"\xff")])])
    first, second = tmp_path / "one.avro", tmp_path / "two.avro"
    assert operator.run("dlq", "archive", str(first), *group)[0] == 0
    assert operator.run("dlq", "archive", str(second), *group)[1] == "nothing new to archive\n"
    fill(stack, mark, letters[:1])
    assert operator.run("dlq", "archive", str(first), *group)[0] == 1
    assert operator.run("dlq", "archive", str(second), *group)[0] == 0

    rows = _avro(first)
    ours = [row for row in rows if row["letter"] and row["letter"]["dlqMetadata"]["serviceInstance"] == mark]
    assert {row["letter"]["originalPayload"] for row in ours} == set(values)
    assert [(row["raw"], row["headers"]) for row in rows if row["key"] == mark.encode()] == [
        (b"junk", [{"name": "h", "value": b"\xff"}])
    ]
    assert first.stat().st_mode & 0o777 == 0o600
    assert [row["letter"]["originalData"]["id"] for row in _avro(second)] == [letters[0].id]


def test_an_archive_in_parquet_has_a_column_for_what_is_asked(
    stack: Stack, operator: Operator, mark: str, tmp_path: Path
) -> None:
    """With the same letters as one in Avro; bytes are bytes."""
    values = fill(stack, mark, originals(3))
    write(stack, "email_dlq", [(mark.encode(), b"junk", [("h", b"\xff")])])
    path, avro = tmp_path / "letters.parquet", tmp_path / "letters.avro"
    assert operator.run("dlq", "archive", str(path), "--group", f"archive-p-{mark}")[0] == 0
    assert operator.run("dlq", "archive", str(avro), "--group", f"archive-a-{mark}")[0] == 0

    rows: list[dict[str, Any]] = pyarrow.parquet.read_table(path).to_pylist()
    places = [(row["partition"], row["offset"], row["written"]) for row in rows]
    assert sorted(places) == sorted((row["partition"], row["offset"], row["written"]) for row in _avro(avro))
    assert {row["originalPayload"] for row in rows} >= set(values)
    (junk,) = (row for row in rows if row["key"] == mark.encode())
    assert (junk["raw"], json.loads(junk["headers"])) == (b"junk", [["h", "\xff"]])
    assert path.stat().st_mode & 0o777 == 0o600


def test_an_archive_that_fails_leaves_no_file_and_the_group_where_it_was(
    stack: Stack, operator: Operator, mark: str, tmp_path: Path
) -> None:
    """So that the next one has everything."""
    fill(stack, mark, originals(1))
    group = ["--group", f"archive-{mark}"]
    assert operator.run("dlq", "archive", str(tmp_path / "missing" / "x.avro"), *group)[0] == 1
    assert operator.run("dlq", "archive", str(tmp_path / "x.csv"), *group)[0] == 1

    assert list(tmp_path.iterdir()) == []
    assert operator.answer("groups", "describe", group[1])["partitions"] == []


def _avro(path: Path) -> list[Any]:
    with path.open("rb") as file:
        return list(fastavro.reader(file))
