"""When a promise about abuse counts as kept."""

from __future__ import annotations

import pytest

from tests.benchmark.abuse.report import Met, missed, quantile, table


def _met(load: str = "load", *, send: float = 0.01, probe: float = 0.01, memory: int = 100) -> Met:
    return Met(load, {"send": [send] * 100, "e-mail /livez": [probe] * 100}, {"e-mail": memory})


QUIET = _met("quiet")


@pytest.mark.parametrize(
    ("met", "said"),
    [
        (_met(send=0.04, probe=0.1, memory=150), []),
        (_met(send=0.041), ["4.1 times as long"]),
        (_met(probe=0.101), ["e-mail /livez answers after 101 ms"]),
        (_met(memory=151), ["1.51 times the memory"]),
        (_met(send=float("inf")), ["inf times as long"]),
    ],
)
def test_a_promise_is_missed_beyond_its_bound(met: Met, said: list[str]) -> None:
    """And not at it."""
    found = missed(met, QUIET)

    assert len(found) == len(said)
    assert all(part in line for part, line in zip(said, found, strict=True))


def test_a_quantile_is_a_value_that_was_met() -> None:
    """The largest at the end."""
    values = [float(number) for number in range(100)]

    assert [quantile(values, share) for share in (0.0, 0.5, 0.99, 1.0)] == [0.0, 50.0, 99.0, 99.0]


def test_the_table_says_whether_each_load_was_held() -> None:
    """A row each."""
    rows = table([QUIET, _met(send=0.05)]).splitlines()[2:]

    assert [row.rsplit("|", 2)[1].strip() for row in rows] == ["yes", "no"]
