"""Redrives: what came goes out again, once, whatever interrupts it; and the audit record says how each letter ended.

`make redrive-proof` runs the last test with 5,000 letters.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest
from pymongo.database import Database

from eccs_contracts import EmailDlq, EmailRequest, ErrorCategory
from eccs_contracts.dead_letters.letters import REDRIVE_COUNT, REDRIVE_OF
from eccs_contracts.dead_letters.store import BATCHES, RUNS
from eccs_contracts.headers import listed, text
from eccs_contracts.ledger import COLLECTION
from eccs_contracts.serde import ContractSerializer, Registry
from services.local_stack import SmtpSink, Stack
from services.local_stack.processes import Patience
from tests.integration.operations.operating import Operator, ended, ends, fill, originals, redriven, write
from tests.unit.cli.letters import envelope

LETTERS: Final = int(os.environ.get("ECCS_REDRIVE_LETTERS", "600"))
PATIENCE: Final = 60 + LETTERS // 20  # seconds until the service must have brought them to their ends
KILLING: Final = ("-m", "tests.integration.operations.killing")

pytestmark = [pytest.mark.stack, pytest.mark.timeout(180 + 2 * PATIENCE)]


def test_what_is_redriven_is_what_came(stack: Stack, operator: Operator, mark: str) -> None:
    """Key, value and headers, byte for byte; a second run sends nothing; a letter that comes back is counted."""
    (original,), since = originals(1), ends(stack)
    kept = [("x-user-id", b"u1"), ("custom", b"\xff\x00"), ("custom", None)]
    (value,) = fill(stack, mark, [original], headers=[*kept, (REDRIVE_COUNT, b"1")], key=b"\xfekey")
    command = ["dlq", "redrive", "--id", str(original.id)]

    dry = operator.answer(*command)
    assert (dry["done"], dry["send"], dry["again"], dry["left"]) == (False, 1, 1, {})
    assert redriven(stack, since) == []

    assert operator.answer(*command, "--yes", "--note", "why")["items"] == {"sent": 1}
    (message,) = redriven(stack, since)
    assert (message.key(), message.value()) == (b"\xfekey", value)
    assert listed(message.headers())[:4] == [*kept, (REDRIVE_COUNT, b"2")]

    assert operator.answer(*command, "--yes")["left"] == {"already": 1}
    assert len(redriven(stack, since)) == 1
    assert operator.answer("dlq", "stats", "--id", str(original.id))["redrivenBefore"] == 1


def test_letters_of_both_topics_are_chosen_by_time(stack: Stack, operator: Operator, mark: str) -> None:
    """Each goes to the topic that it came from; what is older than asked for stays."""
    old, new, retried = originals(3)
    fill(stack, mark, [old], failed_at=datetime.now(UTC) - timedelta(minutes=30))
    fill(stack, mark, [new])
    fill(stack, mark, [retried], original_topic="email_requests_retry")
    command = ["dlq", "redrive", "--where", f"dlqMetadata.serviceInstance={mark}", "--since", "10m"]

    assert operator.answer(*command)["topics"] == {"email_requests": 1, "email_requests_retry": 1}
    assert operator.answer(*command, "--yes")["items"] == {"sent": 2}
    audit = operator.answer("dlq", "audit", "latest", "--items")["items"]
    assert {(one["emailId"], one["target"].split("/")[0]) for one in audit} == {
        (str(new.id), "email_requests"),
        (str(retried.id), "email_requests_retry"),
    }


def test_two_redrives_do_not_work_at_once(operator: Operator, database: Database[dict[str, Any]]) -> None:
    """The process that holds the lock lives: here it is the parent of this one."""
    host, other = os.uname().nodename, os.getppid()
    database[RUNS].insert_one({"_id": "lock", "host": host, "pid": other, "beat": datetime.now(UTC)})
    code, _, error = operator.run("dlq", "redrive", "--all", "--yes")
    database[RUNS].delete_one({"_id": "lock"})

    assert (code, f"process {other}" in error) == (1, True)


def test_a_redrive_that_was_taken_over_from_ends(
    stack: Stack, operator: Operator, database: Database[dict[str, Any]], mark: str
) -> None:
    """It stood still for so long that it was taken for dead: it sends nothing more."""
    fill(stack, mark, originals(3))
    command = ["dlq", "redrive", "--where", f"dlqMetadata.serviceInstance={mark}", "--yes", "--rate", "1"]
    child = operator.begin("-m", "eccs_contracts", *command, PYTHONUNBUFFERED="1")
    assert child.stdout is not None
    assert child.stdout.readline()
    child.send_signal(signal.SIGSTOP)
    other = {"host": "elsewhere", "pid": 1, "beat": datetime.now(UTC)}
    assert database[RUNS].update_one({"_id": "lock"}, {"$set": other}).matched_count
    child.send_signal(signal.SIGCONT)
    code, _, error = ended(child)
    kept = database[RUNS].delete_one({"_id": "lock", "host": "elsewhere"}).deleted_count

    assert (code, "took over" in error, kept) == (1, True, 1)


def test_a_message_that_is_too_large_is_counted_and_the_others_are_sent(
    stack: Stack, operator: Operator, mark: str
) -> None:
    """With the headers of the redrive it is more than its topic takes."""
    small, large = originals(2)
    large.body = "x" * 1_048_300
    fill(stack, mark, [small])
    letters = ContractSerializer(Registry.from_env(stack.environment), EmailDlq, subject=EmailDlq.SUBJECT)
    fields = {"service_instance": mark, "failed_at": datetime.now(UTC), "error_category": ErrorCategory.VALIDATION}
    write(stack, EmailDlq.TOPIC, [(b"large", letters(envelope(large, b"x" * 1_048_500, **fields)), [])])
    command = ["dlq", "redrive", "--where", f"dlqMetadata.serviceInstance={mark}", "--yes", "--format", "json"]
    code, output, _ = operator.run(*command)

    assert code == 1
    assert '"sent": 1' in output
    assert '"failed": 1' in output


@pytest.mark.parametrize(("moment", "part"), [("intended", 0.0), ("half-sent", 0.5), ("all-sent", 1.0)])
def test_what_is_uncertain_after_a_kill_is_looked_up(
    stack: Stack, operator: Operator, database: Database[dict[str, Any]], mark: str, moment: str, part: float
) -> None:
    """Whatever part of a batch had reached the broker: the next run sends the others, and only these."""
    letters, since = originals(15), ends(stack)
    fill(stack, mark, letters)
    command = ["dlq", "redrive", "--where", f"dlqMetadata.serviceInstance={mark}", "--yes"]
    there, uncertain = _killed(operator, database, (moment, 1), command, lambda: redriven(stack, since))
    assert uncertain > 0
    assert there == int(uncertain * part)
    assert operator.run(*command)[0] == 0

    _each_was_sent_once(operator, letters, redriven(stack, since))


def test_what_is_written_down_is_not_looked_at_again(
    stack: Stack, operator: Operator, database: Database[dict[str, Any]], mark: str
) -> None:
    """Killed when a batch was sent and written, but not how far the run was."""
    letters, since = originals(15), ends(stack)
    fill(stack, mark, letters)
    command = ["dlq", "redrive", "--where", f"dlqMetadata.serviceInstance={mark}", "--yes"]
    assert _killed(operator, database, ("written", 1), command, lambda: redriven(stack, since)) == (0, 0)
    assert redriven(stack, since)
    assert operator.run(*command)[0] == 0

    _each_was_sent_once(operator, letters, redriven(stack, since))


def test_each_letter_of_a_redrive_that_was_killed_twice_ends_once(
    stack: Stack, operator: Operator, database: Database[dict[str, Any]], sink: SmtpSink, service: str, mark: str
) -> None:
    """Delivered once or dead once, and the audit record says which: by ids in the topic, the mails and the ledger."""
    letters, since, dead_since = originals(LETTERS), ends(stack), ends(stack, EmailDlq.TOPIC)
    gone = {str(one.id) for one in letters if one.to.endswith("@gone.example")}
    _as_dead(database, letters)
    fill(stack, mark, letters)
    command = ["dlq", "redrive", "--where", f"dlqMetadata.serviceInstance={mark}", "--yes"]

    half = _killed(operator, database, ("half-sent", 1 + LETTERS // 500), command, lambda: redriven(stack, since))
    assert half[0] == half[1] // 2 > 0, "the first one died with half a batch on the broker, all of it uncertain"
    whole = _killed(operator, database, ("all-sent", 1 + LETTERS // 1000), command, lambda: redriven(stack, since))
    assert whole[0] == whole[1] > 0, "the second one died with a whole batch on the broker, all of it uncertain"
    assert operator.run(*command)[0] == 0

    sent = redriven(stack, since)
    places = _each_was_sent_once(operator, letters, sent)
    again = sent[: LETTERS // 10]  # were something written twice nevertheless, the ledger lets it through once
    write(stack, EmailRequest.TOPIC, [(one.key(), one.value(), listed(one.headers())) for one in again])

    audit = operator.answer("dlq", "audit", "latest", "--items", "--wait", str(PATIENCE))
    assert audit["ends"] == {"delivered": LETTERS - len(gone), "dead": len(gone)}
    assert {one["emailId"]: one["end"] for one in audit["items"]} == {
        name: "dead" if name in gone else "delivered" for name in places
    }
    read = Patience(PATIENCE, threading.Event()).until(
        lambda: not operator.answer("groups", "describe", service)["lag"]
    )
    assert read, "the service does not come to the end of its topics"
    mails = Counter(recipient for mail in sink.messages for recipient in mail.recipients)
    assert mails == {one.to: 1 for one in letters if str(one.id) not in gone}
    entries = database[COLLECTION].find({"_id": {"$in": list(places)}})
    assert Counter((one["state"], one["redrive"]) for one in entries) == {
        ("sent", 1): LETTERS - len(gone),
        ("dead", 1): len(gone),
    }
    back = sum(ends(stack, EmailDlq.TOPIC).values()) - sum(dead_since.values()) - LETTERS
    assert back == len(gone)
    said = [
        f"{LETTERS:,} letters, killed with {half[0]} of {half[1]} and {whole[0]} of {whole[1]} uncertain ones sent",
        f"ends by the audit record: {audit['ends']}; mails: {mails.total():,}; back in the DLQ: {back:,}",
    ]
    sys.stdout.write("\n".join(said) + "\n")


def _as_dead(database: Database[dict[str, Any]], letters: list[EmailRequest]) -> None:
    """Entries of the ledger as the service leaves them."""
    dead = {"state": "dead", "attempt": 0, "updatedAt": datetime.now(UTC) - timedelta(hours=1)}
    database[COLLECTION].insert_many([{"_id": str(one.id), **dead} for one in letters])


def _killed(
    operator: Operator,
    database: Database[dict[str, Any]],
    moment: tuple[str, int],
    command: list[str],
    sent: Callable[[], list[Any]],
) -> tuple[int, int]:
    """Kill a redrive; how many of its messages are on the broker, of how many of which it is not known."""
    code, _, errors = operator.process(*KILLING, moment[0], str(moment[1]), *command)
    assert code == -signal.SIGKILL, errors
    batches = database[BATCHES].find({"open": True})
    uncertain = {item["identity"] for batch in batches for item in batch["items"] if item["state"] == "intended"}
    there = {text(listed(message.headers()), REDRIVE_OF) for message in sent()}
    return len(there & uncertain), len(uncertain)


def _each_was_sent_once(operator: Operator, letters: list[EmailRequest], sent: list[Any]) -> dict[str, str]:
    """The topic and the audit record say the same of each letter; its place in the topic by its e-mail id."""
    assert Counter(message.key() for message in sent) == {str(one.id).encode(): 1 for one in letters}
    places = {one.key().decode(): f"{one.topic()}/{one.partition()}/{one.offset()}" for one in sent}
    items = operator.answer("dlq", "audit", "latest", "--items")["items"]
    assert {one["emailId"]: (one["state"], one["target"]) for one in items} == {
        name: ("sent", place) for name, place in places.items()
    }
    return places
