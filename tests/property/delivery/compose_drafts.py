"""Make mails with the interpreter that runs this: subjects as a JSON list on standard input, results as one on output.

Needs the standard library and idna, so that any CPython can run it. A result is the mail in base64, or why not.
"""

from __future__ import annotations

import base64
import json
import sys
from datetime import UTC, datetime
from uuid import UUID

from services.notification_service.addresses import parse_mailbox, wire_address
from services.notification_service.mail_text import NotMailText
from services.notification_service.mime import Draft, render


def composed(subject: str) -> str:
    """The mail with this subject, which is in its bodies, too."""
    try:
        draft = Draft(
            parse_mailbox("Grüße Shop <no-reply@bücher.example>"),
            wire_address("jürgen@straße.example"),
            subject,
            UUID(int=7),
            datetime(2030, 1, 1, 12, tzinfo=UTC),
            text=f"{subject}\n.\nFrom {subject}\r{subject} ",
            html=subject if len(subject) % 2 else None,
        )
        return base64.b64encode(render(draft)).decode()
    except NotMailText as error:
        return str(error)


if __name__ == "__main__":
    json.dump([composed(subject) for subject in json.load(sys.stdin)], sys.stdout)
