"""Faults of the ledger's database."""

from __future__ import annotations

import time

from services.local_stack import Fault
from tests.fault.case import Injected, fault
from tests.fault.rig import Instance, Rig, pause

_NOT_PRIMARY = 10107
_WRITE_CONCERN = {"code": 64, "errmsg": "waiting for replication timed out"}


@fault("9", "MongoDB down before the send")
def down_before(rig: Rig) -> Injected:
    """Without a ledger nothing is sent."""
    instance = rig.start()
    rig.mongo.down()
    rig.feed(50)
    pause(4)
    assert len(rig.sink.messages) == 0
    pages = instance.get("/readyz"), instance.get("/livez")
    assert pages == (503, 200), pages
    lifted = time.monotonic()
    rig.mongo.up()
    return Injected(50, note="nothing sent, not ready, live", lifted=lifted)


@fault("10", "MongoDB down between the server's 250 and the mark", fast=True)
def down_between(rig: Rig) -> Injected:
    """What was sent is kept in mind until it is written down; it is not sent again."""
    rig.start()
    with rig.fail_commands(["update"], closeConnection=True):
        rig.feed(30)
        rig.until(lambda: len(rig.sink.messages) >= 8, "the slots are full")
        pause(2)
        sent = len(rig.sink.messages)
        lifted = time.monotonic()
    return Injected(sent, note=f"{sent} sent and not marked for 2 s", lifted=lifted)


@fault("10", "MongoDB down between the 250 and the mark, and SIGKILL")
def down_between_and_killed(rig: Rig) -> Injected:
    """The marks that were pending are the duplicates: at most as many as there are slots."""
    instance = rig.start()
    with rig.fail_commands(["update"], closeConnection=True):
        rig.feed(30)
        rig.until(lambda: len(rig.sink.messages) >= 8, "the slots are full")
        pause(1)
        pending = len(rig.sink.messages)
        instance.child.kill()
        instance.wait(5)
    lifted = time.monotonic()
    rig.start()
    return Injected(pending, bound=pending, crashes=1, note=f"{pending} marks pending", lifted=lifted)


@fault("11", "MongoDB steps down, times out on the write concern, answers late")
def unwilling(rig: Rig) -> Injected:
    """Claims and marks are repeated; a claim that was written and not answered is found again as ours."""
    instance = rig.start()
    rig.sink.script(Fault("RCPT", "450 4.2.0 not now", r".*@retry\.example", first=1))
    with rig.fail_commands(["insert", "update", "find"], {"times": 4}, errorCode=_NOT_PRIMARY):
        rig.feed(15)
        rig.feed(5, "retry.example")
        rig.until(lambda: len(rig.sink.messages) >= 1, "it goes on")
    refused = _failures(instance)
    with rig.fail_commands(["insert", "update"], {"times": 4}, writeConcernError=_WRITE_CONCERN):
        rig.feed(15)
        rig.feed(5, "retry.example")
        rig.until(lambda: len(rig.sink.messages) >= 30, "it goes on after the write concern")
    unsure = _failures(instance) - refused
    assert min(refused, unsure) >= 1, f"{refused} commands were refused, {unsure} not confirmed"
    began = time.monotonic()
    with rig.fail_commands(["insert", "update"], blockConnection=True, blockTimeMS=300):
        ids = rig.feed(15)
        rig.until(lambda: "sent" in map(rig.states().get, ids), "it goes on although slowly")
        slow = time.monotonic() - began
        assert slow >= 0.6, f"claim and mark were there after {slow:.2f} s: nothing was slow"
    return Injected(refused + unsure + 1, note=f"{refused} refused, {unsure} not confirmed, then 300 ms each")


def _failures(instance: Instance) -> int:
    """How often the service met MongoDB failing: gates that closed, and marks that it insisted on."""
    return sum(
        one["event"] == "insisting" or (one["event"] == "gate" and one["closed"] == "mongodb") for one in instance.log()
    )
