"""Schemathesis over the description that the running service gives of itself.

Each operation gets requests that fit its description and requests that do not. Every answer is held to the
description: a declared status, media type and schema, no 5xx; what does not fit is refused, what fits is taken.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import schemathesis
from hypothesis import HealthCheck, Phase, Verbosity, given, seed, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import CHECKS, load_all_checks
from schemathesis.config import SchemathesisConfig
from schemathesis.core.failures import Failure, FailureGroup

from tests.integration.api_harness import SECRET, token

FUZZ_SETTINGS: Final = {"JWT_SECRET": SECRET, "RATE_LIMIT": "0", "LOG_LEVEL": "error"}
_MODES: Final = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
# Schemathesis knows no 413 for a list that is too long, and takes a 5xx for a refusal.
_REFUSALS: Final = ["400", "401", "404", "405", "413", "415", "422"]
_KEY: Final = "Idempotency-Key"
# A cursor is opaque: whoever makes one up fits the description, and is refused.
_UNLESS_CURSOR: Final = "positive_data_acceptance"

schemathesis.openapi.format("text", st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")))
# JSON Schema cannot bound an instant; these are far enough from the bounds for every time zone.
schemathesis.openapi.format(
    "date-time",
    st.datetimes(datetime(2001, 1, 1), datetime(2998, 1, 1)).map(lambda one: f"{one.isoformat()}Z"),  # noqa: DTZ001
)
schemathesis.openapi.format("single-line", st.text(st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp"))))


@dataclass(slots=True)
class Fuzzed:
    """What was met: answers by operation, mode and status, and what the description does not allow."""

    answers: Counter[tuple[str, str, int]] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)


def fuzz(base: str, examples: int, start: int = 0) -> Fuzzed:
    """Send `examples` requests of each mode to each operation of the service at `base`."""
    load_all_checks()
    found = Fuzzed()
    config = SchemathesisConfig.from_dict({"checks": {"negative_data_rejection": {"expected-statuses": _REFUSALS}}})
    described = schemathesis.openapi.from_url(f"{base}/openapi.json", config=config)
    for operation in described.get_all_operations():
        one: Any = operation.ok()  # type: ignore[union-attr]  # raises where the description is not usable
        for mode in _MODES:
            run = _runner(one.as_strategy(generation_mode=mode), mode, examples, start, found)
            try:
                run()
            except Exception as error:  # noqa: BLE001  strategies that cannot make anything say so in many ways
                if "Unsatisfiable" not in type(error).__name__ and "nothing to negate" not in str(error):
                    found.wrong.append(f"{one.label} {mode}: {type(error).__name__}: {error}")
    return found


def _runner(strategy: Any, mode: GenerationMode, examples: int, start: int, found: Fuzzed) -> Callable[[], None]:
    @seed(start)
    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        verbosity=Verbosity.quiet,
        suppress_health_check=list(HealthCheck),
    )
    @given(case=strategy)
    def run(case: Any) -> None:
        if mode is GenerationMode.POSITIVE and _KEY in (case.headers or {}):
            case.headers[_KEY] = str(uuid.uuid4())  # one that was used for another body is refused, and rightly
        answer = case.call(headers=token())
        found.answers[case.operation.label, str(mode), answer.status_code] += 1
        excluded = [CHECKS.get_one(_UNLESS_CURSOR)] if "cursor" in (case.query or {}) else None
        try:
            case.validate_response(answer, excluded_checks=excluded)
        except (Failure, FailureGroup) as error:
            found.wrong.append(f"{case.operation.label} {mode}: {answer.status_code}: {_first_lines(error)}")

    return run


def _first_lines(error: BaseException) -> str:
    return " | ".join(line for line in str(error).splitlines() if line.strip())[:1500]
