"""What the service makes of a partition's offsets: missed records, positions, and the way through stubs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import pytest
from confluent_kafka import TopicPartition

from eccs_contracts.delivery import Desk, Progress, Stub
from services.notification_service.lag import missed
from services.notification_service.payloads import Route
from services.notification_service.positions import Positions

NOW = datetime(2026, 1, 1, tzinfo=UTC)
PLACE = ("retry", 0)


@pytest.mark.parametrize(
    ("progress", "begin", "counted", "count"),
    [
        (Progress(None), 100, 0, 0),
        (Progress(100), 100, 0, 0),
        (Progress(101), 100, 0, 0),
        (Progress(90), 100, 0, 10),
        (Progress(90), 100, 95, 5),
        (Progress(90), 100, 100, 0),
        (Progress(90, [range(92, 95), range(98, 120)]), 100, 0, 5),
        (Progress(90, [range(92, 95), range(98, 120)]), 100, 94, 3),
        (Progress(90, [range(200, 300)]), 100, 0, 10),
    ],
)
def test_records_before_the_beginning_of_the_log_are_missed(
    progress: Progress, begin: int, counted: int, count: int
) -> None:
    """Not those that were finished, not those that were counted before, and none if nothing was ever committed."""
    assert missed(progress, begin, counted) == count


def _stub(offset: int, partition: int = 0) -> Stub[tuple[str, int]]:
    return Stub(("retry", partition), offset, 1, NOW, 0)


def test_a_route_tells_what_is_gone_from_what_is_found() -> None:
    """A stub that the log has passed over is gone; one after the record that was met is still to be met."""
    route = Route([_stub(9), _stub(5), _stub(7), _stub(3, 1)])
    begin = route.next()
    earlier = route.meet(PLACE, 4)
    later = route.meet(PLACE, 7)

    assert begin == {PLACE: 5, ("retry", 1): 3}
    assert (earlier, later) == (([], []), ([_stub(5)], [_stub(7)]))
    assert route.next() == {PLACE: 9, ("retry", 1): 3}
    assert sorted(one.offset for one in route.rest()) == [3, 9]


class _Consumer:
    """Says where it stands."""

    def __init__(self) -> None:
        self.offset = -1001

    def position(self, places: Sequence[TopicPartition]) -> list[TopicPartition]:
        """As librdkafka: a negative number as long as nothing was consumed."""
        return [TopicPartition(one.topic, one.partition, self.offset) for one in places]


def test_a_position_of_an_older_assignment_moves_nothing() -> None:
    """Librdkafka may still have it when the partition comes back; somebody else may have finished less."""
    desk: Desk[tuple[str, int], str] = Desk(limit=1, window=1)
    consumer = _Consumer()
    positions = Positions(consumer, desk)  # type: ignore[arg-type]
    consumer.offset = 50
    positions.assigned([PLACE])
    desk.assign([PLACE], {PLACE: Progress(40)})
    stale = positions.look(), desk.committable()
    consumer.offset = -1001
    unknown = positions.look(), desk.committable()
    consumer.offset = 45
    known = positions.look(), desk.committable()

    assert stale == unknown == ({}, {})
    assert known == ({PLACE: 45}, {PLACE: Progress(45)})
