"""Generated files on disk: what differs, and how it is put right."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from pathlib import Path

from codegen.render import MARK


def differences(wanted: Mapping[str, str], folder: Path) -> Iterator[str]:
    """Unified diffs from what is there to what should be; orphans are files to remove."""
    for name in sorted({*wanted, *_generated(folder)}):
        path = folder / name
        old = path.read_text("utf-8") if path.exists() else ""
        new = wanted.get(name, "")
        lines = difflib.unified_diff(
            old.splitlines(keepends=True),
            new.splitlines(keepends=True),
            f"{path} (there)",
            f"{path} (generated)",
        )
        if diff := "".join(lines):
            yield diff


def write(wanted: Mapping[str, str], folder: Path) -> tuple[str, ...]:
    """Write what differs and remove orphans; the names of the files that were touched.

    Raises:
        FileExistsError: a file of that name was written by hand.
    """
    folder.mkdir(parents=True, exist_ok=True)
    there = set(_generated(folder))
    for name in wanted:
        if (folder / name).exists() and name not in there:
            message = f"{folder / name} was not generated: move it away, or choose another --out"
            raise FileExistsError(message)
    touched = [name for name, text in wanted.items() if _put(folder / name, text)]
    for name in sorted(there - wanted.keys()):
        (folder / name).unlink()
        touched.append(name)
    return tuple(touched)


def _put(path: Path, text: str) -> bool:
    if path.exists() and path.read_text("utf-8") == text:
        return False
    path.write_text(text, "utf-8")
    return True


def _generated(folder: Path) -> list[str]:
    """Files of the folder whose first line says that they are generated."""
    if not folder.is_dir():
        return []
    return [path.name for path in sorted(folder.glob("*.py")) if path.read_bytes().startswith(MARK.encode())]
