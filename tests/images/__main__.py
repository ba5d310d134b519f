"""`python -m tests.images`: build the images, run them, drive e-mails through them, and say what that proves.

Exit codes: 0 proven, 1 a step or test failed, 3 not possible here (0 with --where-possible, which CI uses).
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from services.local_stack.processes import ROOT
from tests.images.base import Base, base_image
from tests.images.build import build_images
from tests.images.daemon import docker_daemon
from tests.images.docker_cli import Docker, DockerError, Unable
from tests.images.proof import conclusions, read_results

CANNOT = 3


def main(argv: list[str]) -> int:
    """Run everything; the exit code."""
    parser = argparse.ArgumentParser("python -m tests.images", description=(__doc__ or "").strip())
    parser.add_argument("--where-possible", action="store_true", help="succeed, and say so, where no daemon can be had")
    options = parser.parse_args(argv)
    began = time.monotonic()
    try:
        with docker_daemon(_say) as docker:
            base = base_image(docker, _say)
            _say(f"base: {base.image}: {base.origin}")
            build_images(docker, base, _say)
            code = _test(docker, base)
    except Unable as reason:
        _say(f"images: NOTHING WAS PROVEN: {reason}")
        return 0 if options.where_possible else CANNOT
    except DockerError as error:
        _say(f"images: {error}")
        return 1
    _say(f"images: {'FAILED' if code else 'done'} after {time.monotonic() - began:.0f} s")
    return code


def _test(docker: Docker, base: Base) -> int:
    # Not DOCKER_HOST: the local stack would look for images there. No Ryuk: its image cannot be pulled everywhere.
    ours = {
        "ECCS_IMAGES_DOCKER_HOST": docker.host,
        "ECCS_IMAGES_BASE": base.image,
        "TESTCONTAINERS_RYUK_DISABLED": "true",
    }
    with tempfile.TemporaryDirectory(prefix="eccs-images-") as folder:
        report = Path(folder) / "report.xml"
        pytest = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-o", "junit_family=xunit2"]
        command = [*pytest, f"--junitxml={report}", "tests/images"]
        code = subprocess.run(command, cwd=ROOT, env={**os.environ, **ours}, check=False).returncode
        if code:
            return 1
        for line in conclusions(read_results(report), pinned_base=base.pinned):
            _say(line)
    return 0


def _say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
