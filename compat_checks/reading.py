"""Reading files that somebody else may have put there: regular ones only, of a bounded size.

Reading a device or a named pipe may never end, and a file may be larger than memory. The kind is looked at before the
file is opened, and again afterwards, in case that it was replaced in between.
"""

from __future__ import annotations

import errno
import os
import stat
import tomllib
from pathlib import Path
from typing import Any, Final

from compat_checks.errors import InvalidContracts, InvalidSchema

MAX_FILE: Final = 8 * 1024 * 1024  # bytes; a registry takes a schema of 1 MiB

_OPEN: Final = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0) | getattr(os, "O_BINARY", 0)
_INTEGERS: Final = range(-(2**63), 2**63)  # toml.io v1.0.0, "Integer"
_KINDS: Final = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a named pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


def read_bytes(path: Path, limit: int = MAX_FILE) -> bytes:
    """The content of a regular file, or of the one that a link leads to.

    Args:
        path: the file.
        limit: bytes.

    Raises:
        OSError: it cannot be read, is no regular file, or is larger than the limit; `strerror` says so.
    """
    _check(path, os.stat(path), limit)  # noqa: PTH116  one call for links, too
    handle = os.open(path, _OPEN)
    with os.fdopen(handle, "rb") as file:
        _check(path, os.fstat(handle), limit)
        found = file.read(limit + 1)  # some files are larger than they say, such as those in /proc
    if len(found) > limit:
        raise _refused(path, _too_large(limit))
    return found


def read_text(path: Path, limit: int = MAX_FILE) -> str:
    """The same as text; each line break is one line feed.

    Raises:
        OSError: as above.
        UnicodeDecodeError: it is not UTF-8.
    """
    return read_bytes(path, limit).decode("utf-8").replace("\r\n", "\n").replace("\r", "\n")


def read_schema(path: Path, shown: str | None = None) -> str:
    """The text of a schema file.

    Args:
        path: the file.
        shown: what to call it in messages.

    Raises:
        InvalidSchema: it cannot be read, is no regular file, too large, or not UTF-8.
    """
    try:
        return read_text(path)
    except UnicodeDecodeError as error:
        reason = f"is not UTF-8: {error.reason} at byte {error.start}"
    except OSError as error:
        reason = f"cannot be read: {error.strerror}"
    raise InvalidSchema(reason, path=shown or str(path))


def read_toml(path: Path) -> str:
    """The text of a TOML file.

    Raises:
        FileNotFoundError: there is none.
        InvalidContracts: it cannot be read, is no regular file, too large, or not UTF-8.
    """
    try:
        return read_text(path)
    except FileNotFoundError:
        raise
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else f"is not UTF-8: {error.reason}"
        raise InvalidContracts(f"{path}: {reason}") from None


def parse_toml(text: str) -> dict[str, Any]:
    """The tables of a TOML text.

    Raises:
        InvalidContracts: it is not TOML, is nested too deeply, or holds an integer of more than 64 bits.
    """
    try:
        root = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InvalidContracts(str(error)) from None
    except RecursionError:
        raise InvalidContracts("nested too deeply") from None
    except ValueError:  # int() has a limit of its own
        raise InvalidContracts("an integer has more than 64 bits") from None
    _check_integers(root)
    return root


def _check_integers(root: Any) -> None:
    waiting = [root]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            waiting += value.values()
        elif isinstance(value, list):
            waiting += value
        elif isinstance(value, int) and value not in _INTEGERS:
            raise InvalidContracts("an integer has more than 64 bits")


def _check(path: Path, found: os.stat_result, limit: int) -> None:
    if not stat.S_ISREG(found.st_mode):
        kind = next((name for is_kind, name in _KINDS if is_kind(found.st_mode)), "no file")
        raise _refused(path, f"it is {kind}, and only regular files are read; put the content into a file")
    if found.st_size > limit:
        raise _refused(path, f"{_too_large(limit)}: {found.st_size} bytes")


def _too_large(limit: int) -> str:
    return f"it is larger than {limit // 2**20} MiB, and is not read"


def _refused(path: Path, reason: str) -> OSError:
    return OSError(errno.EINVAL, reason, str(path))
