"""Names of the templates in a folder: `NAME.txt`, and `NAME.html` beside it if the mail has HTML, too."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from eccs_contracts.errors import ConfigurationError
from eccs_contracts.settings import optional_setting

# Data, not code: services do not import each other, but a checkout and the images hold this folder for both.
SHIPPED = Path(__file__).parents[1] / "notification_service" / "templates"


def template_names(folder: Path) -> frozenset[str]:
    """The names of a folder's templates. Raises OSError if it cannot be read."""
    return frozenset(one.stem for one in folder.iterdir() if one.suffix == ".txt" and one.is_file())


class Templates:
    """The templates of a folder, listed again when the folder has changed."""

    def __init__(self, folder: Path) -> None:
        """Take the folder."""
        self._folder = folder
        self._changed: int | None = None
        self._names: frozenset[str] | None = None

    def names(self) -> frozenset[str] | None:
        """The names of all templates; None if the folder cannot be read now."""
        try:
            changed = self._folder.stat().st_mtime_ns
            if changed != self._changed:
                self._names = template_names(self._folder)
                self._changed = changed
        except OSError:
            self._changed = self._names = None
        return self._names


def templates_setting(env: Mapping[str, str]) -> Path | None:
    """Read TEMPLATES_DIR; unless it is set, the shipped templates. None if there are none either.

    Raises:
        ConfigurationError: it is no folder.
    """
    given = optional_setting("TEMPLATES_DIR", env)
    if given is None:
        return SHIPPED if SHIPPED.is_dir() else None
    if not Path(given).is_dir():
        raise ConfigurationError(f"TEMPLATES_DIR is {given!r}: a folder is expected")
    return Path(given)
