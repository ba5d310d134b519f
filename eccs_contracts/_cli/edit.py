"""`eccs-contracts dlq edit`."""

from __future__ import annotations

import os
import socket
import sys
import tempfile
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from eccs_contracts._cli._options import max_redrives, output_format, patience, personal
from eccs_contracts._cli._tables import print_json, text
from eccs_contracts._cli.dlq import reader

if TYPE_CHECKING:
    from eccs_contracts.dead_letters.audit import Item
    from eccs_contracts.dead_letters.editing import Correction, Draft
    from eccs_contracts.dead_letters.reading import LetterReader
    from eccs_contracts.dead_letters.store import AuditStore

_COLOURS: Final = {"+": "green", "-": "red", "@": "cyan"}


@click.command()
@click.argument("place", metavar="PLACE")
@click.option("--set", "sets", metavar="FIELD=VALUE", multiple=True, help="Set a field, without an editor; repeatable.")
@click.option("--file", "source", type=click.File("r", encoding="utf-8"), help="The corrected request as JSON.")
@max_redrives
@click.option("--note", default="", help="Why, for the audit record.")
@click.option("--yes", is_flag=True, help="Send it without asking.")
@personal
@patience
@output_format
def edit(place: str, form: str, timeout: float, yes: bool, **options: Any) -> int:
    """Correct the request of the dead letter at PARTITION/OFFSET and send it again.

    The request opens as JSON in $VISUAL or $EDITOR, unless --set or --file is given. The correction must keep to the
    contract; id, userId and timestamp stay. It goes to email_requests under the same e-mail id, once, and counts as a
    redrive. Both versions, who and why are in the audit record; the letter stays in the DLQ as it is.
    """
    from eccs_contracts.dead_letters.editing import draft_of
    from eccs_contracts.dead_letters.performing import refuse_sent
    from eccs_contracts.dead_letters.store import AuditStore

    if options["sets"] and options["source"]:
        raise click.UsageError("--set and --file exclude each other")
    with closing(AuditStore.from_env()) as store, reader(timeout) as source:
        letter = _letter_at(source, place)
        refuse_sent(store, letter.identity)
        correction = _correction(draft_of(letter), options)
        if form == "text":
            _print_difference(correction, personal=options["personal"])
        if not yes and (form == "json" or not click.confirm("Send the corrected request?", err=True)):
            return _not_sent(correction, form)
        return _report(_sent(store, correction, options), correction, form)


def _letter_at(source: LetterReader, text: str) -> Any:
    from eccs_contracts.dead_letters.letters import place_of
    from eccs_contracts.dead_letters.selection import Selection

    place = place_of(text)
    if place is None:
        raise click.BadParameter("PARTITION/OFFSET is expected; dlq list shows it", param_hint="PLACE")
    selection = Selection(places=frozenset({place}))
    found = [letter for scan in source.scan(selection) for letter in scan.letters]
    if not found:
        raise click.ClickException(f"no dead letter is at {place}")
    return found[0]


def _correction(draft: Draft, options: dict[str, Any]) -> Correction:
    from eccs_contracts.dead_letters.editing import MAX_TEXT, corrected, corrected_text
    from eccs_contracts.dead_letters.request_fields import assigned

    if options["sets"]:
        return corrected(draft, assigned(draft.before, options["sets"]))
    if options["source"]:
        try:
            return corrected_text(draft, options["source"].read(MAX_TEXT + 1))
        except UnicodeDecodeError:
            raise click.BadParameter("not UTF-8", param_hint="--file") from None
    return _by_editor(draft)


def _by_editor(draft: Draft) -> Correction:
    """Let a person edit until the contract holds, or they give up. Nobody else can read the folder of the file."""
    from eccs_contracts.dead_letters.editing import corrected_text, text_of
    from eccs_contracts.dead_letters.errors import EditRefused

    with tempfile.TemporaryDirectory(prefix="eccs-") as folder:
        path = Path(folder) / f"letter-{str(draft.letter.place).replace('/', '-')}.json"
        path.touch(mode=0o600)
        path.write_text(text_of(draft.before), "utf-8")
        while True:
            click.edit(filename=str(path))
            try:
                return corrected_text(draft, _edited(path))
            except EditRefused as error:
                for problem in error.problems:
                    click.echo(f"  {text(problem)}", err=True)
                if not click.confirm("Edit it again?", default=True, err=True):
                    raise click.ClickException("nothing was sent") from None


def _edited(path: Path) -> str:
    """Read what the editor wrote; many write a new file in the place of the old one."""
    from eccs_contracts.dead_letters.errors import EditRefused

    try:
        return path.read_text("utf-8")
    except UnicodeDecodeError:
        raise EditRefused(("the file is not UTF-8",)) from None


def _print_difference(correction: Correction, *, personal: bool) -> None:
    from eccs_contracts.dead_letters.editing import difference

    coloured = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    for line in difference(correction.draft.before, correction.request.to_json(), personal=personal):
        colour = _COLOURS.get(line[:1]) if coloured else None
        click.secho(text(line), fg=colour)


def _sent(store: AuditStore, correction: Correction, options: dict[str, Any]) -> Item:
    from eccs_contracts import EmailRequest
    from eccs_contracts._cli.redrive import guard_of, user
    from eccs_contracts.dead_letters.performing import Resend, resend
    from eccs_contracts.serde import ContractSerializer, Registry
    from eccs_contracts.settings import kafka_config

    host = socket.gethostname()
    encode = ContractSerializer(Registry.from_env(), EmailRequest, subject=EmailRequest.SUBJECT)
    guard = guard_of(options["max_redrives"])
    task = Resend(correction, guard, encode, f"{user()}@{host}", host, options["note"])
    return resend(kafka_config(), store, task)


def _not_sent(correction: Correction, form: str) -> int:
    from eccs_contracts.dead_letters.editing import difference

    if form == "json":
        lines = difference(correction.draft.before, correction.request.to_json(), personal=False)
        print_json({"done": False, "changed": list(correction.changed), "diff": lines})
        return 0
    click.echo("nothing was sent", err=True)
    return 1


def _report(item: Item, correction: Correction, form: str) -> int:
    from eccs_contracts.dead_letters.audit import ItemState

    if form == "json":
        print_json({"done": True, "run": item.run, "changed": list(correction.changed), **item.to_json()})
    elif item.state is ItemState.SENT:
        click.echo(f"sent as {item.run}; how it ends: eccs-contracts dlq audit {item.run}")
    else:
        click.echo(f"not sent: {text(item.error)}", err=True)
    return 0 if item.state is ItemState.SENT else 1


COMMANDS: Final = (edit,)
