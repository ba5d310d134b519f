"""What goes into an image: the build context and the locked requirements."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.deploy.exposed import ROOT
from tests.images.base import pinned_base
from tests.images.build import TARGETS, allowed_paths

_DOCKERFILE = (ROOT / "Dockerfile").read_text("utf-8")
_PIPELINE = (ROOT / "compat_checks" / "pipelines" / "Dockerfile").read_text("utf-8")
_LOCKS = ROOT / "requirements"


def _pins(name: str) -> dict[str, str]:
    """Name to version."""
    text = (_LOCKS / name).read_text("utf-8")
    return dict(re.findall(r"^([a-z0-9._-]+)(?:\[[^\]]*\])?==(\S+)", text, re.MULTILINE))


def _copied() -> Iterator[str]:
    """The paths that the Dockerfiles take from the build context."""
    for line in re.findall(r"^COPY (?!--from)(.+)$", _DOCKERFILE + _PIPELINE, re.MULTILINE):
        yield from (path.replace("cr[t]", "crt") for path in line.split()[:-1])


def test_what_is_copied_is_what_is_let_through() -> None:
    """A path that only one side has is a mistake on one of them."""
    assert sorted(set(_copied())) == sorted(set(allowed_paths()))


def test_the_targets_are_stages() -> None:
    """And each of them is the last word on one image."""
    stages = re.findall(r"^FROM \S+ AS (\S+)$", _DOCKERFILE, re.MULTILINE)

    assert set(TARGETS) <= set(stages)


def test_the_file_asks_for_nothing_but_the_base() -> None:
    """Neither a frontend nor another image would be found behind a mirror."""
    both = _DOCKERFILE + _PIPELINE
    sources = re.findall(r"^FROM (\S+)", both, re.MULTILINE)

    assert set(sources) == {"${BASE_IMAGE}", "runtime"}
    assert "syntax=" not in both
    assert "RUN --mount" not in both


def test_both_dockerfiles_pin_one_base() -> None:
    """To be renewed together."""
    assert re.findall(r"^ARG BASE_IMAGE=(\S+)$", _PIPELINE, re.MULTILINE) == [pinned_base()]


@pytest.mark.parametrize("name", ["services.txt", "registry.txt", "build.txt"])
def test_every_requirement_has_a_hash(name: str) -> None:
    """Pip takes nothing else, and a lock says where nothing is from."""
    text = (_LOCKS / name).read_text("utf-8")
    blocks = re.split(r"^(?=[a-z0-9])", text, flags=re.MULTILINE)[1:]

    assert [block.splitlines()[0] for block in blocks if "--hash=sha256:" not in block] == []
    assert "://" not in text


@pytest.mark.parametrize("name", ["services.txt", "registry.txt"])
def test_the_images_have_the_versions_that_the_tests_have(name: str) -> None:
    """What was tested is what ships."""
    tested = _pins("dev.txt")
    shipped = _pins(name)

    assert {name: tested.get(name) for name in shipped} == shipped


def test_the_images_have_every_dependency() -> None:
    """Of the package, of the services and of the registry's client."""
    project: dict[str, Any] = tomllib.loads(Path(ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = project["optional-dependencies"]
    wanted = {
        re.split(r"[\[>=<~! ;]", one)[0] for one in project["dependencies"] + extras["services"] + extras["registry"]
    }

    assert wanted - set(_pins("services.txt")) == set()
