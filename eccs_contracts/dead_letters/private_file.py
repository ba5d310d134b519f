"""Creates files that hold personal data: readable by their owner only, and complete or absent.

The content goes to a temporary file with a random name in the same folder. The file gets its final name only when it
is complete and on the disk. Folder and names are resolved once, so that a link that appears later is not followed.
"""

from __future__ import annotations

import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Final

from eccs_contracts.dead_letters.errors import NotWritable
from eccs_contracts.errors import ContractsError

_MODE: Final = 0o600
_CREATE: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


@contextmanager
def private_file(path: Path, *, force: bool = False) -> Iterator[IO[bytes]]:
    """Open a new binary file with mode 0600, whatever the umask is; it gets its name when the block ends well.

    If the block raises, a KeyboardInterrupt included, the temporary file is removed and `path` is as it was.

    Args:
        path: the final name.
        force: replace a regular file of that name.

    Raises:
        NotWritable: `path` exists and `force` is not given; it is a link, a folder or a device; or writing fails.
    """
    try:
        with _folder(path.parent) as folder:
            _check(path, folder, force=force)
            yield from _written(path, folder, force=force)
    except ContractsError:  # of whatever supplies the content; some are OSErrors, too
        raise
    except OSError as error:
        raise NotWritable(f"{path}: {error.strerror or error}") from error


def _written(path: Path, folder: int, *, force: bool) -> Iterator[IO[bytes]]:
    name = f".eccs-{secrets.token_hex(16)}.part"
    try:
        descriptor = os.open(name, _CREATE, _MODE, dir_fd=folder)
        with open(descriptor, "wb") as file:  # noqa: PTH123  of a descriptor
            os.fchmod(descriptor, _MODE)  # a umask can only take permissions away, the owner's included
            yield file
            file.flush()
            os.fsync(descriptor)
        _place(path, name, folder, force=force)
    finally:
        with suppress(FileNotFoundError):
            os.unlink(name, dir_fd=folder)
    os.fsync(folder)


def _place(path: Path, name: str, folder: int, *, force: bool) -> None:
    """Give a complete file its name; without `force` in a way that never replaces another file."""
    if force:
        _check(path, folder, force=True)
        os.rename(name, path.name, src_dir_fd=folder, dst_dir_fd=folder)
        return
    try:
        os.link(name, path.name, src_dir_fd=folder, dst_dir_fd=folder, follow_symlinks=False)
    except FileExistsError:
        raise _exists(path) from None
    except OSError:  # a file system without hard links
        _check(path, folder, force=False)
        os.rename(name, path.name, src_dir_fd=folder, dst_dir_fd=folder)


def _check(path: Path, folder: int, *, force: bool) -> None:
    """Refuse a name that is taken; with `force`, only one that is not a regular file."""
    try:
        mode = os.stat(path.name, dir_fd=folder, follow_symlinks=False).st_mode
    except FileNotFoundError:
        return
    if stat.S_ISLNK(mode):
        raise NotWritable(f"{path} is a symbolic link, and links are not followed: give the name of the file itself")
    if not stat.S_ISREG(mode):
        raise NotWritable(f"{path} is not a regular file: give the name of a new file")
    if not force:
        raise _exists(path)


def _exists(path: Path) -> NotWritable:
    return NotWritable(f"{path} exists: give another name, or --force to replace it")


@contextmanager
def _folder(path: Path) -> Iterator[int]:
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield descriptor
    finally:
        os.close(descriptor)
