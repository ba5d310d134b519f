"""Whose fault a refusal is, and whether a server throttles mails in general."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from eccs_contracts.delivery import MESSAGE_PHASES, Blame, Pace, ServerEvidence, ThrottleGauge

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def test_one_refusal_tells_nothing() -> None:
    """Nor does the second of the same mail, as long as nothing else was tried."""
    evidence = ServerEvidence(2)

    assert [evidence.refused("a", "DOT"), evidence.refused("a", "DOT")] == [Blame.UNKNOWN] * 2
    assert not evidence.suspected


def test_different_mails_in_a_row_put_the_server_under_suspicion() -> None:
    """An answer to any mail ends it."""
    evidence = ServerEvidence(2)
    blames = [evidence.refused(mail, "RCPT") for mail in ("a", "b", "a")]
    before = evidence.suspected
    evidence.answered("c", evidence.begin())

    assert blames == [Blame.UNKNOWN, Blame.SERVER, Blame.SERVER]
    assert (before, evidence.suspected) == (True, False)


def test_an_answer_to_another_mail_makes_the_next_refusals_the_mails_own() -> None:
    """Until others put the server under suspicion."""
    evidence = ServerEvidence(1)
    evidence.refused("a", "DOT")
    evidence.answered("b", evidence.begin())
    blames = [evidence.refused("a", "DOT"), evidence.refused("a", "DOT")]
    evidence.refused("c", "DOT")

    assert [*blames, evidence.refused("a", "DOT")] == [Blame.MAIL, Blame.MAIL, Blame.SERVER]
    assert [evidence.blames(mail) for mail in ("a", "b", "c")] == [True, False, False]


def test_a_mail_that_was_answered_begins_anew() -> None:
    """What it met before is over."""
    evidence = ServerEvidence(8)
    evidence.refused("a", "DOT")
    evidence.answered("a", evidence.begin())
    evidence.answered("b", evidence.begin())

    assert evidence.refused("a", "DOT") is Blame.UNKNOWN


def test_an_answer_to_a_mail_that_was_under_way_already_proves_nothing() -> None:
    """Its sending began before the refusal, and the server may have gone down between."""
    evidence = ServerEvidence(8)
    began = evidence.begin()
    evidence.refused("a", "DOT")
    evidence.answered("b", began)

    assert evidence.refused("a", "DOT") is Blame.UNKNOWN


@pytest.mark.parametrize("refused", MESSAGE_PHASES)
@pytest.mark.parametrize("answered", MESSAGE_PHASES)
def test_an_answer_proves_that_the_server_works_up_to_its_phase(refused: str, answered: str) -> None:
    """A recipient that does not exist says nothing of a content filter that is down."""
    evidence = ServerEvidence(1)
    evidence.refused("a", refused)
    evidence.answered("b", evidence.begin(), answered)
    proved = MESSAGE_PHASES.index(answered) >= MESSAGE_PHASES.index(refused)

    assert evidence.suspected is not proved
    assert evidence.refused("a", refused) is (Blame.MAIL if proved else Blame.SERVER)


def test_a_shared_limit_is_no_mails_own_while_waiting_helps() -> None:
    """A mail that had been throttled got through later."""
    evidence = ServerEvidence(8)
    for mail in ("a", "b"):
        evidence.refused(mail, "RCPT", shared=True)
    evidence.answered("b", evidence.begin())

    assert evidence.refused("a", "RCPT", shared=True) is Blame.UNKNOWN
    assert evidence.refused("a", "RCPT") is Blame.MAIL
    assert evidence.refused("a", "RCPT", shared=True) is Blame.UNKNOWN


def test_the_memory_is_bounded() -> None:
    """The mail that was refused longest ago begins anew."""
    evidence = ServerEvidence(8, memory=1)
    for mail in ("a", "b"):
        evidence.refused(mail, "DOT")
    evidence.answered("c", evidence.begin())

    assert [evidence.refused("b", "DOT"), evidence.refused("a", "DOT")] == [Blame.MAIL, Blame.UNKNOWN]


@pytest.mark.parametrize("numbers", [(0, 1), (1, 0)])
def test_impossible_evidence_is_refused(numbers: tuple[int, int]) -> None:
    """With both numbers."""
    with pytest.raises(ValueError, match="evidence needs"):
        ServerEvidence(*numbers)


def _paces(windows: list[tuple[int, int]], length: float = 1.0) -> list[Pace]:
    """What a gauge says at the end of each window of so many throttled and so many served mails."""
    gauge, said = ThrottleGauge(3), []
    for number, (throttled, served) in enumerate([*windows, (0, 1)]):
        now = NOW + timedelta(seconds=number * length)
        first = [gauge.note(now, f"t{each}", throttled=True) for each in range(throttled)]
        first += [gauge.note(now, f"s{each}", throttled=False) for each in range(served)]
        said.append((first or [gauge.note(now, "t0", throttled=True)])[0])
        assert set(first[1:]) <= {Pace.KEEP}
    return said[1:]


@pytest.mark.parametrize(
    ("windows", "paces"),
    [
        ([(3, 2)], [Pace.KEEP]),
        ([(3, 2), (3, 2), (3, 2)], [Pace.KEEP, Pace.SLOWER, Pace.SLOWER]),
        ([(2, 1), (2, 1)], [Pace.KEEP, Pace.KEEP]),
        ([(3, 3), (3, 4)], [Pace.FASTER, Pace.FASTER]),
        ([(3, 2), (3, 3), (3, 2)], [Pace.KEEP, Pace.FASTER, Pace.KEEP]),
    ],
)
def test_most_mails_of_two_seconds_in_a_row_slow_the_rate_down(
    windows: list[tuple[int, int]], paces: list[Pace]
) -> None:
    """Once for each second; a second in which most were served lets it go up again."""
    assert _paces(windows) == paces


def test_seconds_with_a_gap_between_them_are_not_in_a_row() -> None:
    """A burst in each minute is no reason."""
    assert _paces([(3, 0), (3, 0), (3, 0)], 2.5) == [Pace.KEEP] * 3


def test_one_mail_counts_once_in_a_second() -> None:
    """However often it is throttled."""
    gauge = ThrottleGauge(2)
    said = [gauge.note(NOW + timedelta(seconds=number / 4), "a", throttled=True) for number in range(20)]

    assert set(said) == {Pace.KEEP}


def test_an_impossible_gauge_is_refused() -> None:
    """With the number."""
    with pytest.raises(ValueError, match="not 0"):
        ThrottleGauge(0)
