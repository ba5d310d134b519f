"""Compose, with compose.yaml and, where wanted, the stand-ins."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from services.local_stack.processes import ROOT
from tests.images.docker_cli import DockerError, run

STAND_INS: Final = ROOT / "tests" / "images" / "stand_ins"
_PROGRAM: Final = str(Path(sys.executable).with_name("docker-compose"))  # of the locked requirements
SECRETS: Final = {
    name: letter * 32
    for name, letter in {
        "JWT_SECRET": "s",
        "MONGO_PASSWORD": "m",
        "MONGO_ROOT_PASSWORD": "r",
        "GRAFANA_PASSWORD": "g",
    }.items()
}


@dataclass(frozen=True, slots=True)
class Compose:
    """The project.

    Attributes:
        environment: of the command; the variables of the files, and where Docker is.
        files: the compose files, the later ones on top.
        name: of the project, in the names of containers, networks and volumes.
    """

    environment: Mapping[str, str]
    files: Sequence[Path] = (ROOT / "compose.yaml",)
    name: str = "eccs"

    def result(self, *arguments: str, timeout: float = 120) -> subprocess.CompletedProcess[str]:
        """How a command of Compose ended."""
        files = [word for path in self.files for word in ("--file", str(path))]
        # An empty file of variables: not the developer's own .env.
        options = ["--project-name", self.name, "--project-directory", str(ROOT), "--env-file", "/dev/null"]
        return run([_PROGRAM, *files, *options, *arguments], self.environment, timeout)

    def run(self, *arguments: str, timeout: float = 120) -> str:
        """What a command of Compose wrote.

        Raises:
            DockerError: it failed.
        """
        done = self.result(*arguments, timeout=timeout)
        if done.returncode != 0:
            raise DockerError(f"compose {' '.join(arguments)}: exit code {done.returncode}\n{done.stdout}{done.stderr}")
        return done.stdout.strip()

    def config(self) -> dict[str, Any]:
        """The files as Compose understands them."""
        loaded: dict[str, Any] = json.loads(self.run("config", "--format", "json"))
        return loaded
