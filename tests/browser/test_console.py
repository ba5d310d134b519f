"""The console as people use it, in a real Chromium, on Apache Kafka."""

from __future__ import annotations

import re
import uuid
from datetime import timedelta

import pytest
from confluent_kafka import Consumer, Message, TopicPartition
from playwright.sync_api import Page, expect

from eccs_contracts import EmailRequest, ErrorCategory
from eccs_contracts.clients import CONSUMER_SETTINGS
from eccs_contracts.headers import listed
from eccs_contracts.models._topics import EMAIL_REQUESTS
from eccs_contracts.serde import ContractDeserializer, Registry
from services.local_stack import Stack
from tests.console_harness import EVERY_SCOPE, Draft, fill, token

pytestmark = [pytest.mark.stack, pytest.mark.timeout(180)]


def sign_in(page: Page, scope: str = EVERY_SCOPE, path: str = "/") -> None:
    """As a person does, with the keyboard."""
    page.goto(path)
    page.get_by_label("Token").fill(token(scope))
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()


def test_a_letter_is_found_shown_redriven_and_consumed(page: Page, stack: Stack) -> None:
    """List, filter, show, dry run, confirm, result; and the message is in email_requests."""
    mark = uuid.uuid4().hex
    draft = Draft(f"{mark} no such user", fields={"to": "grace@hidden.example"}, headers=[("x-user-id", b"u1")])
    fill(stack.environment, [draft, Draft(f"{mark} other", ErrorCategory.EXPIRED), Draft("unlike")])
    consumer = _consumer_at_the_end(stack)
    sign_in(page)

    page.get_by_role("link", name="Letters", exact=True).click()
    page.get_by_label("Reason contains").fill(mark)
    page.get_by_label("permanent").check()
    page.get_by_role("button", name="Filter", exact=True).click()
    expect(page.get_by_text("1 match, the latest first")).to_be_visible()
    expect(page.get_by_label("permanent")).to_be_checked()

    page.locator("table.letters th a").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Letter")
    expect(page.get_by_text("masked, 20 characters")).to_be_visible()
    page.get_by_role("link", name="Show personal data").click()
    expect(page.get_by_text("grace@hidden.example").first).to_be_visible()
    expect(page.get_by_label("Hexadecimal dump")).to_contain_text("000000  00 00 00 00")

    page.get_by_role("link", name="Redrive…").click()
    expect(page.get_by_text("Dry run: nothing has been sent")).to_be_visible()
    page.get_by_label("Why, for the audit record").fill("her mailbox is back")
    page.get_by_role("button", name="Redrive 1 letter").click()
    expect(page.locator(".state-finished")).to_be_visible()
    expect(page.get_by_text("her mailbox is back")).to_be_visible()

    message = _next(consumer)
    assert (message.key(), listed(message.headers())[0]) == (str(draft.id).encode(), ("x-user-id", b"u1"))
    target = f"{message.topic()}/{message.partition()}/{message.offset()}"
    expect(page.get_by_text(target)).to_be_visible()
    consumer.close()


def _consumer_at_the_end(stack: Stack) -> Consumer:
    """A consumer of email_requests, of what is written from now on."""
    settings = {"bootstrap.servers": stack.environment["KAFKA_BOOTSTRAP_SERVERS"], "group.id": "the-browsers-tests"}
    consumer = Consumer({**CONSUMER_SETTINGS, **settings})
    places = [TopicPartition(EmailRequest.TOPIC, number) for number in range(EMAIL_REQUESTS.partitions)]
    for place in places:
        place.offset = consumer.get_watermark_offsets(place, 10)[1]
    consumer.assign(places)
    return consumer


def _next(consumer: Consumer) -> Message:
    for _ in range(200):
        if (found := consumer.poll(0.1)) is not None and found.error() is None:
            return found
    pytest.fail("nothing was consumed within 20 s")


def test_those_ticked_are_redriven(page: Page, stack: Stack) -> None:
    """And no others."""
    mark = uuid.uuid4().hex
    fill(stack.environment, [Draft(mark) for _ in range(3)])
    sign_in(page, path=f"/letters?reason={mark}")
    for number in (0, 2):
        page.get_by_label("Tick ").nth(number).check()
    page.get_by_role("button", name="Redrive those ticked…").click()
    page.get_by_role("button", name="Redrive 2 letters").click()

    expect(page.locator(".state-finished")).to_be_visible()
    expect(page.locator("table.letters tbody tr")).to_have_count(2)


def test_all_on_a_page_are_ticked_and_none_is_told(page: Page, stack: Stack) -> None:
    """Without a script: the list comes back, with the same filter."""
    mark = uuid.uuid4().hex
    fill(stack.environment, [Draft(mark) for _ in range(3)])
    sign_in(page, path=f"/letters?reason={mark}")
    page.get_by_role("button", name="Redrive those ticked…").click()
    expect(page.get_by_role("alert")).to_contain_text("No letter is ticked")
    page.get_by_role("link", name="Tick all on this page").click()
    page.get_by_role("button", name="Redrive those ticked…").click()

    expect(page.get_by_role("button", name="Redrive 3 letters")).to_be_visible()


def test_a_letter_is_corrected(page: Page, stack: Stack, complaints: list[str]) -> None:
    """Form, problem, review, confirmation; the browser's own line breaks change nothing that nobody changed."""
    mark = uuid.uuid4().hex
    body = "\n\nDear Ada,\n  <b>&amp;\n\nyours\n"
    fill(stack.environment, [Draft(mark, fields={"to": "ada@exmaple.com", "body": body})])
    consumer = _consumer_at_the_end(stack)
    sign_in(page, path=f"/letters?reason={mark}")
    page.locator("table.letters th a").click()
    page.get_by_role("link", name="Correct…").click()
    page.get_by_label("to", exact=True).fill("ada@")
    page.get_by_role("button", name="Review…").click()
    expect(page.get_by_role("alert")).to_contain_text("to: an e-mail address")
    expect(page.get_by_label("to", exact=True)).to_have_value("ada@")
    refusals, complaints[:] = list(complaints), []
    assert ["422" in one for one in refusals] == [True]  # the browser says so of every page with this status
    page.get_by_label("to", exact=True).fill("ada@example.com")
    page.get_by_role("button", name="Review…").click()
    expect(page.get_by_text("1 field would change: to")).to_be_visible()
    page.get_by_role("button", name="Edit again").click()
    expect(page.get_by_label("to", exact=True)).to_have_value("ada@example.com")
    page.get_by_role("button", name="Review…").click()
    page.get_by_label("Why, for the audit record").fill("typing error")
    page.get_by_role("button", name="Send the corrected request").click()
    expect(page.get_by_text("typing error")).to_be_visible()

    sent = ContractDeserializer(Registry.from_env(stack.environment), EmailRequest)(_next(consumer).value())
    consumer.close()
    assert sent is not None
    assert (sent.to, sent.body) == ("ada@example.com", body)


def test_a_long_redrive_shows_its_progress(page: Page, stack: Stack) -> None:
    """The page renews itself until the end."""
    mark = uuid.uuid4().hex
    fill(stack.environment, [Draft(mark) for _ in range(9)])
    sign_in(page, path=f"/redrive?reason={mark}")
    page.get_by_label("Messages a second at most").fill("2")
    page.get_by_role("button", name="Redrive 9 letters").click()

    expect(page.get_by_role("status")).to_contain_text("letters looked at")
    expect(page.locator(".state-finished")).to_be_visible(timeout=30_000)
    expect(page.locator("table.letters tbody tr")).to_have_count(9)


def test_every_letter_takes_a_tick(page: Page) -> None:
    """The browser itself asks for it."""
    sign_in(page, path="/redrive?everything=all")
    page.get_by_role("button", name="Redrive").last.click()

    expect(page).to_have_url(re.compile("everything=all$"))
    expect(page.get_by_label("Yes, every dead letter")).to_be_focused()


def test_markup_in_a_letter_is_shown_and_not_obeyed(page: Page, stack: Stack) -> None:
    """No dialog opens, no request goes out, nothing is complained of."""
    mark = uuid.uuid4().hex
    markup = f"{mark}<script>alert(1)</script>\"'><img src=//evil.example/x onerror=alert(2)><svg onload=alert(3)>"
    draft = Draft(markup, fields={"subject": markup, "body": markup}, headers=[(markup, markup.encode())])
    fill(stack.environment, [draft])
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    sign_in(page, path=f"/letters?reason={mark}")
    expect(page.get_by_text(markup).first).to_be_visible()
    page.locator("table.letters th a").click()
    page.get_by_role("link", name="Show personal data").click()

    expect(page.get_by_text(markup)).to_have_count(6)
    assert [url for url in asked if "evil" in url] == []


def test_the_policy_stops_what_would_get_through(page: Page, complaints: list[str]) -> None:
    """A script that stood in the page would not run: the header alone stops it."""
    sign_in(page)
    blocked = page.evaluate(
        """() => new Promise(done => {
          document.addEventListener('securitypolicyviolation', event => done(event.effectiveDirective), {once: true})
          const script = document.createElement('script'); script.textContent = 'window.obeyed = 1'
          document.body.append(script)
        })"""
    )

    refusals, complaints[:] = list(complaints), []
    assert blocked.startswith("script-src")
    assert ["script-src" in one or "default-src" in one for one in refusals] == [True]
    assert page.evaluate("window.obeyed") is None


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [400, 1400])
@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/letters",
        "/letters/{place}?personal=1",
        "/letters/{place}/edit",
        "/redrive?id={place}",
        "/runs",
    ],
)
def test_pages_fit_and_their_fields_have_labels(page: Page, stack: Stack, scheme: str, width: int, path: str) -> None:
    """On a telephone and on a desk, light and dark: nothing is wider than the window, text is readable."""
    reason = f"450 {'greylisted ' * 30}{'x' * 300}"
    draft = Draft(reason, fields={"body": "y" * 3_000}, headers=[("h" * 90, b"v" * 300)])
    fill(stack.environment, [draft])
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    page.set_viewport_size({"width": width, "height": 900})
    sign_in(page, path=f"/letters?id={draft.id}")
    place = page.locator("table.letters th a").inner_text()
    page.goto(path.format(place=place))

    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate(UNLABELLED) == []
    assert page.evaluate(PALE) == []


# Fields that are seen and have no name for those who do not see them.
UNLABELLED = """() => [...document.querySelectorAll('input:not([type=hidden]), select, textarea, button')]
  .filter(one => !one.labels?.length && !one.ariaLabel && !one.textContent.trim()).map(one => one.outerHTML)"""

# Texts whose contrast with what is behind them is below 4.5 (WCAG 2.2, 1.4.3); opaque backgrounds only.
PALE = """() => {
  const parts = text => text.match(/[\\d.]+/g).map(Number)
  const light = ([r, g, b]) => [r, g, b].map(one => one / 255)
    .map(one => one <= .04045 ? one / 12.92 : ((one + .055) / 1.055) ** 2.4)
    .reduce((sum, one, index) => sum + one * [.2126, .7152, .0722][index], 0)
  const behind = node => { for (; node; node = node.parentElement) {
    const found = parts(getComputedStyle(node).backgroundColor); if ((found[3] ?? 1) === 1) return found } }
  const pale = []
  for (const node of document.querySelectorAll('body *')) {
    const own = [...node.childNodes].some(one => one.nodeType === 3 && one.data.trim())
    if (!own || !node.checkVisibility() || node.closest('.unseen, option')) continue
    const pair = [light(parts(getComputedStyle(node).color)), light(behind(node))].sort((a, b) => b - a)
    const contrast = (pair[0] + .05) / (pair[1] + .05)
    if (contrast < 4.5) pale.push(`${contrast.toFixed(2)} ${node.outerHTML.slice(0, 120)}`)
  }
  return pale
}"""


def test_the_keyboard_is_enough(page: Page, stack: Stack) -> None:
    """The first stop skips to the content; where the focus is can be seen."""
    fill(stack.environment, [Draft(uuid.uuid4().hex, ago=timedelta(seconds=1))])
    sign_in(page)
    page.goto("/letters")
    page.keyboard.press("Tab")
    expect(page.get_by_text("Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")

    expect(page.get_by_label("transient exhausted")).to_be_checked()
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"


def test_a_link_from_elsewhere_asks_once_more(page: Page) -> None:
    """The cookie does not come along; on this host it does."""
    sign_in(page)
    back = page.url
    page.route("https://elsewhere.example/", lambda route: route.fulfill(body=f"<a href='{back}runs'>go</a>"))
    page.goto("https://elsewhere.example/")
    page.get_by_text("go").click()
    expect(page.get_by_label("Token")).to_be_visible()
    page.get_by_role("link", name="Continue").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("Redrives")
