"""Poison mails: refusals that seem to concern everybody, and that only some mails meet."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from services.local_stack import Fault
from tests.fault.case import Injected, fault
from tests.fault.rig import Rig, pause

_REPLIES: Final = (
    "421 4.3.0 no",
    "450 4.7.28 slower",
    "530 5.7.0 log in",
    "535 5.7.8 no",
    "drop-before",
    "503 5.5.1 no",
)
_BOUND: Final = 2.0  # seconds that a good mail may wait because of poison mails: docs/delivery.md
_GOOD: Final = 12  # at once, and as many again one after the other
_UNKNOWN: Final = 1500
_TRIES: Final = 8  # three holds and the attempt itself, each on two connections
_SMALLEST: Final = 60_000  # bytes of a poison mail's body: at MAIL the size is all that tells it from others


def _faults(phase: str) -> tuple[Fault, ...]:
    if phase == "MAIL":
        patterns = [rf".* SIZE={6 + number}\d{{4}}\b.*" for number in range(len(_REPLIES))]
    else:
        patterns = [rf".*@poison{number}\.example" for number in range(len(_REPLIES))]
    return tuple(Fault(phase, reply, pattern) for reply, pattern in zip(_REPLIES, patterns, strict=True))


def _feed_poison(rig: Rig, count: int) -> list[str]:
    """Feed mails that the replies are for in turn."""
    ids: list[str] = []
    for number in range(count):
        kind = number % len(_REPLIES)
        ids += rig.feed(1, f"poison{kind}.example", body="x" * (_SMALLEST + 10_000 * kind))
    return ids


def _feed_good(rig: Rig, fed: dict[str, float], count: int) -> None:
    began = time.time()
    fed.update(dict.fromkeys(rig.feed(count), began))


def _longest_wait(rig: Rig, fed: dict[str, float]) -> float:
    """Seconds from the production of a good mail to its end at the mail server, at most."""
    arrived = {(one.message_id or "")[1:].partition("@")[0]: one.time for one in rig.sink.messages}
    return max(arrived[one] - began for one, began in fed.items())


def _beside_harmless(rig: Rig, count: int) -> float:
    """The longest wait of a good mail beside as many mails that the server takes: what the machine costs."""
    fed: dict[str, float] = {}
    _feed_good(rig, fed, 1)
    _feed_poison(rig, count)
    _feed_good(rig, fed, _GOOD)
    rig.until(lambda: len(rig.sink.messages) >= len(fed) + count, "all harmless mails arrived")
    return _longest_wait(rig, fed)


def _poison(rig: Rig, phase: str, count: int) -> Injected:
    """No good mail waits for longer than the bound; each poison mail ends dead with what the server said."""
    rig.start()
    quiet = _beside_harmless(rig, count)
    before = len(rig.sink.messages)
    rig.sink.script(*_faults(phase))
    fed: dict[str, float] = {}
    poison = _feed_poison(rig, count)
    _feed_good(rig, fed, _GOOD)
    for _ in range(_GOOD):
        _feed_good(rig, fed, 1)
        pause(0.25)
    rig.until(lambda: all(rig.states().get(one) == "dead" for one in poison), "the poison mails are dead")
    rig.until(lambda: len(rig.sink.messages) >= before + len(fed), "all good mails arrived")
    wait = _longest_wait(rig, fed)
    assert wait <= quiet + _BOUND, f"a good mail waited {wait:.2f} s, {quiet:.2f} s beside harmless ones"
    reasons = [one["reason"] for one in rig.ledger.find({"_id": {"$in": poison}})]
    assert all(phase in reason for reason in reasons), reasons
    note = f"longest wait of a good mail {wait:.2f} s, {quiet:.2f} s beside as many harmless ones"
    return Injected(sum(rig.sink.fired.values()), note=note, tries=_TRIES)


def _note(phase: str, count: int) -> None:
    @fault("31", f"Poison mails at {phase}: {count} beside {2 * _GOOD} good ones", fast=(phase, count) == ("DOT", 5))
    def inject(rig: Rig) -> Injected:
        return _poison(rig, phase, count)


for _phase in ("MAIL", "RCPT", "DATA", "DOT"):
    for _count in (1, 2, 5, 50):
        _note(_phase, _count)


def _wait_beside(rig: Rig, bad: Callable[[], int], ended: Callable[[int], bool]) -> tuple[int, float]:
    """Feed what is bad, and good mails of another user beside it; how much it was, and their longest wait."""
    fed: dict[str, float] = {}
    _feed_good(rig, fed, 1)
    rig.until(lambda: len(rig.sink.messages) == 1, "the schema is known")
    with ThreadPoolExecutor(1) as other:
        answer = other.submit(bad)
        while not answer.done() or len(fed) < _GOOD:
            _feed_good(rig, fed, 1)
            pause(0.25)
    count = answer.result()
    rig.until(lambda: ended(count), "what is bad has its end", 150)
    rig.until(lambda: len(rig.sink.messages) >= len(fed), "all good mails arrived")
    return count, _longest_wait(rig, fed)


@fault("33", "1,500 values with schema ids that the registry does not have, all alike and each another")
def unknown_schemas(rig: Rig) -> Injected:
    """They wait for their schemas, and nobody waits for them; the guard stays open."""
    instance = rig.start()

    def bad() -> int:
        for number in range(_UNKNOWN):
            schema = 1_000_000 + number * (number % 2)
            rig.put(b"\x00" + schema.to_bytes(4, "big") + b"data", f"unknown{number}")
        return _UNKNOWN

    count, wait = _wait_beside(rig, bad, lambda most: instance.metric("email_dlq_total") >= most)
    assert instance.metric("email_dlq_guard_trips_total") == 0
    assert wait <= _BOUND, f"a good mail waited {wait:.2f} s"
    return Injected(count, note=f"longest wait of a good mail {wait:.2f} s")


@fault("34", "A batch of 200 of one user, for a template that does not exist")
def unknown_template(rig: Rig) -> Injected:
    """It is dead, the guard stays open, and the mails of others do not wait."""
    instance = rig.start(DLQ_WINDOW="40")
    count, wait = _wait_beside(
        rig,
        lambda: len(rig.feed(200, "mallory.example", template_id="nope", user_id="mallory")),
        lambda most: instance.metric("email_dlq_total") >= most,
    )
    assert instance.metric("email_dlq_guard_trips_total") == 0
    assert wait <= _BOUND, f"a good mail waited {wait:.2f} s"
    return Injected(count, note=f"longest wait of a good mail {wait:.2f} s")
