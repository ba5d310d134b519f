"""`python -m tests.images.audit [FILE ...]`: known vulnerabilities of the locked requirements, or a failure to look.

pip-audit passes where its service answers for no package at all. So this counts: every package of every file must
have been looked up, and the service must know a vulnerability that is old and public.

Exit codes: 0 all looked up and none known, 1 some known, 3 not (wholly) audited.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.images.docker_cli import run

CANARY: Final = "django==2.0"  # CVE-2018-6188 and many after it; none of ours needs it
_CANARY_NAME: Final = CANARY.partition("==")[0]
_DEFAULT: Final = tuple(Path("requirements") / f"{name}.txt" for name in ("services", "registry", "build"))
_SECONDS: Final = 600.0
_NOT_AUDITED: Final = 3
_PIN: Final = re.compile(r"^[A-Za-z0-9][^\s\\#]*(?:[ \t]*;[^\\#\n]*)?", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Report:
    """What pip-audit found.

    Attributes:
        audited: name and version of each package that was looked up.
        known: a line for each vulnerability.
        trouble: why it did not look up more; empty where it ended by itself.
    """

    audited: frozenset[tuple[str, str]]
    known: tuple[str, ...]
    trouble: str


def main(argv: Sequence[str]) -> int:
    """Audit; the exit code."""
    parser = argparse.ArgumentParser("python -m tests.images.audit", description=(__doc__ or "").strip())
    parser.add_argument("files", nargs="*", type=Path, default=list(_DEFAULT), metavar="FILE")
    parser.add_argument("--service", choices=["pypi", "osv"], default="pypi")
    parser.add_argument("--osv-url", metavar="URL", help="an OSV of your own")
    options = parser.parse_args(argv)
    service = ["--vulnerability-service", options.service]
    service += ["--osv-url", options.osv_url] if options.osv_url else []
    wanted = {pin for path in options.files for pin in pins(path.read_text("utf-8"))}
    report = _audit(options.files, service)
    if missing := wanted - report.audited:
        names = ", ".join(sorted(name for name, _ in missing))
        return _failed(f"{len(missing)} of {len(wanted)} packages were not looked up: {names}", report.trouble)
    known = [line for line in report.known if not line.startswith(f"{_CANARY_NAME} ")]
    if len(known) == len(report.known):
        return _failed(f"the service knows no vulnerability of {CANARY}, which has many", report.trouble)
    lines = [*known, f"audit: {len(wanted)} packages looked up, {len(known)} known vulnerabilities"]
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    return 1 if known else 0


def pins(text: str) -> Iterator[tuple[str, str]]:
    """Name and version of each requirement of a lock that applies on this platform."""
    for found in _PIN.findall(text):
        requirement = Requirement(found.strip())
        if requirement.marker is None or requirement.marker.evaluate():
            yield canonicalize_name(requirement.name), str(requirement.specifier).removeprefix("==")


def _audit(files: Sequence[Path], service: Sequence[str]) -> Report:
    """Look up the files and, among them, the canary."""
    with tempfile.TemporaryDirectory() as folder:
        canary = Path(folder) / "canary.txt"
        # Nothing is installed, so the hash may be any; a file with hashes beside one without is refused.
        canary.write_text(f"{CANARY} --hash=sha256:{'0' * 64}\n", "utf-8")
        given = [word for path in (*files, canary) for word in ("--requirement", str(path))]
        # A cache of its own: what was true last week is no audit.
        how = ["--disable-pip", "--progress-spinner", "off", "--format", "json", "--cache-dir", folder]
        done = run([sys.executable, "-m", "pip_audit", *given, *how, *service], timeout=_SECONDS)
    try:
        found: list[dict[str, Any]] = json.loads(done.stdout)["dependencies"]
    except (ValueError, KeyError):
        return Report(
            frozenset(), (), "\n".join(done.stderr.strip().splitlines()[-1:]) or f"exit code {done.returncode}"
        )
    looked_up = [one for one in found if "skip_reason" not in one]
    skipped = next((one["skip_reason"] for one in found if "skip_reason" in one), "")
    return Report(
        frozenset((canonicalize_name(one["name"]), one["version"]) for one in looked_up),
        tuple(
            f"{one['name']} {one['version']}: {each['id']} {', '.join(each.get('aliases', ()))}"
            f" (fixed in {', '.join(each['fix_versions']) or 'nothing yet'})"
            for one in looked_up
            for each in one["vulns"]
        ),
        skipped,
    )


def _failed(what: str, trouble: str) -> int:
    lines = [f"audit: NOT AUDITED: {what}"]
    lines += [f"  pip-audit says: {trouble}"] if trouble else []
    lines += ["  Is its service reached from here? --service osv asks another one."]
    sys.stderr.write("".join(f"{line}\n" for line in lines))
    return _NOT_AUDITED


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
