"""What a run of the images claims."""

from __future__ import annotations

from pathlib import Path

from tests.images.proof import conclusions, read_results

_REPORT = """<testsuites><testsuite>
<testcase classname="tests.images.test_images" name="a"/>
<testcase classname="tests.images.test_compose" name="b"/>
<testcase classname="tests.images.test_compose" name="c"><skipped message="no prometheus here"/></testcase>
</testsuite></testsuites>"""


def test_what_was_skipped_is_not_claimed(tmp_path: Path) -> None:
    """Nor is what did not run at all."""
    report = tmp_path / "report.xml"
    report.write_text(_REPORT, "utf-8")

    lines = conclusions(read_results(report), pinned_base=True)
    proven = lines[: lines.index("not proven here:")]

    assert [line for line in proven if "hashed requirements" in line]
    assert [line for line in proven if "compose.yaml" in line or "SIGTERM" in line] == []
    assert [line for line in lines if line.endswith(": no prometheus here")]
    assert [line for line in lines if line.endswith(": not run")]
