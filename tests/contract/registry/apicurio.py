"""Apicurio Registry: fetched once by Maven into a cache, then run on the JVM with its data in memory."""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NoReturn

import httpx
import pytest

_POM: Final = Path(__file__).with_name("pom.xml")
_FETCH_SECONDS: Final = 280.0
_START_SECONDS: Final = 90.0
_REQUIRED: Final = "ECCS_REQUIRE_APICURIO"
# C1 and the serial collector: it is up sooner, and takes less memory.
_JVM: Final = ("-Xmx384m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")


@contextlib.contextmanager
def running_apicurio() -> Iterator[str]:
    """Apicurio's Confluent-compatible API, at the URL that is given.

    Skips where there is no Java 17, no Maven, or nothing to fetch it from; fails then if ECCS_REQUIRE_APICURIO is 1.
    """
    java, home = _java(), _home()
    port = _free_port()
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "log"
        with log.open("wb") as output:
            jar = next(home.glob("*-runner.jar"))
            child = subprocess.Popen(
                [java, *_JVM, "-jar", str(jar)],
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=folder,
                env={**os.environ, "QUARKUS_HTTP_HOST": "127.0.0.1", "QUARKUS_HTTP_PORT": str(port)},
            )
        try:
            url = f"http://127.0.0.1:{port}/apis/ccompat/v7"
            _await(url, child, log)
            yield url
        finally:
            child.terminate()
            child.wait(20)


def _await(url: str, child: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + _START_SECONDS
    while time.monotonic() < until and child.poll() is None:
        with contextlib.suppress(httpx.TransportError):
            if httpx.get(f"{url}/subjects", timeout=2).status_code == httpx.codes.OK:
                return
        time.sleep(0.1)
    _missing(f"it does not start: {log.read_text('utf-8', 'replace')[-600:]}")


def _java() -> str:
    home = os.environ.get("JAVA_HOME")
    java = shutil.which("java", path=f"{home}/bin") if home else shutil.which("java")
    asked = subprocess.run([java, "-version"], capture_output=True, text=True, check=False) if java else None
    version = re.search(r'version "(\d+)', asked.stderr) if asked else None
    if java is None or version is None or int(version[1]) < 17:
        _missing("there is no Java 17 in JAVA_HOME or on PATH")
    return java


def _home() -> Path:
    """Where it is unpacked, complete or not at all."""
    match = re.search(r"<apicurio\.version>(.+?)</apicurio\.version>", _POM.read_text("utf-8"))
    assert match is not None
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "eccs-contracts" / "apicurio"
    home = cache / match[1]
    if not home.is_dir():
        cache.mkdir(parents=True, exist_ok=True)
        with (cache / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not home.is_dir():
                _fetch(home)
    return home


def _fetch(home: Path) -> None:
    maven = shutil.which("mvn")
    if maven is None:
        _missing(f"{home} is not there, and there is no mvn to fetch it")
    with tempfile.TemporaryDirectory(dir=home.parent) as folder:
        goal = ["dependency:unpack", f"-DoutputDirectory={folder}/home"]
        command = [maven, "-q", "-B", "-f", str(_POM), *goal]
        try:
            done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=_FETCH_SECONDS)
        except subprocess.TimeoutExpired:
            _missing(f"Maven did not fetch it within {_FETCH_SECONDS:g} s")
        if done.returncode != 0:
            _missing(f"Maven cannot fetch it: {done.stdout[-400:]}")
        Path(folder, "home").rename(home)


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


def _missing(why: str) -> NoReturn:
    if os.environ.get(_REQUIRED) == "1":
        pytest.fail(f"{_REQUIRED}=1, but Apicurio Registry cannot be run: {why}", pytrace=False)
    pytest.skip(f"Apicurio Registry cannot be run: {why}")
