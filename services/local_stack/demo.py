"""`make demo`: from a schema to delivered e-mails on a real broker, with the books to prove it."""

from __future__ import annotations

import argparse
import json
import os
import secrets
import sys
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import httpx
import jwt

from eccs_contracts import EmailRequest, EmailRequestsProducer
from eccs_contracts.clients import Delivery, RawProducer
from eccs_contracts.errors import ContractsError
from eccs_contracts.migration import request_from_json
from eccs_contracts.settings import kafka_config
from services.local_stack import Fault, SmtpSink, Stack, StackOptions, start_stack
from services.local_stack.books import Books, Place, balance
from services.local_stack.errors import StackError
from services.local_stack.processes import Child, Patience, Server, run_server
from services.local_stack.up import apply_contracts

_EXAMPLES: Final = Path("examples/emails.jsonl")
_DEADLINE: Final = 75.0  # seconds from the first message until every one has its end
_FAULTS: Final = (
    Fault("RCPT", "450 4.2.0 greylisted, come back later", r".*@greylist\.example", first=2),
    Fault("RCPT", "550 5.1.1 no such user", r".*@gone\.example"),
    Fault("DATA", "451 4.3.0 try again", r".*@down\.example"),
)
_FRAMES: Final = (
    b"",
    None,
    b"\x00\x00",
    b"\x05\x00\x00\x00\x01abc",
    b"\x00\x7f\xff\xff\xff\x02",
    b"\xff\xfe\x00garbage",
)
_HTTP: Final = 24  # e-mails that come in through the e-mail service
_SETTINGS: Final = {
    "BASE_RETRY_DELAY": "250",
    "MAX_RETRY_DELAY": "4000",
    "GREYLIST_DELAY": "1000",
    "CLAIM_LEASE": "4000",
}


def run(argv: list[str]) -> int:
    """Run the demo from the command line; 0 where the books are in order, 1 where they are not."""
    parser = argparse.ArgumentParser("python -m services.local_stack demo", description=(__doc__ or "").strip())
    parser.add_argument(
        "--kill-after", type=int, metavar="N", help="kill the notification service once N mails have arrived"
    )
    return play(parser.parse_args(argv).kill_after)


def play(kill_after: int | None = None, say: Callable[[str], None] = print) -> int:
    """Run the demo; 0 where the books are in order.

    Args:
        kill_after: kill the notification service once so many mails have arrived, and start it again.
        say: takes each line for people.
    """
    with start_stack(StackOptions(smtp_faults=_FAULTS), say) as stack:
        if stack.sink is None:
            raise StackError("the demo needs its own mail server, for the faults: unset SMTP_HOST")
        apply_contracts(stack.environment)
        say("topics and schemas are applied")
        books = _play(stack, stack.sink, kill_after, say)
        for line in table(books, apache=stack.kafka_is_apache):
            say(line)
    allowed = 16 if kill_after is not None else 0  # SMTP_SESSIONS: the sends that a crash may interrupt
    return 0 if not books.faults and books.duplicates <= allowed else 1


def _play(stack: Stack, sink: SmtpSink, kill_after: int | None, say: Callable[[str], None]) -> Books:
    secret = secrets.token_hex(32)
    env = {**os.environ, **_SETTINGS, **stack.environment, "JWT_SECRET": secret}
    with ExitStack() as cleanup:
        _, notification = _service(cleanup, "notification_service", env)
        url, _ = _service(cleanup, "email_service", env)
        say("both services are ready")
        killer = threading.Thread(target=_crash, args=(cleanup, env, sink, notification, say))
        if kill_after is not None:
            threading.Thread(target=_when, args=(sink, kill_after, killer.start), daemon=True).start()
        fed = _feed(stack.environment)
        by_http = _send_over_http(url, secret)
        say(f"fed {len(fed)} messages to the topic and {by_http} over HTTP")
        crashes = 0 if kill_after is None else 1
        books = _settle(lambda: balance(fed, by_http, sink, stack.environment, crashes), say)
        if killer.ident is not None:
            killer.join()
        elif kill_after is not None:
            raise StackError(f"the run was over before {kill_after} mails had arrived: nothing was killed")
        return books


def _when(sink: SmtpSink, mails: int, act: Callable[[], None]) -> None:
    sink.wait_for(lambda one: len(one.messages) >= mails, _DEADLINE)
    act()


def _service(cleanup: ExitStack, name: str, env: Mapping[str, str]) -> tuple[str, Child]:
    server = Server(
        name=name,
        command=lambda _, ports: ["env", f"HTTP_PORT={ports[0]}", sys.executable, "-m", f"services.{name}"],
        answers=lambda port: _is_ready(f"http://127.0.0.1:{port}/readyz"),
        environment=env,
    )
    child, port = run_server(server, Patience(45, threading.Event()))
    cleanup.callback(child.stop)
    return f"http://127.0.0.1:{port}", child


def _is_ready(url: str) -> bool:
    try:
        return httpx.get(url, timeout=5).is_success
    except httpx.HTTPError:
        return False


def _feed(env: Mapping[str, str]) -> dict[Place, bytes | None]:
    """Send every example: each third good one as Avro, the others as they stand; and frames that are broken."""
    lines = _EXAMPLES.read_bytes().splitlines()
    producer, raw = EmailRequestsProducer.from_env(env), RawProducer(kafka_config(env))
    answers: list[tuple[bytes | None, Future[Delivery]]] = []
    for number, line in enumerate(lines):
        request = _readable(line) if number % 3 == 0 else None
        if request is not None:
            answers.append((producer.serialize(request), producer.send(request)))
        else:
            answers.append((line, raw.send(EmailRequest.TOPIC, line, key=_key(line), headers=[])))
    answers += [(frame, raw.send(EmailRequest.TOPIC, frame, key=b"broken", headers=[])) for frame in _FRAMES]
    fed = {_place(answer.result(30)): value for value, answer in answers}
    producer.close()
    raw.close()
    return fed


def _readable(line: bytes) -> EmailRequest | None:
    try:
        request = request_from_json(line, datetime.now(UTC)).request
        request.validate()
    except ContractsError:
        return None
    return request


def _key(line: bytes) -> bytes | None:
    try:
        return str(json.loads(line)["id"]).encode()
    except ValueError:
        return None


def _place(delivery: Delivery) -> Place:
    return delivery.topic, delivery.partition, delivery.offset


def _send_over_http(url: str, secret: str) -> int:
    token = jwt.encode({"sub": "demo", "exp": int(time.time()) + 600}, secret, algorithm="HS256")
    emails = [
        {"to": f"http{number}@example.com", "subject": f"Over HTTP {number}", "body": "Hello"}
        for number in range(_HTTP)
    ]
    answer = httpx.post(
        f"{url}/api/emails/batch", json=emails, headers={"Authorization": f"Bearer {token}"}, timeout=30
    )
    answer.raise_for_status()
    return sum(item["status"] == "accepted" for item in answer.json()["items"])


def _crash(
    cleanup: ExitStack, env: Mapping[str, str], sink: SmtpSink, child: Child, say: Callable[[str], None]
) -> None:
    """Kill what delivers, in the middle of its work, and start it anew."""
    child.kill()
    say(f"killed the notification service after {len(sink.messages)} mails")
    _service(cleanup, "notification_service", env)
    say("and started it again")


def _settle(close: Callable[[], Books], say: Callable[[str], None]) -> Books:
    """Wait until every message has its end, then close the books."""
    deadline = time.monotonic() + _DEADLINE
    while True:
        books = close()
        if books.settled >= books.accepted or time.monotonic() > deadline:
            return books
        say(f"  {books.settled} of {books.accepted} have their end")
        threading.Event().wait(2)


def table(books: Books, *, apache: bool) -> list[str]:
    """The result, as people read it."""
    rows = [("SENT", books.ends.get("SENT", 0))]
    rows += sorted((name, count) for name, count in books.ends.items() if name != "SENT")
    lines = ["", f"{'end state':<22}{'messages':>10}", "-" * 32]
    lines += [f"{name.lower():<22}{count:>10}" for name, count in rows]
    lines += ["-" * 32, f"{'all ends':<22}{books.settled:>10}", f"{'accepted':<22}{books.accepted:>10}", ""]
    lines += [
        f"broker: {'Apache Kafka' if apache else 'not Apache Kafka, see above'}; mails sent twice: {books.duplicates}"
    ]
    lines += [f"WRONG: {fault}" for fault in books.faults[:20]]
    if not books.faults:
        lines.append("in order: accepted = sent + dead + expired; no retry early; dead letters hold the bytes")
    return lines
