"""Numbers that operators type: one reading for options and forms."""

from __future__ import annotations

import pytest

from eccs_contracts._cli import main
from eccs_contracts.dead_letters.numbers import LEAST_RATE, MOST_RATE, decimal, rate, whole

WRONG = ["", " 1", "1 ", "+1", "-1", "1_0", "0x1", "1e3", "1e-300", "nan", "inf", "Infinity", "٣", "1\n", "9" * 5000]


@pytest.mark.parametrize("text", [*WRONG, "1.0", "0", "11", "9" * 18])
def test_what_is_no_whole_number_within_bounds_is_refused(text: str) -> None:
    """With the bounds."""
    with pytest.raises(ValueError, match="a whole number from 1 to 10 is expected"):
        whole(text, 1, 10)


@pytest.mark.parametrize(("text", "number"), [("1", 1), ("10", 10), ("007", 7)])
def test_both_bounds_are_numbers(text: str, number: int) -> None:
    """Leading zeros say nothing."""
    assert whole(text, 1, 10) == number


@pytest.mark.parametrize("text", [*WRONG, "1,5", ".", "5.", "1.0000000001", "0.009", "100000.1"])
def test_what_is_no_rate_is_refused(text: str) -> None:
    """A rate so small that nothing would ever be sent, for example."""
    with pytest.raises(ValueError, match=r"a number from 0\.01 to 100000 is expected"):
        rate(text)


@pytest.mark.parametrize(
    ("text", "number"),
    [("0.01", LEAST_RATE), ("100000", MOST_RATE), ("2.5", 2.5), (".5", 0.5), ("100000.0", MOST_RATE)],
)
def test_a_rate_is_a_plain_number(text: str, number: float) -> None:
    """Both bounds are rates."""
    assert rate(text) == number
    assert decimal(text, 0, MOST_RATE) == number


@pytest.mark.parametrize(
    "option",
    [
        ["dlq", "redrive", "--all", "--rate"],
        ["dlq", "redrive", "--all", "--max-redrives"],
        ["dlq", "redrive", "--all", "--timeout"],
        ["dlq", "redrive", "--all", "--partition"],
        ["dlq", "edit", "0/0", "--max-redrives"],
        ["dlq", "audit", "--wait"],
        ["dlq", "list", "--max"],
        ["dlq", "stats", "--max-total"],
        ["consume", "--max"],
        ["consume", "--timeout"],
        ["produce", "--batch"],
        ["groups", "describe", "g", "--max-lag"],
        ["groups", "reset", "g", "--to-offset"],
    ],
    ids=" ".join,
)
@pytest.mark.parametrize("text", ["1_0", "1e-300", "nan", "-1", "٣", "9" * 5000])
def test_every_number_of_a_command_is_read_so(option: list[str], text: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A usage error that repeats no more than the beginning, and only in ASCII."""
    code, said = main([*option, text]), capsys.readouterr().err

    assert (code, "number from" in said) == (2, True)
    assert said.isascii()
    assert len(said) < 1000


@pytest.mark.parametrize(
    "command",
    [["groups", "describe", ""], ["groups", "reset", "", "--to-latest"], ["dlq", "archive", "a", "--group", ""]],
)
def test_a_group_has_a_name(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """An empty one comes of a variable that is not set; librdkafka would raise ValueError."""
    assert main(command) == 2
    assert "the name of a group has at least 1 character" in capsys.readouterr().err
