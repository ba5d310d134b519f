"""The example of a review: what a pull request that breaks things three ways is told."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
_FROZEN = ROOT / "tests" / "email_contracts" / "schemas"
_REQUEST = "com/eccs/email/EmailRequest.avsc"
_PRIORITY = {"name": "priority", "type": "int", "doc": "How urgent the e-mail is; 1 is the most urgent."}


def branch(folder: Path) -> Path:
    """Make a repository with the frozen contracts on `main` and check out a branch that breaks them; its folder."""
    shutil.copytree(_FROZEN, folder / "schemas")
    git(folder, "init", "-q", "-b", "main")
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "Publish")
    git(folder, "checkout", "-q", "-b", "change")
    path = folder / "schemas" / _REQUEST
    schema = json.loads(path.read_text("utf-8"))
    fields = [field for field in schema["fields"] if field["name"] != "userId"]
    for field in fields:
        field["name"] = "title" if field["name"] == "subject" else field["name"]
    schema["fields"] = [*fields, _PRIORITY]
    path.write_text(json.dumps(schema, indent=2, ensure_ascii=False) + "\n", "utf-8")
    return folder


def git(folder: Path, *arguments: str) -> None:
    """Run git there, whoever the user is."""
    settings = ("-c", "user.name=Test", "-c", "user.email=test@example.com", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *settings, *arguments], cwd=folder, check=True, capture_output=True)


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run compat-checks there."""
    command = [sys.executable, "-m", "compat_checks", *arguments]
    environment = {"PYTHONPATH": str(ROOT), "PATH": "/usr/local/bin:/usr/bin:/bin", "COLUMNS": "80"}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def page(folder: Path) -> str:
    """The comment that the branch gets."""
    done = run(branch(folder), "check", "--against", "git:main", "--report", "markdown")
    if done.returncode != 1:
        raise RuntimeError(done.stderr)
    return done.stdout
