"""The browser, once for a module; where there is none, its tests are skipped loudly, or fail where it is required."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from services.local_stack import Stack
from tests import chromium
from tests.console_harness import running_console

_MISSING = "no Chromium is on PATH; `python -m tests.images.packages chromium` installs Debian's, where it may"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium, headless; no longer than the module: while it runs, no other test can run an asyncio loop."""
    if chromium.path() is None:
        if os.environ.get("ECCS_REQUIRE_BROWSER") == "1":
            pytest.fail(f"ECCS_REQUIRE_BROWSER=1, but {_MISSING}", pytrace=False)
        pytest.skip(f"browser tests are NOT run: {_MISSING}")
    with chromium.chromium() as found:
        yield found


@pytest.fixture(scope="module")
def address(stack: Stack) -> Iterator[str]:
    """A console that runs on the stack."""
    with running_console(stack.environment) as (_, found):
        yield found


@pytest.fixture
def complaints() -> list[str]:
    """What the browser complains of: errors, refusals by the policy, dialogs."""
    return []


@pytest.fixture
def page(browser: Browser, address: str, complaints: list[str]) -> Iterator[Page]:
    """A new window of somebody who has not signed in; fails where there are complaints at the end."""
    with browser.new_context(base_url=address, locale="en", viewport={"width": 1400, "height": 900}) as context:
        found = context.new_page()
        found.set_default_timeout(20_000)
        found.on("console", lambda message: complaints.append(message.text))
        found.on("pageerror", lambda error: complaints.append(str(error)))
        found.on("dialog", lambda dialog: complaints.append(dialog.message))
        yield found
    assert complaints == []
