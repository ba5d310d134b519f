"""`python -m tests.images.packages PROGRAM ...`: see that programs are there; root on Debian gets them by apt.

Exit codes: 0 they are there, 3 one is not and cannot be had here.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Mapping
from typing import Final

from tests.images.docker_cli import Unable, run

Say = Callable[[str], None]
_PACKAGES: Final[Mapping[str, str]] = {
    "chromium": "chromium fonts-dejavu-core",
    "debootstrap": "debootstrap",
    "docker": "docker.io",
    "dockerd": "docker.io",
    "postfix": "postfix",
    "prometheus": "prometheus",
    "promtool": "prometheus",
    "saslpasswd2": "sasl2-bin libsasl2-modules libsasl2-modules-db",
}
# Without a main.cf the package's own Postfix has nothing to listen with or to send to.
_ANSWERS: Final = "postfix postfix/main_mailer_type select No configuration\n"
# Run level 1: what a package would start stays off, also where nothing like systemd runs.
_QUIETLY: Final = {"DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}
_APT: Final = ["apt-get", "-qq", "-o", "DPkg::Lock::Timeout=60", "-o", "Acquire::Retries=3"]
_CANNOT: Final = 3


def main(programs: list[str]) -> int:
    """See that they are there; the exit code."""
    try:
        need(*programs, say=_say)
    except Unable as reason:
        sys.stderr.write(f"packages: {reason}\n")
        return _CANNOT
    return 0


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")


def need(*programs: str, say: Say) -> None:
    """See that the programs are there; root on Debian installs what is missing.

    Raises:
        Unable: one is not there and cannot be installed.
    """
    missing = [program for program in programs if shutil.which(program) is None]
    if not missing:
        return
    packages = sorted({package for program in missing for package in _PACKAGES[program].split()})
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        raise Unable(f"{', '.join(missing)} not found; on Debian: apt-get install {' '.join(packages)}")
    say(f"apt: installing {', '.join(packages)}")
    environment = {**os.environ, **_QUIETLY}
    # One after the other: an index that cannot be renewed may still do.
    renewed = run([*_APT, "update"], environment, 120)
    _answer(environment)
    done = run([*_APT, "install", "--yes", "--no-install-recommends", *packages], environment, 300)
    if absent := [program for program in missing if shutil.which(program) is None]:
        said = (done.stderr or renewed.stderr).strip()[-500:]
        raise Unable(f"apt-get cannot install {' '.join(packages)} ({', '.join(absent)} not there): {said}")


def _answer(environment: Mapping[str, str]) -> None:
    """Answer what packages ask when they are installed."""
    with tempfile.NamedTemporaryFile("w", suffix=".answers") as file:
        file.write(_ANSWERS)
        file.flush()
        run(["debconf-set-selections", file.name], environment)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
