"""A Docker daemon: the one that answers, else one of our own that ends with us."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from services.local_stack.processes import Child, Patience
from tests.images.docker_cli import Docker, Unable, run

Say = Callable[[str], None]
_DEFAULT: Final = "unix:///var/run/docker.sock"
_PACKAGES: Final = {"dockerd": "docker.io", "docker": "docker.io", "debootstrap": "debootstrap", "iptables": "iptables"}
_START_SECONDS: Final = 30.0


@contextmanager
def docker_daemon(say: Say) -> Iterator[Docker]:
    """A daemon that answers.

    Raises:
        Unable: none answers, and none can be started here.
    """
    given = Docker(os.environ.get("DOCKER_HOST") or _DEFAULT)
    if shutil.which("docker") and given.answers():
        say(f"daemon: the one at {given.host}")
        yield given
        return
    if os.geteuid() != 0:
        raise Unable(f"no Docker daemon answers at {given.host}, and only root can start one")
    need("docker", "dockerd", "iptables", say=say)
    with _locked(cache_folder()), _own_daemon(cache_folder(), say) as own:
        yield own


def cache_folder() -> Path:
    """Where our daemon keeps images between runs."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "eccs-contracts" / "docker"
    cache.mkdir(parents=True, exist_ok=True)
    return cache


def need(*programs: str, say: Say) -> None:
    """See that the programs are there; root installs them from Debian's packages.

    Raises:
        Unable: one is not there and cannot be installed.
    """
    missing = [program for program in programs if shutil.which(program) is None]
    if not missing:
        return
    packages = sorted({_PACKAGES[program] for program in missing})
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        raise Unable(f"{', '.join(missing)} not found; on Debian: apt-get install {' '.join(packages)}")
    say(f"installing {', '.join(packages)}")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    run(["apt-get", "update", "-qq"], environment, 120)
    done = run(["apt-get", "install", "-qq", "-y", "--no-install-recommends", *packages], environment, 300)
    if done.returncode != 0:
        raise Unable(f"apt-get cannot install {' '.join(packages)}: {done.stderr.strip()[-500:]}")


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Two daemons on one data folder would spoil it."""
    with (folder / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Unable(f"another run uses the daemon in {folder}") from None
        yield


@contextmanager
def _own_daemon(folder: Path, say: Say) -> Iterator[Docker]:
    directory = Path(tempfile.mkdtemp(prefix="eccs-docker-"))
    docker = Docker(f"unix://{directory / 'docker.sock'}")
    where = ["--data-root", str(folder / "data"), "--exec-root", str(directory / "exec")]
    child = Child(["dockerd", "--host", docker.host, "--pidfile", str(directory / "pid.docker"), *where], directory, 8)
    try:
        patience = Patience(_START_SECONDS, threading.Event())
        if not patience.until(lambda: child.exit_code() is not None or docker.answers()) or child.exit_code():
            raise Unable(f"dockerd does not come up; its last lines:\n{child.tail()}")
        say(f"daemon: our own, data in {folder}")
        yield docker
        # Ours alone: containers of a run that was killed, layers of images that were built anew.
        docker.run("system", "prune", "--force", "--volumes")
    finally:
        child.stop()
