"""The commands of docs/compatibility.md, and the code of all pages, do what the text says."""

from __future__ import annotations

import re
import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from compat_checks.__main__ import main
from compat_checks.registry.server import EmbeddedRegistry
from compat_checks.waivers import load_waivers
from tests.docs.review import git
from tests.unit.commands.folders import ROOT

TEXT = (ROOT / "docs" / "compatibility.md").read_text("utf-8")
COMMANDS = [
    line.partition("  #")[0].strip()
    for block in re.findall(r"```console\n(.*?)```", TEXT, re.DOTALL)
    for line in block.splitlines()
]


@pytest.fixture(scope="module")
def workplace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, dict[str, str]]]:
    """A repository with our schemas, and two registries."""
    folder = tmp_path_factory.mktemp("examples")
    shutil.copytree(ROOT / "schemas", folder / "schemas")
    git(folder, "init", "-q", "-b", "main")
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "Publish")
    with EmbeddedRegistry() as one, EmbeddedRegistry() as other:
        yield folder, {"SCHEMA_REGISTRY_URL": one.url, "OTHER_REGISTRY_URL": other.url}


def test_there_are_examples() -> None:
    """A change of the page's form must not empty the tests below."""
    assert len(COMMANDS) == 12


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_of_the_page_runs(
    command: str, workplace: tuple[Path, dict[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """In their order, each ends with 0."""
    folder, environment = workplace
    monkeypatch.chdir(folder)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    filled = re.sub(r"\$(\w+)", lambda match: environment[match[1]], command)
    name, *arguments = shlex.split(filled)

    assert (name, main(arguments)) == ("compat-checks", 0)


def test_the_waiver_of_the_page_is_one(tmp_path: Path) -> None:
    """With all of its keys."""
    block = re.search(r"```toml\n(.*?)```", TEXT, re.DOTALL)
    assert block
    (tmp_path / "waivers.toml").write_text(block[1], "utf-8")

    assert [one.rule for one in load_waivers(tmp_path)] == ["TYPE_MISMATCH"]


@pytest.mark.parametrize("page", ["codecs.md", "compatibility.md"])
def test_the_code_of_a_page_runs(page: str) -> None:
    """Its assertions hold."""
    block = re.search(r"```python\n(.*?)```", (ROOT / "docs" / page).read_text("utf-8"), re.DOTALL)
    assert block
    exec(compile(block[1], page, "exec"), {})  # noqa: S102  the page is ours
