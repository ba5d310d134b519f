"""Faults of the service's own processes: kills at named points, signals, clocks, threads."""

from __future__ import annotations

import signal
import tempfile
import time
from pathlib import Path

from services.local_stack import Fault
from tests.fault.case import Injected, fault
from tests.fault.rig import SLOTS, Rig, pause

_KILLS = 2


def _kill_at(rig: Rig, point: str, **settings: str) -> Injected:
    """Let instances die at a point one after the other, and another one finish."""
    rig.sink.script(
        Fault("RCPT", "450 4.2.0 not now", r".*@retry\.example", first=1),
        Fault("RCPT", "550 5.1.1 no", r".*@gone\.example"),
        Fault("RCPT", "450 4.2.0 never", r".*@never\.example"),
    )
    rig.feed(60)
    rig.feed(20, "retry.example")
    rig.feed(10, "never.example")
    rig.feed(10, "gone.example")
    count = 1 if point == "before-commit" else 5
    for _ in range(_KILLS):
        victim = rig.start(ready="/health", ECCS_KILL_POINT=f"{point}:{count}", **settings)
        code = victim.wait(40)
        assert code == -signal.SIGKILL, f"exit code {code}: {victim.child.tail()}"
    lifted = time.monotonic()
    rig.start(**settings)
    bound = SLOTS * _KILLS if point == "after-send" and not settings else 0  # alone, no other send is cut off
    return Injected(_KILLS, bound, _KILLS, lifted=lifted)


def _register(point: str, title: str, settings: dict[str, str], *, fast: bool = False) -> None:
    def killed(rig: Rig) -> Injected:
        return _kill_at(rig, point, **settings)

    fault("19", f"SIGKILL {title}", fast=fast)(killed)


_ALONE = {"SMTP_SESSIONS": "1", "MAX_IN_FLIGHT": "1"}
_register("after-claim", "after the claim", _ALONE)
_register("after-send", "after the send (policy resend)", {}, fast=True)
_register("after-send", "after the send (policy park)", {"AMBIGUOUS_POLICY": "park"})
_register("after-retry-produce", "after the retry is written", _ALONE)
_register("after-dead-produce", "after the dead letter is written", _ALONE)
_register("after-mark", "after the mark", _ALONE)
_register("before-commit", "before the commit", _ALONE)


@fault("20", "SIGTERM under load", fast=True)
def terminated(rig: Rig) -> Injected:
    """It takes no more, finishes what is being sent, commits, leaves the group, and ends with 0."""
    rig.sink.script(Fault("DOT", "hang 0.2"))
    instance = rig.start()
    rig.feed(150)
    rig.until(lambda: len(rig.sink.messages) > 10, "it is under way")
    began = time.monotonic()
    code = instance.end()
    took = time.monotonic() - began
    assert code == 0, f"exit code {code}"
    assert len(rig.sink.messages) < 150, "everything was sent before the signal"
    lifted = time.monotonic()
    rig.start()
    return Injected(1, note=f"exit 0 after {took:.1f} s with messages left", lifted=lifted)


@fault("20", "SIGTERM twice, and a drain that takes longer than it may")
def terminated_twice(rig: Rig) -> Injected:
    """Both end with 2, soon; what was being sent may go out twice."""
    rig.sink.script(Fault("DOT", "hang 4", first=1))
    slow = {"SMTP_TIMEOUT_DOT": "60000"}
    hurried = rig.start(**slow)
    rig.feed(20)
    rig.until(lambda: len(rig.sink.attempts) >= SLOTS, "the slots are full")
    hurried.signal(signal.SIGTERM)
    pause(0.3)
    code = hurried.end(12)
    assert code == 2, f"exit code {code} after a second signal"
    overrun = rig.start(ready="/health", DRAIN_TIMEOUT="500", **slow)
    rig.feed(20)
    rig.until(lambda: len(rig.sink.attempts) >= 2 * SLOTS, "the slots are full again")
    code = overrun.end(12)
    assert code == 2, f"exit code {code} after an overrun"
    lifted = time.monotonic()
    rig.sink.script()
    rig.start()
    return Injected(2, bound=2 * SLOTS, crashes=2, note="exit 2 both times", lifted=lifted)


@fault("20", "SIGTERM while the broker is away")
def terminated_without_a_broker(rig: Rig) -> Injected:
    """It ends within its time although nothing can be committed; what was sent is not sent again."""
    instance = rig.start(DRAIN_TIMEOUT="5000")
    rig.sink.script(Fault("DOT", "hang 0.1"), Fault("RCPT", "450 4.2.0 not now", r".*@retry\.example", first=1))
    rig.feed(100)
    rig.feed(20, "retry.example")
    rig.until(lambda: len(rig.sink.messages) > 20, "it is under way")
    rig.broker.kill()
    began = time.monotonic()
    code = instance.end(40)
    took = time.monotonic() - began
    assert code in (0, 2), f"exit code {code} after {took:.0f} s"
    rig.broker.start()
    lifted = time.monotonic()
    rig.start()
    return Injected(1, note=f"exit {code} after {took:.1f} s", lifted=lifted)


def _skewed(path: Path, seconds: float) -> dict[str, str]:
    path.write_text(str(seconds))
    folder = Path(__file__).with_name("skew")
    return {"PYTHONPATH": str(folder), "FAULT_CLOCK_FILE": str(path)}


def _jump(rig: Rig, seconds: float) -> Injected:
    """Delays stay what they are in true time while the wall clock of the process jumps."""
    delay = 3.0
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "clock")
        settings = {"BASE_RETRY_DELAY": "3000", "MAX_RETRY_DELAY": "3000", **_skewed(path, 0)}
        rig.sink.script(Fault("RCPT", "450 4.2.0 not now", r".*@retry\.example", first=1))
        instance = rig.start(**settings)
        rig.feed(20, "retry.example")
        rig.until(lambda: instance.metric("email_retry_queue_depth") == 20, "20 wait", 10)
        path.write_text(str(seconds))
        rig.until(lambda: abs(instance.metric("clock_jump_seconds") - seconds) < 1, "it sees the jump", 10)
        rig.until(lambda: len(rig.sink.messages) == 20, "they go out", 15)
        rig.feed(20, "retry.example")
        rig.until(lambda: len(rig.sink.messages) == 40, "and those that came after the jump", 15)
        instance.end()
    waits = [each[1].time - each[0].time for each in rig.sink.attempts.values()]
    assert min(waits) >= delay * 0.9, f"a retry began after {min(waits):.2f} s"
    assert max(waits) < delay * 1.1 + 2, f"a retry began after {max(waits):.2f} s"
    return Injected(1, note=f"retries of 3 s ± 10 % came after {min(waits):.1f} to {max(waits):.1f} s")


@fault("25", "The wall clock jumps an hour ahead")
def clock_ahead(rig: Rig) -> Injected:
    """No retry is early."""
    return _jump(rig, 3600)


@fault("25", "The wall clock jumps an hour back")
def clock_back(rig: Rig) -> Injected:
    """No retry hangs."""
    return _jump(rig, -3600)


@fault("25", "Two hosts whose clocks are an hour apart")
def clocks_apart(rig: Rig) -> Injected:
    """Claims are not compared by clocks: none is taken for given up. A retry waits two longest delays at most."""
    rig.sink.script(Fault("RCPT", "450 4.2.0 not now", r".*@retry\.example", first=1), Fault("DOT", "hang 0.1"))
    with tempfile.TemporaryDirectory() as folder:
        ahead = rig.start(**_skewed(Path(folder, "ahead"), 3600))
        rig.start()
        rig.feed(100)
        rig.feed(30, "retry.example")
        rig.until(lambda: len(rig.sink.messages) == 130, "all arrive", 40)
        ahead.end()
    return Injected(1)


@fault("30", "The thread that delivers ends")
def thread_ends(rig: Rig) -> Injected:
    """`/livez` fails within its time; whoever watches it starts another process."""
    instance = rig.start(ready="/health", ECCS_KILL_POINT="after-claim:5:exit", LIVE_TTL="3000")
    rig.feed(30)
    rig.until(lambda: instance.get("/livez") == 503, "it is found dead", 15)
    instance.child.kill()
    instance.wait(5)
    lifted = time.monotonic()
    rig.start()
    return Injected(1, bound=SLOTS, crashes=1, lifted=lifted)
