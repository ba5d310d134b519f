"""What a test of running services needs: a token, an e-mail, and patience."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping

import httpx
import jwt

from services.local_stack.processes import Patience


def until(condition: Callable[[], bool], seconds: float, what: str) -> None:
    """Wait for a condition; an AssertionError that says `what` where it does not come true."""
    assert Patience(seconds, threading.Event()).until(condition), what


def bearer(secret: str) -> dict[str, str]:
    """The header of a caller."""
    token = jwt.encode({"sub": "images", "exp": time.time() + 900}, secret, algorithm="HS256")
    return {"Authorization": f"Bearer {token}"}


def answers(url: str) -> bool:
    """Whether it answers 200."""
    try:
        return httpx.get(url, timeout=5).is_success
    except httpx.HTTPError:
        return False


def send(url: str, headers: Mapping[str, str], to: str) -> str:
    """Send one e-mail through the service at `url`; its id."""
    body = {"to": to, "subject": "In a container", "body": "Hello"}
    answer = httpx.post(f"{url}/api/emails/send", json=body, headers=headers, timeout=30)
    assert answer.status_code == 202, answer.text
    return str(answer.json()["id"])


def state(url: str, headers: Mapping[str, str], one: str) -> str | None:
    """What the ledger says of an e-mail, as the service at `url` tells its caller; None where it knows nothing."""
    answer = httpx.get(f"{url}/api/emails/{one}", headers=headers, timeout=10)
    return str(answer.json()["state"]) if answer.status_code == 200 else None
