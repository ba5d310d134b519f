"""What pipelines are given runs: the hooks, the steps of the GitHub action, the commands of the GitLab template."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from compat_checks.__main__ import main
from compat_checks.commands.arguments import parser
from tests.docs.review import branch, git
from tests.unit.commands.folders import ROOT, ours

PIPELINES = ROOT / "compat_checks" / "pipelines"
HOOKS = {one["id"]: one for one in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))}
ACTION = yaml.safe_load((PIPELINES / "action.yml").read_text("utf-8"))


@pytest.mark.parametrize("hook", HOOKS)
def test_a_hook_passes_on_our_own_schemas(hook: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a repository whose last commit holds them."""
    ours(tmp_path)
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-q", "-m", "Publish")
    monkeypatch.chdir(tmp_path)
    name, *arguments = shlex.split(HOOKS[hook]["entry"])

    assert (name, main(arguments)) == ("compat-checks", 0)


def _step(repository: Path) -> subprocess.CompletedProcess[str]:
    """The step that checks, as a runner executes it: bash that stops at the first error."""
    temp = repository.parent / "temp"
    program = temp / "compat-checks" / "bin" / "compat-checks"
    program.parent.mkdir(parents=True)
    program.write_text(f'#!/bin/sh\nPYTHONPATH={ROOT} exec {sys.executable} -m compat_checks "$@"\n', "utf-8")
    program.chmod(0o755)
    step = next(one for one in ACTION["runs"]["steps"] if one.get("id") == "check")
    environment = {
        **os.environ,
        "RUNNER_TEMP": str(temp),
        "GITHUB_OUTPUT": str(temp / "output"),
        "GITHUB_STEP_SUMMARY": str(temp / "summary"),
        "SCHEMAS": "schemas",
        "AGAINST": "history\ngit:main\n",
        "FAIL_ON": ACTION["inputs"]["fail-on"]["default"],
        "SARIF": ACTION["inputs"]["sarif"]["default"],
    }
    command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]]
    return subprocess.run(command, cwd=repository, env=environment, capture_output=True, text=True, check=False)


def test_the_action_annotates_a_broken_branch(tmp_path: Path) -> None:
    """It goes on to the comment and to code scanning, and its last step fails with the code."""
    repository = tmp_path / "repository"
    repository.mkdir()
    done = _step(branch(repository))
    temp = tmp_path / "temp"

    assert (done.returncode, done.stderr) == (0, "")
    assert "::error file=schemas/com/eccs/email/EmailRequest.avsc,line=" in done.stdout
    assert (temp / "output").read_text("utf-8") == "passed=false\ncode=1\n"
    assert (temp / "summary").read_text("utf-8").startswith("<!-- compat-checks -->")
    assert (repository / "compat-checks.sarif").exists()


_GH = """#!/bin/sh
# Stands in for GitHub's program: shows the comments through jq, and writes down what changes one.
while [ $# -gt 0 ]; do
  case $1 in
    --method) method=$2; shift;;
    --jq) filter=$2; shift;;
    repos/*) path=$1;;
  esac
  shift
done
if [ -n "${method:-}" ]; then echo "$method $path" >> "$CALLS"; else jq -r "$filter" "$FOUND"; fi
"""
_OURS = {"type": "Bot", "login": "github-actions[bot]"}
_MARK = "<!-- compat-checks -->"
_COMMENTS = {
    "none": ([], "POST repos/o/r/issues/1/comments"),
    "ours": ([(1, _OURS, "x"), (2, _OURS, f"{_MARK} y")], "PATCH repos/o/r/issues/comments/2"),
    "a person's with the mark": (
        [(1, {"type": "User", "login": "mallory"}, _MARK)],
        "POST repos/o/r/issues/1/comments",
    ),
    "another bot's with the mark": (
        [(1, {"type": "Bot", "login": "other[bot]"}, _MARK)],
        "POST repos/o/r/issues/1/comments",
    ),
    "a person of the bot's name": (
        [(1, {"type": "User", "login": "github-actions[bot]"}, _MARK)],
        "POST repos/o/r/issues/1/comments",
    ),
    "a person's before ours": (
        [(1, {"type": "User", "login": "mallory"}, _MARK), (2, _OURS, _MARK)],
        "PATCH repos/o/r/issues/comments/2",
    ),
    "ours with the mark further down": ([(1, _OURS, f"> {_MARK}")], "POST repos/o/r/issues/1/comments"),
}


@pytest.mark.skipif(shutil.which("jq") is None, reason="jq is not installed")
@pytest.mark.parametrize("case", _COMMENTS)
def test_the_action_updates_its_own_comment_only(case: str, tmp_path: Path) -> None:
    """Whoever writes one that begins in the same way keeps it."""
    comments, expected = _COMMENTS[case]
    found = [{"id": number, "user": user, "body": body} for number, user, body in comments]
    (tmp_path / "found.json").write_text(json.dumps(found))
    (tmp_path / "compat-checks.md").write_text(_MARK)
    (tmp_path / "gh").write_text(_GH)
    (tmp_path / "gh").chmod(0o755)
    step = next(one for one in ACTION["runs"]["steps"] if "COMMENTS" in one.get("env", {}))
    environment = {
        **os.environ,
        "PATH": f"{tmp_path}:{os.environ['PATH']}",
        "RUNNER_TEMP": str(tmp_path),
        "GITHUB_REPOSITORY": "o/r",
        "COMMENTS": "repos/o/r/issues/1/comments",
        "FOUND": str(tmp_path / "found.json"),
        "CALLS": str(tmp_path / "calls"),
    }
    command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]]
    subprocess.run(command, env=environment, check=True)

    assert (tmp_path / "calls").read_text() == f"{expected}\n"


def test_the_commands_of_the_gitlab_template_are_ours() -> None:
    """Every option is one that the command has."""
    _, job = yaml.safe_load_all((PIPELINES / "gitlab.yml").read_text("utf-8"))
    filled = [re.sub(r"\$\[\[ inputs\.([\w-]+) \]\]", _input, line) for line in job["compat-checks"]["script"]]
    commands = [shlex.split(re.sub(r"\$\{\w+:-\$\w+\}", "main", line)) for line in filled]

    assert [name for name, *_ in commands] == ["compat-checks", "compat-checks"]
    assert [parser().parse_args(arguments).fail_on for _, *arguments in commands] == ["error", "error"]


def _input(found: re.Match[str]) -> str:
    return {"schemas": "schemas", "fail-on": "error"}[found[1]]
