"""Notes of finished offsets in the metadata of a commit: what is written is read, and nothing else is believed."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eccs_contracts.delivery import decode_note, encode_note
from eccs_contracts.delivery._notes import MAX_NOTE

_PAIRS = st.lists(st.tuples(st.integers(1, 1000), st.integers(1, 1000)), max_size=3000)


def _runs(offset: int, pairs: list[tuple[int, int]]) -> list[range]:
    runs = []
    for skipped, count in pairs:
        runs.append(range(offset + skipped, offset + skipped + count))
        offset = runs[-1].stop
    return runs


@given(st.integers(0, 2**62), _PAIRS)
def test_a_note_is_read_as_it_was_written(offset: int, pairs: list[tuple[int, int]]) -> None:
    """It is ASCII and fits into the metadata of a commit; only the farthest runs may be missing."""
    runs = _runs(offset, pairs)
    note = encode_note(offset, runs)
    read = decode_note(offset, note)

    assert note.isascii()
    assert len(note) <= MAX_NOTE
    assert read == runs[: len(read)]
    assert len(read) == len(runs) or len(note) > MAX_NOTE - 12


@given(st.text() | st.binary().map(lambda one: base64.b64encode(one).decode()), st.integers(0, 2**62))
def test_a_foreign_text_is_refused_or_stays_in_bounds(text: str, offset: int) -> None:
    """Runs are ascending and near the committed offset, whatever the text is."""
    try:
        runs = decode_note(offset, text)
    except ValueError:
        return
    end = offset
    for run in runs:
        assert end <= run.start < run.stop <= offset + 2**24
        end = run.stop


@pytest.mark.parametrize(
    ("written", "why"),
    [
        (b"\x02\x01\x01", "version 1"),
        (b"", "not base64"),
        (b"\x01\x01", "runs of offsets"),
        (b"\x01\x01\x00", "runs of offsets"),
        (b"\x01\x01\x80", "within a number"),
        (b"\x01\x01" + b"\xff" * 12 + b"\x01", "too large"),
        (b"\x01\x01\x80\x80\x80\x08", "runs of offsets"),
    ],
)
def test_a_damaged_note_is_refused(written: bytes, why: str) -> None:
    """Each with its reason."""
    with pytest.raises(ValueError, match=why):
        decode_note(7, base64.b64encode(written).decode() or "====")


def test_a_text_that_is_too_long_is_not_even_decoded() -> None:
    """No broker of ours takes so much, and nothing that we write is so long."""
    assert decode_note(0, "") == []
    with pytest.raises(ValueError, match="4001 characters"):
        decode_note(0, "A" * 4001)
