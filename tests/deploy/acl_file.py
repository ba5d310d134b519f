"""The rights that deploy/kafka/acls.sh gives, as the script itself gives them to a stand-in of kafka-acls.sh."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.deploy.files import DEPLOY

ACLS: Final = DEPLOY / "kafka" / "acls.sh"
_STAND_IN: Final = '#!/bin/sh\nprintf "%s\\t" "$@" >> "$CALLS"\necho >> "$CALLS"\n'
_SINGLE: Final = ("--bootstrap-server", "--command-config", "--allow-principal", "--topic", "--group", "--operation")


@dataclass(frozen=True, slots=True, order=True)
class Right:
    """What one principal may do.

    Attributes:
        principal: without "User:".
        kind: "topic" or "group".
        operation: as Kafka calls it, for example "AlterConfigs".
    """

    principal: str
    kind: str
    name: str
    operation: str


def rights(folder: Path) -> tuple[Right, ...]:
    """Run the script, and read what it asked for; raises ValueError for an argument that is not known here."""
    program, calls = folder / "kafka-acls.sh", folder / "calls"
    program.write_text(_STAND_IN)
    program.chmod(0o755)
    environment = {"PATH": f"{folder}:{os.environ['PATH']}", "CALLS": str(calls), "KAFKA": "k:1", "ADMIN": "a"}
    subprocess.run(["sh", str(ACLS)], env=environment, check=True)
    return tuple(right for line in calls.read_text().splitlines() for right in _rights(line.rstrip("\t").split("\t")))


def _rights(arguments: list[str]) -> list[Right]:
    given: dict[str, list[str]] = {}
    words = iter(one for one in arguments if one != "--add")
    for option in words:
        if option not in _SINGLE:
            raise ValueError(option)
        given.setdefault(option, []).append(next(words))
    (principal,) = given["--allow-principal"]
    (kind,) = given.keys() & {"--topic", "--group"}
    (name,) = given[kind]
    user = principal.removeprefix("User:")
    return [Right(user, kind.removeprefix("--"), name, operation) for operation in given["--operation"]]
