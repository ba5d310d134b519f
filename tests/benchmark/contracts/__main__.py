"""`make bench`: compatibility checks beside those of the Python `avro` package, in one run."""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from statistics import median

from avro.compatibility import ReaderWriterCompatibilityChecker, SchemaCompatibilityType
from avro.schema import Schema, parse

from tests.benchmark.contracts.folder import write

_ROUNDS = 5


def _timed(work: Callable[[], int]) -> tuple[float, int]:
    """Processor seconds of a piece of work, its processes included, and its result."""
    before = _spent()
    result = work()
    return _spent() - before, result


def _spent() -> float:
    spent = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in spent)


def _run(arguments: list[str], environment: dict[str, str] | None = None) -> str:
    command = [sys.executable, "-m", "compat_checks", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    if done.returncode > 1:
        raise RuntimeError(done.stderr)
    return done.stdout


def _ours(folder: Path) -> int:
    """Pairs that `check --against dir:` finds compatible: parsing, the verdict both ways, and all other rules."""
    arguments = ["check", "--schemas", str(folder / "now"), "--against", f"dir:{folder / 'published'}"]
    report = json.loads(_run([*arguments, "--format", "json"]))
    return sum(2 * len(one["versions"]) for one in report["subjects"] if one["registry_accepts"])


def _theirs(folder: Path) -> int:
    """The same pairs through the `avro` package: parsing and the verdict both ways."""
    count = 0
    for path in sorted((folder / "now").rglob("*.avsc")):
        new = parse(path.read_text())
        home = folder / "published" / f"orders{path.stem.removeprefix('Order')}-value"
        for version in home.glob("v*.avsc"):
            old = parse(version.read_text())
            count += _compatible(new, old) + _compatible(old, new)
    return count


def _compatible(reader: Schema, writer: Schema) -> int:
    checker = ReaderWriterCompatibilityChecker()  # type: ignore[no-untyped-call]  # the package is half typed
    return checker.get_compatibility(reader, writer).compatibility is SchemaCompatibilityType.compatible


def _start(arguments: list[str]) -> float:
    """Seconds of processor time of one process, start to end, compiled files in place; the median of rounds."""
    with tempfile.TemporaryDirectory() as cache:
        environment = {**os.environ, "PYTHONPYCACHEPREFIX": cache, "PYTHONDONTWRITEBYTECODE": ""}
        found = [_timed(lambda: len(_run(arguments, environment)))[0] for _ in range(_ROUNDS + 1)]
    return median(found[1:])


def main() -> None:
    """Print the table."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--subjects", type=int, default=1000)
    options.add_argument("--versions", type=int, default=20)
    options.add_argument("--json", type=Path, help="write the figures to this file, too")
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as name:
        write(Path(name), given.subjects, given.versions)
        ours, pairs = _timed(lambda: _ours(Path(name)))
        theirs, same = _timed(lambda: _theirs(Path(name)))
    figures = {"subjects": given.subjects, "versions": given.versions, "pairs": pairs, "ours": ours, "avro": theirs}
    print(f"{given.subjects} subjects x {given.versions} versions, FULL_TRANSITIVE, dir:, processor seconds, one run")
    print(f"{'compat-checks check':>28}{ours:>9.2f}   {pairs} pairs compatible; all rules")
    print(f"{'avro ' + 'checker':>28}{theirs:>9.2f}   {same} pairs compatible; the verdict only")
    print(f"{'ratio':>28}{theirs / ours:>9.2f}")
    for command in (["check"], ["lint"]):
        figures[command[0]] = _start(command)
        print(
            f"compat-checks {command[0]:<6} on schemas/, whole process, median of {_ROUNDS}: "
            f"{figures[command[0]] * 1000:.0f} ms"
        )
    if given.json:
        given.json.write_text(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
