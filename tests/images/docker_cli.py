"""The docker command, and the daemon that it speaks to."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass


class Unable(RuntimeError):
    """Raised where this machine cannot do what a step needs; says why."""


class DockerError(RuntimeError):
    """Raised when a docker command fails; shows what it wrote."""


@dataclass(frozen=True, slots=True)
class Docker:
    """A daemon.

    Attributes:
        host: its address, as DOCKER_HOST takes it.
    """

    host: str

    @property
    def environment(self) -> dict[str, str]:
        """The environment in which docker and Compose find it."""
        return {**os.environ, "DOCKER_HOST": self.host}

    def answers(self) -> bool:
        """Whether the daemon answers a client."""
        return self.result("version", timeout=10).returncode == 0

    def result(self, *arguments: str, timeout: float = 120) -> subprocess.CompletedProcess[str]:
        """How a docker command ended; 124 where it took longer than `timeout` seconds."""
        return run(["docker", *arguments], self.environment, timeout)

    def run(self, *arguments: str, timeout: float = 120) -> str:
        """What a docker command wrote.

        Raises:
            DockerError: it failed.
        """
        done = self.result(*arguments, timeout=timeout)
        if done.returncode != 0:
            raise DockerError(f"docker {' '.join(arguments)}: exit code {done.returncode}\n{done.stdout}{done.stderr}")
        return done.stdout.strip()


def run(
    command: list[str], environment: Mapping[str, str] | None = None, timeout: float = 120
) -> subprocess.CompletedProcess[str]:
    """How a command ended, with what it wrote; 124 where it took too long, 127 where there is no such program."""
    try:
        return subprocess.run(
            command, env=environment, capture_output=True, text=True, check=False, timeout=timeout, errors="replace"
        )
    except subprocess.TimeoutExpired:
        return subprocess.CompletedProcess(command, 124, "", f"no end after {timeout:g} s")
    except FileNotFoundError:
        return subprocess.CompletedProcess(command, 127, "", f"{command[0]} is not there")
