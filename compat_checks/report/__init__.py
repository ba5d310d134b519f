"""Reports: one review in the format of the place where people look.

Each format is a module of its own, imported when it is asked for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Final, TextIO, cast

from compat_checks.classes import frozen, replace
from compat_checks.errors import ReportUnusable
from compat_checks.report.options import Options, color_wanted
from compat_checks.review import Review
from compat_checks.safe_output import SafeStream

__all__ = ["FORMATS", "Format", "Options", "Spec", "color_wanted", "parse_specs", "write_reports"]


_EMOJI: Final = "\ufe0f"  # in our own signs of severity; in what schemas say it is escaped before


@frozen
class Format:
    """A format that renders a review.

    Attributes:
        module: of this package; its `render(review, options)` makes the text.
        purpose: for whom it is, as the help of `--report` says it.
    """

    module: str
    purpose: str

    def __call__(self, review: Review, options: Options) -> str:
        """The report, ending with a line break; empty where a format has nothing to say."""
        return cast("str", import_module(f"{__name__}.{self.module}").render(review, options))


FORMATS: Final[Mapping[str, Format]] = {
    "text": Format("text", "a person at a terminal"),
    "json": Format("json_report", "a program; versioned"),
    "markdown": Format("markdown", "a pull request: one comment, replaced by the next run"),
    "sarif": Format("sarif", "code scanning, SARIF 2.1.0"),
    "junit": Format("junit", "the test page of a CI server"),
    "github": Format("github", "annotations of GitHub Actions"),
    "gitlab": Format("gitlab", "the Code Quality widget of GitLab"),
}


@frozen
class Spec:
    """What `--report` asks for: a format, and the file it goes to; None for standard output."""

    format: str
    path: Path | None = None


def parse_specs(specs: Sequence[str]) -> tuple[Spec, ...]:
    """Read what was given to `--report`: `FORMAT`, `FORMAT=FILE`, or `FORMAT=-` for standard output.

    Raises:
        ReportUnusable: there is no such format, the file has no name, or two reports go to one file.
    """
    parsed = tuple(map(_spec, specs))
    files = [spec.path for spec in parsed if spec.path]
    if twice := next((path for path in files if files.count(path) > 1), None):
        raise ReportUnusable(f"--report: two reports would go to {twice}; give each its own file")
    return parsed


def _spec(text: str) -> Spec:
    name, equals, file = text.partition("=")
    if name not in FORMATS:
        raise ReportUnusable(f"--report {text}: there is no format {name!r}; the formats are {', '.join(FORMATS)}")
    if equals and not file:
        raise ReportUnusable(f"--report {text}: a file is missing after `=`; leave `=` out for standard output")
    return Spec(name, Path(file) if file not in ("", "-") else None)


def write_reports(review: Review, specs: Sequence[str], options: Options, stdout: TextIO) -> None:
    """Write several reports of one review: to standard output, and to files, as UTF-8 without colour.

    Raises:
        ReportUnusable: as `parse_specs`, before anything is written; or a file cannot be written.
    """
    for spec in parse_specs(specs):
        if spec.path:
            _write(spec.path, FORMATS[spec.format](review, replace(options, color=False)))
        else:
            text = FORMATS[spec.format](review, options)
            stream = stdout if isinstance(stdout, SafeStream) else SafeStream(stdout)
            keep = _EMOJI if spec.format == "markdown" else ""
            stream.put(text, keep=keep, styles=options.color, commands=spec.format == "github")


def _write(path: Path, text: str) -> None:
    if not path.parent.is_dir():
        raise ReportUnusable(f"--report: cannot write {path}: there is no folder {path.parent}; create it first")
    try:
        path.write_text(text, "utf-8", newline="\n")
    except OSError as error:
        raise ReportUnusable(f"--report: cannot write {path}: {error.strerror}") from None
