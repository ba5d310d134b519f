"""When the registry is asked for a schema, and when it is not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from eccs_contracts.errors import UnknownSchema
from services.notification_service.message import Record
from services.notification_service.schema_lookups import SchemaLookups

NOW = datetime(2026, 1, 1, tzinfo=UTC)
_ERROR = UnknownSchema("the registry does not know schema 7")


def _at(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def test_one_record_asks_for_all_of_its_schema() -> None:
    """The others ask again soon, and go on when it is found."""
    lookups = SchemaLookups()
    first = [lookups.begin(b"7", NOW) for _ in range(3)]
    lookups.found(b"7")

    assert first == [None, _at(0.05), _at(0.05)]
    assert lookups.begin(b"7", NOW) is None


def test_a_schema_that_is_not_there_is_looked_up_three_more_times() -> None:
    """Once a second, whatever number of records waits; then they are given up without another question."""
    lookups, given_up = SchemaLookups(), []
    for second in range(4):
        assert lookups.begin(b"7", _at(second)) is None
        given_up.append(lookups.unknown(b"7", _ERROR, _at(second)))
        between = lookups.begin(b"7", _at(second + 0.9))

    assert given_up == [False, False, False, True]
    assert between is _ERROR
    assert lookups.next_at(b"7", _at(3)) == _at(4)


def test_a_schema_that_was_given_up_is_looked_up_once_a_second() -> None:
    """It may have been registered; a record that comes then does not wait for three more looks."""
    lookups = SchemaLookups()
    for second in range(4):
        lookups.begin(b"7", _at(second))
        lookups.unknown(b"7", _ERROR, _at(second))
    again = lookups.begin(b"7", _at(4))

    assert again is None
    assert lookups.unknown(b"7", _ERROR, _at(4))


def test_a_registry_that_is_away_tells_nothing_of_a_schema() -> None:
    """However long it is away."""
    lookups = SchemaLookups()
    for second in range(20):
        assert lookups.begin(b"7", _at(second)) is None
        lookups.failed(b"7", _at(second))
        assert lookups.begin(b"7", _at(second)) == _at(second + 1)
    lookups.begin(b"7", _at(20))

    assert not lookups.unknown(b"7", _ERROR, _at(20))


def test_only_a_few_schemas_are_looked_up_at_the_same_time() -> None:
    """The others ask again later, the more of them there are; each place that gets free is taken."""
    lookups = SchemaLookups()
    asked = [lookups.begin(b"%d" % number, NOW) for number in range(2000)]
    lookups.found(b"0")

    assert asked[:5] == [None] * 4 + [_at(0.05)]
    assert asked[1999] == _at(4)
    assert lookups.begin(b"1999", NOW) is None


def test_the_memory_is_bounded() -> None:
    """What was asked for longest ago begins anew."""
    lookups = SchemaLookups()
    lookups.begin(b"first", NOW)
    lookups.unknown(b"first", _ERROR, NOW)
    for number in range(10_000):
        lookups.begin(b"%d" % number, NOW)
    for number in range(4):
        lookups.found(b"%d" % number)

    assert lookups.begin(b"first", NOW) is None


def test_a_schema_is_named_by_its_guid_or_by_its_id() -> None:
    """Two records whose values begin alike can have different schemas."""
    frame = b"\0\0\0\0\7value"
    named = Record("t", 0, 0, None, frame, [])
    guids = [Record("t", 0, 0, None, frame, [("__value_schema_id", value)]) for value in (b"\1a", b"\1b")]

    assert named.schema == b"\0\0\0\0\7"
    assert [one.schema for one in guids] == [b"\1a", b"\1b"]
