"""What an entry of the ledger means for an attempt, and the page about settings."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from eccs_contracts import EmailRequest
from eccs_contracts.ledger import EmailState
from services.notification_service import settings
from services.notification_service.entries import Standing, standing
from services.notification_service.message import Job, Record
from tests.unit.test_contracts import PLAIN

_JOB = Job(Record("email_requests", 0, 0, b"k", b"v", []), EmailRequest.from_json(PLAIN))
_SENDING = {"state": EmailState.SENDING, "attempt": 1, "owner": "other", "redrive": 0}


@pytest.mark.parametrize(
    ("entry", "attempt", "redrive", "expected"),
    [
        (_SENDING, 1, 0, Standing.HELD),
        ({**_SENDING, "owner": "me"}, 1, 0, Standing.FREE),
        ({**_SENDING, "owner": None}, 1, 0, Standing.FREE),
        (_SENDING, 2, 0, Standing.FREE),
        (_SENDING, 0, 0, Standing.FINISHED),
        ({**_SENDING, "state": EmailState.RETRYING}, 1, 0, Standing.FINISHED),
        ({**_SENDING, "state": EmailState.RETRYING}, 2, 0, Standing.FREE),
        ({**_SENDING, "state": EmailState.SENT}, 2, 3, Standing.FINISHED),
        ({**_SENDING, "state": EmailState.DEAD}, 0, 0, Standing.FINISHED),
        ({**_SENDING, "state": EmailState.DEAD}, 0, 1, Standing.FREE),
        ({**_SENDING, "state": EmailState.UNKNOWN}, 0, 1, Standing.FREE),
        ({**_SENDING, "redrive": 1}, 2, 0, Standing.FINISHED),
    ],
)
def test_what_an_entry_means_for_an_attempt(
    entry: dict[str, Any], attempt: int, redrive: int, expected: Standing
) -> None:
    """An attempt is made once, an end is an end, and what is left of a life before a redrive is over."""
    assert standing(entry, replace(_JOB, attempt=attempt, redrive=redrive), "me") is expected


def test_every_setting_is_described() -> None:
    """On the page of delivery, or in the table of both services."""
    names = set(re.findall(r'"([A-Z]+_[A-Z_]+)"', Path(settings.__file__).read_text("utf-8")))
    pages = Path("docs/delivery.md").read_text("utf-8") + Path("services/README.md").read_text("utf-8")

    assert {name for name in names if f"`{name}`" not in pages} == set()
