"""Replies of large receivers and of common servers, by what their public documentation and bounces show.

Texts are shortened; addresses and hosts are examples.
"""

from __future__ import annotations

import pytest

from eccs_contracts.delivery import OutcomeKind
from services.notification_service.smtp_replies import Reply, classify

T, P = OutcomeKind.TRANSIENT, OutcomeKind.PERMANENT
I, S = OutcomeKind.INFRASTRUCTURE, OutcomeKind.THROTTLED  # noqa: E741  one letter each keeps a row on a line
G = "greylisted"

REPLIES: dict[str, list[tuple[str, int, str, str]]] = {
    "Gmail": [
        ("RCPT", 421, "4.4.5 Server busy, try again later.", S),
        ("DOT", 421, "4.7.28 [192.0.2.1] Our system has detected an unusual rate of unsolicited mail", S),
        ("DOT", 450, "4.7.28 Gmail has detected an unusual rate of mail originating from your DKIM domain", S),
        ("DOT", 421, "4.7.0 [192.0.2.1] This message is suspicious due to the low reputation of the domain", I),
        ("DOT", 421, "4.7.26 This mail has been rate limited because it is unauthenticated", S),
        ("RCPT", 421, "4.7.0 TLS required for RCPT domain, closing connection.", I),
        ("EHLO", 421, "4.7.0 Try again later, closing connection.", I),
        ("RCPT", 450, "4.2.1 The user you are trying to contact is receiving mail too quickly.", T),
        ("RCPT", 450, "4.2.1 The user is receiving mail at a rate that prevents additional messages", T),
        ("DOT", 451, "4.3.0 Mail server temporarily rejected message.", T),
        ("RCPT", 452, "4.2.2 The email account that you tried to reach is over quota.", T),
        ("RCPT", 452, "4.5.3 Your message has too many recipients.", T),
        ("AUTH", 454, "4.7.0 Too many login attempts, please try again later.", S),
        ("AUTH", 534, "5.7.9 Application-specific password required.", I),
        ("AUTH", 535, "5.7.8 Username and Password not accepted.", I),
        ("MAIL", 530, "5.7.0 Authentication Required.", I),
        ("RCPT", 550, "5.1.1 The email account that you tried to reach does not exist.", P),
        ("RCPT", 550, "5.2.1 The email account that you tried to reach is disabled.", P),
        ("RCPT", 552, "5.2.2 The email account that you tried to reach is over quota.", T),
        ("DOT", 550, "5.7.26 This mail has been blocked because the sender is unauthenticated.", P),
        ("DOT", 552, "5.3.4 Your message exceeded Google's message size limits.", P),
        ("DOT", 552, "5.7.0 This message was blocked because its content presents a security issue.", P),
    ],
    "Outlook.com and Exchange Online": [
        ("MAIL", 451, "4.7.500 Server busy. Please try again later from [192.0.2.1]. (AS77712423)", S),
        ("RCPT", 451, "4.7.650 The mail server [192.0.2.1] has been temporarily rate limited", S),
        ("RCPT", 451, "4.7.651 The mail server [192.0.2.1] has been temporarily rate limited", S),
        ("MAIL", 421, "4.7.652 The mail server [192.0.2.1] has exceeded the maximum number of connections.", S),
        ("RCPT", 450, "4.7.320 Certificate validation failed", T),
        ("RCPT", 451, "4.4.4 Mail received as unauthenticated, incoming to a recipient domain", T),
        ("DATA", 452, "4.3.1 Insufficient system resources (UsedDiskSpace)", T),
        ("DOT", 432, "4.3.2 STOREDRV.ClientSubmit; sender thread limit exceeded", T),
        ("RCPT", 550, "5.7.606 Access denied, banned sending IP [192.0.2.1]", P),
        ("RCPT", 550, "5.7.1 Unfortunately, messages from [192.0.2.1] weren't sent (S3140)", P),
        ("RCPT", 550, "5.5.0 Requested action not taken: mailbox unavailable (S2017062302).", P),
        ("RCPT", 550, "5.4.1 Recipient address rejected: Access denied.", P),
        ("RCPT", 550, "5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup", P),
        ("RCPT", 554, "5.2.2 mailbox full; STOREDRV.Deliver.Exception:QuotaExceededException", T),
        ("MAIL", 530, "5.7.57 Client not authenticated to send mail.", I),
        ("AUTH", 535, "5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled", I),
        ("AUTH", 535, "5.7.3 Authentication unsuccessful", I),
        ("DOT", 550, "5.7.708 Service unavailable. Access denied, traffic not accepted from this IP.", P),
    ],
    "Yahoo and AOL": [
        ("MAIL", 421, "4.7.0 [TSS04] Messages from 192.0.2.1 temporarily deferred due to unexpected volume", S),
        ("MAIL", 421, "4.7.0 [TSS09] All messages from 192.0.2.1 will be permanently deferred", I),
        ("CONNECT", 421, "4.7.1 [TS03] All messages from 192.0.2.1 will be permanently deferred", I),
        ("DOT", 451, "4.3.2 Internal error reading data", T),
        ("RCPT", 451, "Resources temporarily not available - Please try again later", G),
        ("DOT", 421, "4.7.0 [GL01] Message from (192.0.2.1) temporarily deferred; too many connections", S),
        ("CONNECT", 553, "5.7.1 [BL21] Connections will not be accepted from 192.0.2.1", I),
        ("DOT", 554, "5.7.9 Message not accepted for policy reasons.", P),
        ("DOT", 554, "delivery error: dd This user doesn't have a yahoo.com account (a@yahoo.example)", P),
        ("RCPT", 552, "5.2.2 Requested mail action aborted: mailbox over quota", T),
        ("RCPT", 550, "5.7.1 Mailbox disabled", P),
    ],
    "iCloud": [
        ("RCPT", 421, "4.7.1 Messages to a@icloud.example deferred due to excessive volume. Try again later", S),
        ("DATA", 451, "4.7.1 Service unavailable - try again later", G),
        ("RCPT", 450, "4.2.2 <a@icloud.example>: user is overquota", T),
        ("RCPT", 550, "5.1.1 <a@icloud.example>: user does not exist", P),
        ("RCPT", 552, "5.2.2 <a@icloud.example>: user is overquota", T),
        ("DOT", 550, "5.7.1 [CS01] Message rejected due to local policy.", P),
        ("DOT", 554, "5.7.1 [HM08] Message rejected due to local policy.", P),
        ("DOT", 550, "5.7.1 Your message was rejected due to example.com DMARC policy.", P),
    ],
    "Amazon SES": [
        ("DOT", 454, "Throttling failure: Maximum sending rate exceeded", S),
        ("DOT", 454, "Throttling failure: Daily message quota exceeded", S),
        ("CONNECT", 421, "Too many concurrent SMTP connections", S),
        ("DOT", 451, "Temporary service failure", T),
        ("DATA", 451, "Timeout waiting for data from client", T),
        ("AUTH", 454, "Temporary authentication failure", I),
        ("AUTH", 535, "Authentication Credentials Invalid", I),
        ("MAIL", 530, "Authentication required", I),
        ("DOT", 554, "Message rejected: Email address is not verified.", P),
        ("DOT", 552, "5.3.4 Message is too long.", P),
    ],
    "Mimecast": [
        ("RCPT", 451, "Internal resource temporarily unavailable - https://community.mimecast.example [a]", G),
        ("CONNECT", 421, "Unable to process connection at this time", I),
        ("RCPT", 451, "Account inbounds disabled", T),
        ("RCPT", 451, "Recipient temporarily unavailable", T),
        ("RCPT", 550, "Administrative prohibition - envelope blocked", P),
        ("RCPT", 550, "Invalid Recipient", P),
        ("DOT", 554, "Email rejected due to security policies", P),
    ],
    "Proofpoint": [
        ("CONNECT", 421, "4.3.2 Too many connections", S),
        ("RCPT", 451, "4.3.0 The server is currently busy", T),
        ("CONNECT", 554, "Blocked - see https://ipcheck.proofpoint.example/?ip=192.0.2.1", I),
        ("RCPT", 550, "5.1.1 User Unknown", P),
        ("DOT", 550, "5.7.0 Local Policy Violation", P),
    ],
    "Zoho": [
        ("RCPT", 452, "4.3.1 Temporary System Error", T),
        ("RCPT", 451, "4.7.1 Greylisted, try again after some time", G),
        ("DOT", 550, "5.4.6 Unusual sending activity detected.", P),
        ("RCPT", 550, "5.1.1 <a@zoho.example> User unknown", P),
        ("RCPT", 552, "5.1.1 <a@zoho.example> Mailbox delivery failure policy error", P),
        ("AUTH", 535, "Authentication Failed", I),
        ("DOT", 553, "Relaying disallowed as a@other.example", P),
    ],
    "GMX and web.de": [
        ("CONNECT", 554, "gmx.net (mxgmx104) Nemesis ESMTP Service not available\nNo SMTP service", I),
        ("RCPT", 421, "Rate limit reached. Please try again later", S),
        ("MAIL", 421, "Reject due to policy violations", I),
        ("RCPT", 450, "Requested mail action not taken: mailbox unavailable\nReject due to policy violations.", T),
        ("RCPT", 451, "Requested action aborted: local error in processing", T),
        ("RCPT", 550, "Requested action not taken: mailbox unavailable", P),
        ("RCPT", 552, "Requested mail action aborted: exceeded storage allocation\nmailbox full", T),
        ("DOT", 552, "Requested mail action aborted: exceeded message size", P),
        ("DOT", 554, "Transaction failed\nReject due to policy restrictions.", P),
    ],
    "Comcast": [
        ("MAIL", 421, "4.1.0 192.0.2.1 Throttled - try again later.", S),
        ("RCPT", 421, "Reverse DNS failure: Try again later", I),
        ("RCPT", 452, "4.1.0 requested action aborted: try again later", T),
        ("RCPT", 450, "4.2.0 Mailbox temporarily unavailable", T),
        ("RCPT", 550, "5.1.1 Not our Customer", P),
        ("RCPT", 552, "5.2.2 Mailbox full", T),
        ("DOT", 554, "5.7.1 Message blocked (PH01)", P),
    ],
    "greylists of common servers": [
        ("RCPT", 450, "4.2.0 <a@x.example>: Recipient address rejected: Greylisted, see https://x.example", G),
        ("RCPT", 450, "4.2.0 <a@x.example>: Recipient address rejected: Greylisted", G),
        ("RCPT", 450, "4.2.2 <a@x.example>: Recipient address rejected: Greylisted", G),
        ("RCPT", 451, "4.2.0 Sender address rejected: GREYLISTED for 300 sec.", G),
        ("RCPT", 451, "Temporary failure, please try again later.", G),
        ("DOT", 451, "4.7.1 Greylisting in action, please come back later", G),
        ("RCPT", 451, "4.7.1 Please try again later", G),
        ("RCPT", 450, "4.7.1 <a@x.example>: Recipient address rejected: Graylisting in effect", G),
        ("RCPT", 451, "Greylisted, please try again in 300 seconds", G),
        ("RCPT", 451, "This server employs grey listing.\nPlease try later", G),
        ("RCPT", 452, "4.2.0 gray-listed", G),
        ("MAIL", 421, "4.7.0 Graylisted, try again", G),
        ("RCPT", 471, "Deferred by a greylist", G),
        ("CONNECT", 421, "4.7.0 Greylisted", I),
        ("RCPT", 550, "5.7.1 Greylisting is what you should do to others", P),
    ],
    "common servers": [
        ("RCPT", 450, "4.7.1 Client host rejected: cannot find your reverse hostname", G),
        ("RCPT", 451, "qq trouble in home directory", T),
        ("RCPT", 422, "4.2.2 Quota limit exceeded", T),
        ("RCPT", 452, "4.3.1 Insufficient system storage", T),
        ("DOT", 451, "4.3.5 Server configuration error", T),
        ("DOT", 571, "5.7.1 message classified as spam", P),
        ("RCPT", 554, "5.7.1 <a@x.example>: Relay access denied", P),
        ("MAIL", 550, "5.1.8 Sender address rejected: Domain not found", P),
        ("RCPT", 550, "5.7.8 Authentication credentials invalid", I),
        ("DATA", 503, "5.5.1 Error: need RCPT command", T),
        ("RCPT", 552, "5.5.3 too many recipients", T),
        ("RCPT", 550, "cuda_nsu 5.1.1 <a@x.example> Recipient address rejected: User unknown", P),
    ],
}
_ROWS = [
    pytest.param(*row, id=f"{who}: {row[0]} {row[1]} {row[2][:40]}") for who, rows in REPLIES.items() for row in rows
]


@pytest.mark.parametrize(("phase", "code", "text", "meaning"), _ROWS)
def test_what_receivers_say_and_mean(phase: str, code: int, text: str, meaning: str) -> None:
    """Its class, and whether the mail waits as long as a greylist wants; no address is in the reason."""
    outcome = classify(phase, Reply(code, text), greylist_delay_ms=9)
    kind, wait = (T, 9) if meaning == G else (meaning, 0)

    assert (outcome.kind, outcome.least_delay_ms) == (kind, wait)
    assert "@" not in outcome.reason


def test_the_table_is_as_long_as_it_says() -> None:
    """Eight large receivers at least."""
    assert len(_ROWS) >= 120
    assert len(REPLIES) >= 10


@pytest.mark.parametrize(("before", "greylisted"), [(504, True), (505, False)])
def test_words_are_looked_for_in_the_beginning_of_a_text(before: int, *, greylisted: bool) -> None:
    """512 characters, in any case, of which `greylist` has eight: a server can send megabytes."""
    outcome = classify(
        "RCPT", Reply(450, "4.2.0 " + "x" * (before - 7) + " GreyLIst" + "ed" * 1000), greylist_delay_ms=9
    )

    assert bool(outcome.least_delay_ms) is greylisted
