"""What a green run proves, and what it cannot."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from xml.etree import ElementTree as ET

import yaml

from services.local_stack.processes import ROOT

PROVEN: Final = {
    "test_images": (
        "every target builds from what .dockerignore lets through, with hashed requirements",
        "the containers run as user 10001, without capabilities, on a read-only root; they hold no pip and no compiler",
        "a missing setting ends them with exit code 2 and one line",
    ),
    "test_pipeline": (
        "the image for pipelines checks a repository that is mounted read-only, and says 1 where it finds something",
    ),
    "test_containers": (
        "both become healthy by their own HEALTHCHECK and send an e-mail end to end: HTTP, Kafka, SMTP, ledger",
        "as PID 1 both end on SIGTERM with exit code 0, with mails under way, within their grace period",
    ),
    "test_readme": ("the commands of the README start both, send an e-mail, and stop them",),
    "test_compose": (
        "compose.yaml: order, health, limits, the job (twice), Kafka's settings on Apache Kafka, an e-mail end to end",
        "the console for dead letters is healthy, ready, and asks for a token",
        "Prometheus loads our rules, reaches both services and records from them",
    ),
}


@dataclass(frozen=True, slots=True)
class Results:
    """How the tests ended.

    Attributes:
        passed: the modules of which no test was skipped.
        skipped: module to the reason why one was.
    """

    passed: frozenset[str]
    skipped: Mapping[str, str]


def read_results(report: Path) -> Results:
    """The results in a JUnit report."""
    cases = [
        (case.get("classname", "").rpartition(".")[2], case.find("skipped"))
        for case in ET.parse(report).iter("testcase")  # noqa: S314  pytest wrote it a moment ago
    ]
    skipped = {module: skip.get("message", "") for module, skip in cases if skip is not None}
    return Results(frozenset(module for module, _ in cases) - set(skipped), skipped)


def conclusions(results: Results, *, pinned_base: bool) -> list[str]:
    """What was proven and what was not, a line each."""
    proven = [line for module, lines in PROVEN.items() if module in results.passed for line in lines]
    missing = [
        f"{line}: {results.skipped.get(module, 'not run')}"
        for module, lines in PROVEN.items()
        if module not in results.passed
        for line in lines
    ]
    missing += _stood_in_for(pinned_base=pinned_base)
    return ["proven:", *(f"  + {one}" for one in proven), "not proven here:", *(f"  - {one}" for one in missing)]


def _stood_in_for(*, pinned_base: bool) -> list[str]:
    """What the stand-ins stand for."""
    services = yaml.safe_load((ROOT / "compose.yaml").read_text("utf-8"))["services"]
    official = [service["image"] for service in services.values() if "build" not in service]
    base = [] if pinned_base else ["the pinned base image: another one was used"]
    return [
        *base,
        f"the official images {', '.join(official)}: stand-ins ran in their places",
        "Grafana with our dashboard, MongoDB's authentication, Mailpit's page: no stand-in has them",
        "BuildKit, where the client has no buildx: the legacy builder was used",
        "the Kubernetes manifests on a cluster: their form is checked by the unit tests",
    ]
