"""`eccs-contracts produce`."""

from __future__ import annotations

import json
import shutil
import tempfile
import uuid
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import islice
from typing import IO, TYPE_CHECKING, Any, Final, cast

import click

from eccs_contracts._cli._options import Whole, output_format
from eccs_contracts._cli._progress import Progress
from eccs_contracts.errors import ContractsError, ValidationError
from eccs_contracts.safe_output import visible

if TYPE_CHECKING:
    from eccs_contracts import EmailRequest
    from eccs_contracts.migration import FromJson

_BATCH: Final = 500
_MOST: Final = 10_000  # librdkafka's queue takes ten times as many
_SHOWN: Final = 20  # bad lines that are told one by one


class BadLines(ContractsError):
    """Raised where lines of a file are no requests."""


@click.command()
@click.option(
    "--batch",
    type=Whole(1, _MOST),
    help=f"Without --file: how many samples (1). With it: messages that are confirmed together ({_BATCH}).",
)
@click.option("--file", "lines", type=click.File("rb"), help="JSON lines instead of samples; - for standard input.")
@click.option("--to", default="someone@example.com", show_default=True, help="Recipient of the samples.")
@click.option("--skip-bad", is_flag=True, help="Send the good lines of a file that has bad ones; still exits 1.")
@output_format
def produce(batch: int | None, lines: IO[bytes] | None, to: str, skip_bad: bool, form: str) -> int:
    """Send requests to email_requests and wait until the broker has them.

    A file is read to its end before anything is sent: with a bad line, nothing is, unless --skip-bad. Fields that the
    contract does not have are not sent; they are named on standard error.
    """
    if lines is None:
        samples = [_sample(number, to) for number in range(batch or 1)]
        _send(samples, batch or 1, form, each=True)
        return 0
    unknown: Counter[str] = Counter()
    with _seekable(lines) as file:
        bad = sum(_told(problem) for problem in _problems(file, lines.name, unknown))
        _tell_unknown(unknown)
        if bad and not skip_bad:
            raise BadLines(f"{bad} bad lines; nothing is sent (--skip-bad sends the others)")
        file.seek(0)
        sent = _send(_requests(file), batch or _BATCH, form, each=False)
    if form == "text":
        click.echo(f"{sent:,} sent to email_requests" + (f", {bad:,} bad lines skipped" if bad else ""))
    return 1 if bad else 0


def _send(requests: Iterable[EmailRequest], size: int, form: str, *, each: bool) -> int:
    """Send in batches, each acknowledged before the next; how many."""
    from eccs_contracts import EmailRequestsProducer

    rest, sent = iter(requests), 0
    with EmailRequestsProducer.from_env() as producer, Progress("sent") as progress:
        producer.check()
        while batch := list(islice(rest, size)):
            answers = [producer.send(request) for request in batch]
            producer.flush()
            for request, answer in zip(batch, answers, strict=True):
                place = answer.result()
                if form == "json":
                    click.echo(json.dumps({"id": str(request.id), "topic": place.topic, **_place(place)}))
                elif each:
                    click.echo(f"{request.id} {place.topic}/{place.partition}@{place.offset}")
            sent += len(batch)
            progress.add(len(batch))
    return sent


def _place(place: Any) -> dict[str, int]:
    return {"partition": place.partition, "offset": place.offset}


def _sample(number: int, to: str) -> EmailRequest:
    from eccs_contracts import EmailRequest

    return EmailRequest(
        id=uuid.uuid4(),
        to=to,
        subject=f"Sample {number + 1}",
        body="A sample, sent by eccs-contracts produce.",
        user_id="eccs-contracts",
        timestamp=datetime.now(UTC),
        source="eccs-contracts",
    )


@contextmanager
def _seekable(lines: IO[bytes]) -> Iterator[IO[bytes]]:
    """The file, or a copy of what can be read only once."""
    if lines.seekable():
        yield lines
        return
    with tempfile.SpooledTemporaryFile(max_size=16_000_000) as copy:
        shutil.copyfileobj(lines, copy)
        copy.seek(0)
        yield cast("IO[bytes]", copy)


def _problems(file: Iterable[bytes], name: str, unknown: Counter[str]) -> Iterator[str]:
    """What is wrong, one text for each bad line: its number, and the fields; counts unknown fields of the others."""
    for number, line in enumerate(file, 1):
        try:
            if line.strip():
                unknown.update(_request(line).unknown)
        except ValidationError as error:
            yield f"{name}:{number}: " + "; ".join(map(str, error.problems))
        except ContractsError as error:
            yield f"{name}:{number}: {error}"


def _tell_unknown(unknown: Counter[str]) -> None:
    if unknown:
        names = ", ".join(f"{name} ({count:,})" for name, count in unknown.most_common(_SHOWN))
        more = f" and {len(unknown) - _SHOWN:,} more" if len(unknown) > _SHOWN else ""
        click.echo(f"not sent, as EmailRequest has no such field (lines): {names}{more}", err=True)


def _told(problem: str) -> int:
    click.echo(visible(problem), err=True)
    return 1


def _requests(file: Iterable[bytes]) -> Iterator[EmailRequest]:
    """The good lines."""
    for line in file:
        if line.strip():
            try:
                yield _request(line).request
            except ContractsError:
                continue


def _request(line: bytes) -> FromJson:
    from eccs_contracts.migration import request_from_json

    found = request_from_json(line, datetime.now(UTC))
    found.request.validate()
    return found


COMMANDS: Final = (produce,)
