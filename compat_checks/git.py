"""Files of a commit, read from the object store: no checkout, no network."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from compat_checks.errors import BaselineUnreachable, BaselineUnusable
from compat_checks.reading import MAX_FILE

_QUIET = {"GIT_OPTIONAL_LOCKS": "0", "GIT_NO_LAZY_FETCH": "1", "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}


def texts_at(ref: str, folder: Path) -> dict[str, str]:
    """The `.avsc` and `.toml` files of a folder as they are at a ref, by their path in it.

    Raises:
        BaselineUnusable: no git, no repository, no such ref, or a file that is not UTF-8.
        BaselineUnreachable: the ref is not in this clone, because the clone is shallow.
    """
    commit = _commit(ref, folder)
    prefix = _git(folder, "rev-parse", "--show-prefix").decode().strip()
    tree = _git(folder, "ls-tree", "-r", "-z", "--full-tree", commit, "--", prefix or ".")
    listed = tree.decode(errors="surrogateescape").split("\0")
    blobs = {}
    for entry in filter(None, listed):
        head, _, path = entry.partition("\t")
        kind, blob = head.split()[1:3]
        if kind == "blob" and path.endswith((".avsc", ".toml")):
            blobs[path.removeprefix(prefix)] = blob
    return dict(zip(blobs, _contents(folder, list(blobs.values()), ref), strict=True))


def _commit(ref: str, folder: Path) -> str:
    try:
        return _git(folder, "rev-parse", "--verify", "--end-of-options", f"{ref}^{{commit}}").decode().strip()
    except BaselineUnusable:
        if _git(folder, "rev-parse", "--is-shallow-repository").strip() == b"true":
            raise BaselineUnreachable(
                f"git:{ref} is not in this clone, which is shallow; run: git fetch --unshallow (in GitHub's "
                "actions/checkout: fetch-depth: 0; in GitLab: GIT_DEPTH: 0)"
            ) from None
        raise BaselineUnusable(f"git:{ref}: there is no such branch, tag or commit; see: git branch --all") from None


def _contents(folder: Path, blobs: Sequence[str], ref: str) -> list[str]:
    """The texts of blobs, through one process (git-cat-file(1), BATCH OUTPUT)."""
    given = "".join(f"{blob}\n" for blob in blobs).encode()
    for line in _git(folder, "cat-file", "--batch-check=%(objectsize)", given=given).split(b"\n"):
        if line.isdigit() and int(line) > MAX_FILE:
            raise BaselineUnusable(f"git:{ref}: a file of {int(line)} bytes is larger than {MAX_FILE // 2**20} MiB")
    output = _git(folder, "cat-file", "--batch", given=given)
    found, at = [], 0
    for blob in blobs:
        end = output.index(b"\n", at)
        fields = output[at:end].split()
        if fields[1:2] != [b"blob"]:
            raise BaselineUnreachable(f"git:{ref}: the object {blob} is not in this clone; run: git fetch")
        size = int(fields[2])
        found.append(output[end + 1 : end + 1 + size])
        at = end + 2 + size
    try:
        return [one.decode("utf-8") for one in found]
    except UnicodeDecodeError as error:
        raise BaselineUnusable(f"git:{ref}: a file is not UTF-8 ({error.reason})") from None


def _git(folder: Path, *arguments: str, given: bytes = b"") -> bytes:
    import subprocess  # here, for it takes a while to load and only git baselines need it

    command = ["git", "-C", str(folder), *arguments]
    try:
        done = subprocess.run(command, input=given, capture_output=True, env={**os.environ, **_QUIET}, check=False)
    except FileNotFoundError:
        raise BaselineUnusable("git is not installed, or not on PATH") from None
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().partition("\n")[0]
        raise BaselineUnusable(f"git says of {folder}: {said}")
    return done.stdout
