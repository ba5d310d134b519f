"""Builds every image from what `.dockerignore` lets through, and nothing else."""

from __future__ import annotations

import os
import shutil
import ssl
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from services.local_stack.processes import ROOT
from tests.images.base import Base
from tests.images.docker_cli import Docker
from tests.images.packages import Say

TARGETS: Final = ("email-service", "notification-service", "dlq-console", "compat-checks")
PIPELINE: Final = "pipeline"  # a Dockerfile of its own
_PIPELINE_FILE: Final = "compat_checks/pipelines/Dockerfile"
GRACE: Final = 60  # seconds between SIGTERM and SIGKILL, as compose.yaml and the manifests have it
_MB: Final = 1_000_000


def image_of(target: str) -> str:
    """The name of the image of a target, as compose.yaml has it by default."""
    return f"eccs/{target}:local"


def build_images(docker: Docker, base: Base, say: Say) -> None:
    """Build all targets, and the image for pipelines.

    Raises:
        DockerError: a build fails; shows its output.
    """
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="eccs-context-") as folder:
        _stage(Path(folder))
        # The stage that installs gets a name, so that its layers outlive the clean-up.
        for target in ("build", *TARGETS):
            docker.run(*_command(base, target), "--target", target, folder, timeout=400)
        docker.run(*_command(base, PIPELINE), "--file", f"{folder}/{_PIPELINE_FILE}", folder, timeout=400)
    say(f"images built in {time.monotonic() - began:.0f} s on {base.image} ({_size(docker, base.image):.0f} MB)")
    for target in (*TARGETS, PIPELINE):
        size = _size(docker, image_of(target))
        say(f"  {image_of(target):<34}{size:>6.0f} MB, {size - _size(docker, base.image):.0f} MB of it ours")


def _command(base: Base, target: str) -> list[str]:
    arguments = [f"BASE_IMAGE={base.image}"]
    if index := os.environ.get("PIP_INDEX_URL"):
        arguments.append(f"PIP_INDEX_URL={index}")
    given = [word for one in arguments for word in ("--build-arg", one)]
    return ["build", "--network", "host", *given, "--tag", image_of(target)]


def _size(docker: Docker, image: str) -> float:
    return int(docker.run("image", "inspect", "--format", "{{.Size}}", image)) / _MB


def _stage(folder: Path) -> None:
    """Copy the build context, and the certificate authorities of this machine beside it."""
    for name in ("Dockerfile", ".dockerignore", *allowed_paths()):
        source, target = ROOT / name, folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"), dirs_exist_ok=True)
        elif source.exists():
            shutil.copyfile(source, target)
    authorities = os.environ.get("PIP_CERT") or ssl.get_default_verify_paths().cafile
    if authorities and Path(authorities).is_file():
        shutil.copyfile(authorities, folder / "build-ca.crt")


def allowed_paths() -> Iterator[str]:
    """What `.dockerignore` lets into a build."""
    for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines():
        if line.startswith("!"):
            yield line.removeprefix("!")
