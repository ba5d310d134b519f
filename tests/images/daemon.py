"""A Docker daemon: the one that answers, else one of our own that ends with us."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from services.local_stack.processes import Child, Patience
from tests.images.docker_cli import Docker, DockerError, Unable, run
from tests.images.packages import Say, need

_DEFAULT: Final = "unix:///var/run/docker.sock"
_START_SECONDS: Final = 30.0
# Nothing of this machine's network is changed: no bridge but those of Compose, which `down` takes away, no rules, no
# forwarding. Ports are published by a proxy; what must reach the world runs on the host's network.
_LINKS: Final = ("docker", "br-", "veth")
_STOP_SECONDS: Final = 8.0
_ALONE: Final = ("--bridge", "none", "--iptables=false", "--ip-forward=false", "--ip-masq=false")


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
    need("docker", "dockerd", say=say)
    with _locked(cache_folder()), _own_daemon(cache_folder(), say) as own:
        yield own


def cache_folder() -> Path:
    """Where our daemon keeps images between runs."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "eccs-contracts" / "docker"
    cache.mkdir(parents=True, exist_ok=True)
    return cache


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
    before = _links()
    command = ["dockerd", "--host", docker.host, "--pidfile", str(directory / "pid.docker"), *where, *_ALONE]
    child = Child(command, directory, _STOP_SECONDS)
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
        _unmount(directory)
    if left := (_links() - before) | _mounts(folder) | _mounts(directory):
        raise DockerError(f"the daemon has ended and left {', '.join(sorted(left))}")


def _links() -> frozenset[str]:
    """The network interfaces that Docker makes."""
    return frozenset(link.name for link in Path("/sys/class/net").iterdir() if link.name.startswith(_LINKS))


def _mounts(folder: Path) -> frozenset[str]:
    """What is mounted in a folder."""
    points = (line.split()[4] for line in Path("/proc/self/mountinfo").read_text("utf-8").splitlines())
    return frozenset(point for point in points if point.startswith(f"{folder}/"))


def _unmount(directory: Path) -> None:
    """Docker leaves the namespace of its host mounted when it ends."""
    for point in sorted(_mounts(directory), reverse=True):
        run(["umount", point])
    shutil.rmtree(directory, ignore_errors=True)
