"""The whole of it: three records, three sizes, both directions."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from confluent_kafka.schema_registry import Schema, SchemaRegistryClient

from compat_checks.registry.server import EmbeddedRegistry
from tests.benchmark.chart import interpreter
from tests.benchmark.codecs import report
from tests.benchmark.codecs.candidates import decoders, encoders
from tests.benchmark.codecs.measure import Result, memory, results, rounds
from tests.benchmark.codecs.messages import MODELS, messages

_SIZES: Final = {300: 2000, 4096: 1000, 100_000: 60}  # characters of the body -> distinct messages
_CHART: Final = ("EmailRequest", 300)


def run(out: Path | None, turns: int) -> int:
    """Measure and print; write JSON and chart where a folder is given. 1 where a goal is missed."""
    found: list[Result] = []
    held: dict[str, dict[str, int]] = {}
    with EmbeddedRegistry() as embedded:
        registry = SchemaRegistryClient({"url": embedded.url})
        for model in MODELS:
            registry.register_schema(model.SUBJECT, Schema(model.SCHEMA, "AVRO"))
            for size, count in _SIZES.items():
                values = messages(model, count, size)
                found += results(model.__name__, size, "encode", rounds(encoders(model, registry), values, turns))
                found += results(model.__name__, size, "decode", rounds(decoders(model, registry), values, turns))
            small = messages(model, 500, 300)
            held[model.__name__] = {one.name: memory(one, small) for one in decoders(model, registry)}
    _print(found, held)
    if out:
        (out / "codecs.json").write_text(report.as_json(found, held), "utf-8")
        (out / "codecs.svg").write_text(report.chart(found, *_CHART), "utf-8")
    return any(lowest < goal for _, goal, lowest in report.goals(found))


def _print(found: list[Result], held: dict[str, dict[str, int]]) -> None:
    lines = [interpreter(), report.table(found), "\nBytes that a decoded message holds, body of 300 characters"]
    for record, names in held.items():
        lines += [f"  {record}: " + ", ".join(f"{name} {size}" for name, size in names.items())]
    lines.append("\nThe lowest ratio of the three records, small and 4 KB")
    for what, goal, lowest in report.goals(found):
        lines.append(f"  {what:44}{lowest:7.2f}  goal {goal:4.1f}  {'met' if lowest >= goal else 'MISSED'}")
    print("\n".join(lines))  # noqa: T201  a command's output
