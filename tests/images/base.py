"""The image that ours are built on: the pinned one where it can be pulled, else a Debian made here."""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from services.local_stack.processes import ROOT
from tests.images.docker_cli import Docker, Unable, run
from tests.images.packages import Say, need

_PACKAGES: Final = "python3,python3-venv,ca-certificates"
_TAG: Final = "eccs/base"


@dataclass(frozen=True, slots=True)
class Base:
    """A base image.

    Attributes:
        image: its name.
        origin: where it is from, for people.
        pinned: whether it is the one that the Dockerfile pins.
    """

    image: str
    origin: str
    pinned: bool


def pinned_base() -> str:
    """The default of BASE_IMAGE in the Dockerfile."""
    found = re.search(r"^ARG BASE_IMAGE=(\S+)$", (ROOT / "Dockerfile").read_text("utf-8"), re.MULTILINE)
    assert found, "the Dockerfile has no default for BASE_IMAGE"
    return found[1]


def base_image(docker: Docker, say: Say) -> Base:
    """The base to build on.

    Raises:
        Unable: the pinned one cannot be pulled and none can be made here.
    """
    if given := os.environ.get("ECCS_BASE_IMAGE"):
        return Base(given, "ECCS_BASE_IMAGE", given == pinned_base())
    pulled = docker.result("pull", "--quiet", pinned_base(), timeout=90)
    if pulled.returncode == 0:
        return Base(pinned_base(), "pulled, as the Dockerfile pins it", pinned=True)
    reason = pulled.stderr.strip().splitlines()[-1:]
    say(f"base: the pinned image cannot be pulled ({''.join(reason)})")
    return _debian(docker, say)


def _debian(docker: Docker, say: Say) -> Base:
    suite = _os_release().get("VERSION_CODENAME", "")
    image = f"{_TAG}:{suite}"
    if docker.result("image", "inspect", image).returncode == 0:
        return Base(image, "a Debian of debootstrap, made by an earlier run", pinned=False)
    if _os_release().get("ID") != "debian" or os.geteuid() != 0:
        raise Unable("the pinned base cannot be pulled; on Debian, root could make one with debootstrap")
    need("debootstrap", say=say)
    say(f"base: debootstrap of {suite}, about a minute, this once")
    with tempfile.TemporaryDirectory(prefix="eccs-base-") as folder:
        done = run(
            ["debootstrap", "--variant=minbase", f"--include={_PACKAGES}", suite, folder, _mirror()], timeout=300
        )
        if done.returncode != 0:
            raise Unable(f"debootstrap failed: {done.stdout.strip()[-500:]}")
        _import(docker, Path(folder), image)
    return Base(image, f"a Debian {suite} of debootstrap", pinned=False)


def _os_release() -> Mapping[str, str]:
    try:
        lines = Path("/etc/os-release").read_text("utf-8").splitlines()
    except OSError:
        return {}
    return {name: value.strip('"') for name, _, value in (line.partition("=") for line in lines)}


def _mirror() -> str:
    """Debian's mirror as apt has it."""
    listed = run(["apt-get", "indextargets", "--format", "$(ORIGIN) $(SITE) $(REPO_URI)", "Created-By: Packages"])
    found = re.search(r"^Debian \S+ (\S+/debian/?)$", listed.stdout, re.MULTILINE)
    return found[1] if found else "http://deb.debian.org/debian"


def _import(docker: Docker, root: Path, image: str) -> None:
    """Make an image of the tree, without the packages it was made of."""
    tar = ["tar", "-C", str(root), "--exclude=./var/cache/apt/*", "--exclude=./var/lib/apt/lists/*", "-c", "."]
    with subprocess.Popen(tar, stdout=subprocess.PIPE) as packing:
        done = subprocess.run(
            ["docker", "import", "-", image],
            stdin=packing.stdout,
            env=docker.environment,
            capture_output=True,
            check=False,
        )
    if done.returncode or packing.returncode:
        raise Unable(f"docker import failed: {done.stderr.decode(errors='replace')}")
