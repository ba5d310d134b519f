"""Rules and dashboard read what the services expose."""

from __future__ import annotations

import pytest

from services.notification_service.metrics import Metrics
from tests.deploy.exposed import defined_metrics, metrics_of, names_in
from tests.deploy.files import Expression, expressions, rules


@pytest.mark.parametrize("expression", expressions(), ids=lambda one: one.place)
def test_each_name_is_exposed_or_recorded(expression: Expression) -> None:
    """A rule on a name that nobody exposes would be silent for ever."""
    recorded = {rule["record"] for rule in rules("record")}
    exposed = defined_metrics("notification_service") | defined_metrics("email_service")

    assert names_in(expression.text) - recorded - exposed == frozenset()


def test_the_names_in_the_source_are_those_at_run_time() -> None:
    """Reading the source finds what the running service shows."""
    shown = {sample.name for metric in Metrics().registry.collect() for sample in metric.samples}
    shown = {name for name in shown if not name.endswith("_created")}
    families = {family.name for family in Metrics().registry.collect()}

    found = defined_metrics("notification_service")

    assert shown - found == set()
    assert {name for name in found if not any(name.startswith(family) for family in families)} == set()


def test_every_way_of_making_a_metric_is_found() -> None:
    """By the class, by its module, and by a method that makes one."""
    source = (
        'Counter("a", "x")\nclient.Gauge("b", "x")\nself._histogram("c_seconds", "x")\nprint("d")\nCounter("e_total")'
    )

    assert set(metrics_of(source)) == {
        "a_total",
        "b",
        "c_seconds_bucket",
        "c_seconds_sum",
        "c_seconds_count",
        "e_total",
    }


@pytest.mark.parametrize(
    ("expression", "names"),
    [
        ('sum by (le, topic) (rate(a_bucket{x="up and b"}[5m] offset 15m)) > 0.5', {"a_bucket"}),
        ("max(min_over_time(a[1m])) > 0 and on (job) r:b:sum unless c offset 1h", {"a", "r:b:sum", "c"}),
        ('absent(up{job="x"}) == 1 or 0 * sum(d)', {"d"}),
    ],
)
def test_names_are_told_from_functions_labels_and_durations(expression: str, names: set[str]) -> None:
    """PromQL has all of them in one line."""
    assert names_in(expression) == names
