"""The golden files: every review in every format. `python -m tests.unit.report.golden` writes them anew, to be read."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from compat_checks.report import FORMATS
from tests.unit.report.reviews import OPTIONS, REVIEWS

FOLDER: Final = Path(__file__).parent / "golden"
ENDINGS: Final = {
    "text": "txt",
    "json": "json",
    "markdown": "md",
    "sarif": "sarif",
    "junit": "xml",
    "github": "github.txt",
    "gitlab": "gitlab.json",
}
CASES: Final = [(review, name) for review in REVIEWS for name in ENDINGS]


def path_of(review: str, name: str) -> Path:
    """The golden file of a review in a format."""
    return FOLDER / f"{review}.{ENDINGS[name]}"


def rendered(review: str, name: str) -> str:
    """A review in a format."""
    return FORMATS[name](REVIEWS[review], OPTIONS)


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for one in CASES:
        path_of(*one).write_text(rendered(*one), "utf-8", newline="\n")
