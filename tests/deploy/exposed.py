"""The metrics that the services define, read from their source, and the names in a PromQL expression."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from confluent_kafka import KafkaException, Producer

from eccs_contracts.settings import kafka_security

ROOT: Final = Path(__file__).parents[2]

_SUFFIXES: Final = {
    "counter": ("_total",),
    "total": ("_total",),
    "gauge": ("",),
    "histogram": ("_bucket", "_sum", "_count"),
}
_VARIABLE: Final = re.compile(r'"([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)"')
_STRING: Final = re.compile(r'"[^"]*"')
_SELECTOR_OR_RANGE: Final = re.compile(r"\{[^}]*\}|\[[^\]]*\]")
_GROUPING: Final = re.compile(r"\b(?:by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)")
# Neither the unit of a duration such as 15m nor a function.
_NAME: Final = re.compile(r"(?<![\w:.])[a-zA-Z_:][\w:]*\b(?!\s*\()")
_KEYWORDS: Final = frozenset(("and", "or", "unless", "offset", "bool", "by", "without", "on", "ignoring"))
_OF_PROMETHEUS: Final = frozenset(("up", "ALERTS"))


def unread(names: Iterable[str]) -> set[str]:
    """The variables that none of our programs reads, by its sources or by handing them to librdkafka."""
    known = _in_sources()
    return {name for name in names if name not in known and not _of_librdkafka(name)}


def _of_librdkafka(name: str) -> bool:
    found = kafka_security({name.removesuffix("_FILE"): "x"})
    try:
        Producer(found)
    except KafkaException as error:  # of another kind where the name is right and the value is not
        return "No such configuration property" not in str(error)
    return bool(found)


def _in_sources() -> frozenset[str]:
    """Everything in capitals that our programs name, and each as the file that holds it."""
    folders = ("eccs_contracts", "compat_checks", "services")
    sources = [path.read_text("utf-8") for folder in folders for path in (ROOT / folder).rglob("*.py")]
    names = {name for source in sources for name in _VARIABLE.findall(source)}
    return frozenset(names | {f"{name}_FILE" for name in names})


def defined_metrics(service: str) -> frozenset[str]:
    """The sample names of every metric that the sources of a service define by a constant name."""
    sources = sorted((ROOT / "services" / service).rglob("*.py"))
    return frozenset(name for source in sources for name in metrics_of(source.read_text("utf-8")))


def metrics_of(source: str) -> Iterator[str]:
    """The sample names of one module."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
            first = node.args[0].value
            suffixes = _SUFFIXES.get(_called(node.func), ())
            if isinstance(first, str):
                yield from (first.removesuffix(suffix) + suffix for suffix in suffixes)


def _called(function: ast.expr) -> str:
    """The kind of metric that a call such as `Counter(...)`, `client.Counter(...)` or `self._counter(...)` makes."""
    name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
    return name.strip("_").lower()


def names_in(expression: str) -> frozenset[str]:
    """The metric names that an expression reads."""
    bare = _SELECTOR_OR_RANGE.sub(" ", _STRING.sub('""', expression))
    names = _NAME.findall(_GROUPING.sub(" ", bare))
    return frozenset(names) - _KEYWORDS - _OF_PROMETHEUS
