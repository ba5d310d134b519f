"""`python -m tests.shots [FOLDER]`: the console's pictures, of letters that are written for them on a local stack."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final, Literal

from playwright.sync_api import Browser, Page

from eccs_contracts import ErrorCategory
from services.local_stack import StackOptions, start_stack
from services.local_stack.processes import ROOT
from services.local_stack.up import apply_contracts
from tests import chromium
from tests.console_harness import Draft, fill, running_console, token

LARGEST: Final = 200_000  # bytes of a picture
_HEADERS: Final = [
    ("x-user-id", b"u17"),
    ("x-content-type", b"application/vnd.confluent.avro"),
    ("x-schema-version", b"2"),
]


@dataclass(frozen=True)
class Shot:
    """One picture.

    Attributes:
        name: of the file, after `console-`.
        path: the page; `{place}` is that of the letter.
    """

    name: str
    path: str
    scheme: Literal["light", "dark"] = "light"
    width: int = 1280
    height: int = 860


SHOTS: Final = (
    Shot("overview", "/"),
    Shot("letters", "/letters?category=PERMANENT&category=PARSE", height=940),
    Shot("letter", "/letters/{place}", "dark", height=1040),
    Shot("redrive", "/redrive?reason=too+many+connections"),
    Shot("correct", "/letters/{place}/edit", height=1000),
)


def drafts() -> Iterator[Draft]:
    """A DLQ as it may look on an ordinary day."""
    busy = "421 4.7.0 too many connections from your host"
    for number in range(164):
        yield Draft(busy, ErrorCategory.TRANSIENT_EXHAUSTED, timedelta(minutes=95 + number % 37), headers=_HEADERS)
    for number in range(58):
        reason = f"550 5.1.1 <someone{number}@example.net>: no such user"
        yield Draft(reason, ErrorCategory.PERMANENT, timedelta(hours=number * 1.7 + 0.2), headers=_HEADERS)
    for number in range(23):
        reason = "no schema has the id 4711: the registry does not know it"
        yield Draft(reason, ErrorCategory.PARSE, timedelta(hours=30 + number), payload=b"\x00\x00\x00\x12\x67\x02a")
    for number in range(17):
        yield Draft("subject: longer than 500 characters", ErrorCategory.VALIDATION, timedelta(days=4, hours=number))
    for number in range(9):
        reason = "expired before it could be sent"
        yield Draft(reason, ErrorCategory.EXPIRED, timedelta(hours=5 + number), topic="email_requests_retry")


def take(browser: Browser, address: str, shot: Shot, folder: Path) -> None:
    """One picture of one page.

    Raises:
        SystemExit: it is larger than LARGEST.
    """
    size = {"width": shot.width, "height": shot.height}
    with browser.new_context(viewport=size, color_scheme=shot.scheme, locale="en") as context:  # type: ignore[arg-type]
        page = context.new_page()
        sign_in(page, address)
        page.goto(f"{address}/letters?category=PERMANENT")
        place = page.locator("table.letters th a").first.inner_text()
        page.goto(address + shot.path.format(place=place))
        target = folder / f"console-{shot.name}.png"
        page.screenshot(path=target)
    if (found := target.stat().st_size) > LARGEST:
        sys.exit(f"{target}: {found:,} bytes are more than {LARGEST:,}")
    print(f"{target}: {found:,} bytes")


def sign_in(page: Page, address: str) -> None:
    """As a person does."""
    page.goto(address)
    page.get_by_label("Token").fill(token())
    page.get_by_role("button", name="Sign in").click()


def main(folder: Path) -> None:
    """Take all of them."""
    with start_stack(StackOptions(parts=("broker", "registry", "mongo"))) as stack:
        apply_contracts(stack.environment)
        fill(stack.environment, list(drafts()))
        with running_console(stack.environment) as (_, address), chromium.chromium() as browser:
            for shot in SHOTS:
                take(browser, address, shot, folder)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "images")
