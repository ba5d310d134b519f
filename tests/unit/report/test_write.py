"""Which reports are written, and where to."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path

import pytest

from compat_checks.errors import ReportUnusable
from compat_checks.report import FORMATS, Options, Spec, parse_specs, write_reports
from tests.unit.report.reviews import REVIEWS


def test_reports_go_to_files_and_to_standard_output(tmp_path: Path) -> None:
    """In the order given."""
    stdout, review, options = io.StringIO(), REVIEWS["many"], Options(color=True)

    write_reports(
        review, ["text", f"sarif={tmp_path}/a=b.sarif", f"text={tmp_path}/t.txt", "github=-"], options, stdout
    )

    assert stdout.getvalue() == FORMATS["text"](review, options) + FORMATS["github"](review, options)
    assert (tmp_path / "a=b.sarif").read_text("utf-8") == FORMATS["sarif"](review, options)
    assert (tmp_path / "t.txt").read_text("utf-8") == FORMATS["text"](review, Options())


def test_a_stream_without_the_characters_gets_escapes() -> None:
    """A console that knows ASCII only shows the report all the same."""
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii")

    write_reports(REVIEWS["unicode"], ["text"], Options(), stream)
    stream.flush()

    assert b"safe for readers: yes" in raw.getvalue()


@pytest.mark.parametrize(
    ("specs", "message"),
    [
        (["html"], "there is no format 'html'; the formats are text, json, markdown, sarif, junit, github, gitlab"),
        (["=x"], "there is no format ''"),
        (["json="], "a file is missing after `=`"),
        (["json=a", "sarif=a"], "two reports would go to a"),
    ],
)
def test_what_cannot_be_asked_for(specs: list[str], message: str) -> None:
    """The message says the way out."""
    with pytest.raises(ReportUnusable, match=message) as caught:
        parse_specs(specs)

    assert isinstance(caught.value, ValueError)


def test_specs() -> None:
    """A format, and a file where there is one."""
    assert parse_specs(["text", "json=-", "sarif=x/y.sarif"]) == (
        Spec("text"),
        Spec("json"),
        Spec("sarif", Path("x/y.sarif")),
    )


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    """It is not made: a typing mistake would go unseen."""
    with pytest.raises(ReportUnusable, match=r"there is no folder .*/no; create it first"):
        write_reports(REVIEWS["none"], [f"json={tmp_path}/no/x.json"], Options(), io.StringIO())


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    """With the reason of the system."""
    with pytest.raises(ReportUnusable, match="Is a directory"):
        write_reports(REVIEWS["none"], [f"json={tmp_path}"], Options(), io.StringIO())


def test_nothing_is_written_where_one_spec_is_wrong() -> None:
    """Specs are read before the first report is made."""
    stdout = io.StringIO()

    with pytest.raises(ReportUnusable):
        write_reports(REVIEWS["none"], ["text", "html"], Options(), stdout)

    assert stdout.getvalue() == ""


def test_a_format_is_imported_when_it_is_asked_for() -> None:
    """The table of formats costs no start-up time."""
    script = (
        "import sys, compat_checks.report as r\n"
        "print(sorted(m for m in sys.modules if m.startswith('compat_checks.report.') or m.startswith('xml.')))\n"
    )

    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "['compat_checks.report.options']"
