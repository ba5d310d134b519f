"""Apache Avro for Java as the oracle: its jars resolved once by Maven, then one JVM for any number of questions."""

from __future__ import annotations

import fcntl
import json
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_HERE: Final = Path(__file__).parent
_OLDEST_JAVA: Final = 17
_RESOLVE_SECONDS: Final = 280.0
_ASK_SECONDS: Final = 280.0


class NoOracleError(Exception):
    """Raised where Java or Maven is not here, or Maven cannot get the jars; says which and why."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What Java says of a pair.

    Attributes:
        refused: "reader" or "writer", the one that its parser refuses; else empty.
        compatible: False where it throws.
        incompatibilities: type, location and message of each.
        error: what the parser or the checker threw.
    """

    refused: str
    compatible: bool
    incompatibilities: tuple[tuple[str, str, str], ...]
    error: str


def version() -> str:
    """The version of Apache Avro that the pom names."""
    match = re.search(r"<avro\.version>(.+?)</avro\.version>", (_HERE / "pom.xml").read_text("utf-8"))
    assert match is not None
    return match[1]


def ask(pairs: Iterable[tuple[str, str]]) -> list[Answer]:
    """What Java says of each pair of reader and writer, JSON texts.

    Raises:
        NoOracleError: as it says.
    """
    questions = "".join(json.dumps({"reader": reader, "writer": writer}) + "\n" for reader, writer in pairs)
    # C1 alone and the serial collector: the run is short.
    jvm = [_java(), "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xss8m", "-Dfile.encoding=UTF-8"]
    command = [*jvm, "-cp", os.fspath(_jars() / "*"), os.fspath(_HERE / "Compatibility.java")]
    done = subprocess.run(
        command, input=questions, capture_output=True, encoding="utf-8", check=False, timeout=_ASK_SECONDS
    )
    if done.returncode != 0:
        raise AssertionError(f"{' '.join(command)} ended with {done.returncode}:\n{done.stderr[-2000:]}")
    return [_answer(json.loads(line)) for line in done.stdout.splitlines()]


def _answer(value: dict[str, object]) -> Answer:
    found = value["incompatibilities"]
    assert isinstance(found, list)
    return Answer(
        refused=str(value["refused"] or ""),
        compatible=value["verdict"] == "COMPATIBLE",
        incompatibilities=tuple((one["type"], one["location"], one["message"]) for one in found),
        error=str(value["error"] or ""),
    )


def _java() -> str:
    home = os.environ.get("JAVA_HOME")
    java = shutil.which("java", path=f"{home}/bin") if home else shutil.which("java")
    if java is None:
        raise NoOracleError("no java in JAVA_HOME or on PATH")
    asked = subprocess.run([java, "-version"], capture_output=True, text=True, check=False, timeout=20)
    found = re.search(r'version "(\d+)', asked.stderr)
    if found is None or int(found[1]) < _OLDEST_JAVA:
        raise NoOracleError(f"{java} is not Java {_OLDEST_JAVA} or newer")
    return java


def _jars() -> Path:
    """The directory of the jars, filled by Maven if this is the first time."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "eccs-contracts" / "avro"
    jars = cache / version()
    if jars.is_dir():
        return jars
    maven = shutil.which("mvn")
    if maven is None:
        raise NoOracleError(f"{jars} is empty and there is no mvn on PATH to fill it")
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / f"{jars.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # another process may have been faster while this one waited
        if not jars.is_dir():
            _resolve(maven, jars)
    return jars


def _resolve(maven: str, jars: Path) -> None:
    """Let Maven copy the jars beside their place and rename: the place is complete or not there."""
    with tempfile.TemporaryDirectory(prefix=f"{jars.name}-", dir=jars.parent) as workplace:
        target = Path(workplace) / "jars"
        goal = ["dependency:copy-dependencies", "-DincludeScope=runtime", f"-DoutputDirectory={target}"]
        command = [maven, "-q", "-B", "-f", os.fspath(_HERE / "pom.xml"), *goal]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=_RESOLVE_SECONDS)
        if done.returncode != 0:
            raise NoOracleError(f"Maven cannot fetch Apache Avro {jars.name}: {(done.stdout + done.stderr)[-1000:]}")
        target.rename(jars)
