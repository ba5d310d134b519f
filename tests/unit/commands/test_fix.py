"""`compat-checks fix`: the branch of the documented example."""

from __future__ import annotations

import json
from pathlib import Path

from tests.docs.review import branch, run


def test_the_fixes_leave_only_what_a_person_decides(tmp_path: Path) -> None:
    """A removed, a renamed and an added field are mended; versions and publication are said to be left."""
    repository = branch(tmp_path)
    fixed = run(repository, "fix", "--write", "--against", "git:main")
    left = json.loads(run(repository, "check", "--against", "git:main", "--format", "json").stdout)

    assert fixed.returncode == 1
    assert {one["rule"] for one in left["findings"]} == {"VERSION_TOO_LOW", "NOT_PUBLISHED"}
    assert [one["findings"] for one in left["subjects"]] == [[], [], []]
    assert fixed.stdout.count("\nleft: ") == 6


def test_without_write_no_file_changes(tmp_path: Path) -> None:
    """The diff is shown, and the exit code says that there is something to do."""
    repository = branch(tmp_path)
    before = {path: path.read_bytes() for path in repository.rglob("*.avsc")}
    done = run(repository, "fix", "--against", "git:main")

    assert (done.returncode, "add --write" in done.stdout) == (1, True)
    assert {path: path.read_bytes() for path in repository.rglob("*.avsc")} == before
