"""The sink records what it accepts and fails as it is told, at every phase."""

import asyncio
import smtplib
from collections.abc import Callable, Iterator

import aiosmtplib
import pytest

from services.local_stack import Fault, SinkOptions, SmtpSink

MAIL = b"Message-ID: <m1@example.org>\r\nSubject: hello\r\n\r\n.dot\r\nbye\r\n"
PATIENCE = 5.0


@pytest.fixture
def quiet() -> Iterator[SmtpSink]:
    """A sink of its own, without faults."""
    with SmtpSink() as running:
        yield running


def send(sink: SmtpSink, *recipients: str, timeout: float = PATIENCE) -> None:
    """Sends the mail as any client would."""
    with smtplib.SMTP(sink.host, sink.port, timeout=timeout) as client:
        client.sendmail("from@example.org", recipients or ["to@example.org"], MAIL)


def test_records_an_accepted_mail(quiet: SmtpSink) -> None:
    """Envelope, bytes, session and Message-ID are kept."""
    send(quiet)
    (mail,) = quiet.messages
    assert (mail.sender, mail.recipients) == ("from@example.org", ("to@example.org",))
    assert (mail.data, mail.message_id) == (MAIL, "<m1@example.org>")
    assert mail.session == quiet.attempts["to@example.org"][0].session


def test_waits_for_a_mail(quiet: SmtpSink) -> None:
    """The wait ends with the mail, and says so when none comes."""
    assert not quiet.wait_for(lambda sink: bool(sink.messages), timeout=0.01)
    send(quiet)
    assert quiet.wait_for(lambda sink: len(sink.messages) == 1, PATIENCE)


async def _send_utf8(sink: SmtpSink) -> None:
    await aiosmtplib.send(
        "Subject: ä\r\n\r\nbody\r\n".encode(),
        sender="from@example.org",
        recipients=["jürgen@example.org"],
        hostname=sink.host,
        port=sink.port,
        mail_options=["SMTPUTF8"],
    )


def test_takes_international_addresses(quiet: SmtpSink) -> None:
    """SMTPUTF8 (RFC 6531) is offered and its addresses are kept as they are."""
    asyncio.run(_send_utf8(quiet))
    assert quiet.messages[0].recipients == ("jürgen@example.org",)


REPLIES: list[tuple[Fault, type[smtplib.SMTPException], int]] = [
    (Fault("CONNECT", "421 4.3.2 busy"), smtplib.SMTPConnectError, 421),
    (Fault("EHLO", "421 4.3.2 busy"), smtplib.SMTPServerDisconnected, 0),
    (Fault("EHLO", "550 5.7.1 not you"), smtplib.SMTPHeloError, 550),
    (Fault("MAIL", "451 4.3.0 later"), smtplib.SMTPSenderRefused, 451),
    (Fault("RCPT", "550 5.1.1 no such user"), smtplib.SMTPRecipientsRefused, 550),
    (Fault("DATA", "452 4.2.2 full"), smtplib.SMTPDataError, 452),
    (Fault("DOT", "554 5.7.1 spam"), smtplib.SMTPDataError, 554),
]


@pytest.mark.parametrize(("fault", "error", "code"), REPLIES, ids=lambda value: str(getattr(value, "phase", "")))
def test_replies_as_told(quiet: SmtpSink, fault: Fault, error: type[smtplib.SMTPException], code: int) -> None:
    """The reply reaches the client at its phase, and nothing is accepted."""
    quiet.script(fault)
    with pytest.raises(error, match=str(code) if code else None):
        send(quiet)
    assert quiet.fired[fault] >= 1
    assert quiet.messages == ()


@pytest.mark.parametrize("phase", ["CONNECT", "EHLO", "MAIL", "RCPT", "DATA", "DOT"])
def test_cuts_before_accepting(quiet: SmtpSink, phase: str) -> None:
    """The connection ends without a reply and without a mail."""
    fault = Fault(phase, "drop-before")
    quiet.script(fault)
    with pytest.raises((smtplib.SMTPServerDisconnected, ConnectionError)):
        send(quiet)
    assert quiet.fired == {fault: 1}
    assert quiet.messages == ()


def test_cuts_after_accepting(quiet: SmtpSink) -> None:
    """The mail is stored but the client never hears of it: the case that makes duplicates."""
    fault = Fault("DOT", "drop-after")
    quiet.script(fault)
    with pytest.raises((smtplib.SMTPServerDisconnected, ConnectionError)):
        send(quiet)
    assert quiet.fired == {fault: 1}
    assert len(quiet.messages) == 1


@pytest.mark.parametrize("phase", ["CONNECT", "EHLO", "MAIL", "RCPT", "DATA", "DOT"])
def test_hangs(quiet: SmtpSink, phase: str) -> None:
    """A client with less patience than the hang gives up, and nothing is accepted."""
    fault = Fault(phase, "hang 60")
    quiet.script(fault)
    with pytest.raises((TimeoutError, smtplib.SMTPServerDisconnected)):
        send(quiet, timeout=0.1)
    assert quiet.fired == {fault: 1}
    assert quiet.messages == ()


def test_goes_on_after_a_short_hang(quiet: SmtpSink) -> None:
    """A client with more patience than the hang succeeds."""
    quiet.script(Fault("DOT", "hang 0.05"))
    send(quiet)
    assert len(quiet.messages) == 1


def test_first_attempts_of_each_recipient_fail(quiet: SmtpSink) -> None:
    """Greylisting: each recipient is refused once, then taken."""
    greylist = Fault("RCPT", "450 4.2.0 greylisted", first=1)
    quiet.script(greylist)
    for recipient in ("a@example.org", "b@example.org"):
        with pytest.raises(smtplib.SMTPRecipientsRefused):
            send(quiet, recipient)
        send(quiet, recipient)
    assert quiet.fired == {greylist: 2}
    assert [len(tries) for tries in quiet.attempts.values()] == [2, 2]


def test_only_matching_recipients_fail(quiet: SmtpSink) -> None:
    """The pattern must match the whole address, in whatever case."""
    bad = Fault("RCPT", "550 5.1.1 no such user", pattern=r".*@bad\.example")
    quiet.script(bad)
    send(quiet, "a@good.example", "b@BAD.example", "c@bad.example.org")
    assert quiet.messages[0].recipients == ("a@good.example", "c@bad.example.org")
    assert quiet.fired == {bad: 1}


@pytest.mark.parametrize(
    "make",
    [
        lambda: Fault("HELLO", "550 no"),
        lambda: Fault("RCPT", "250 fine"),
        lambda: Fault("RCPT", "drop-after"),
        lambda: Fault("CONNECT", "421 no", pattern="a@b"),
    ],
)
def test_refuses_a_fault_that_cannot_fire(make: Callable[[], Fault]) -> None:
    """A fault that could never fire is an error where it is written."""
    with pytest.raises(ValueError, match="Fault"):
        make()


class TestCredentials:
    @pytest.fixture
    def guarded(self) -> Iterator[SmtpSink]:
        """A sink that asks for a user and a password."""
        with SmtpSink(options=SinkOptions(credentials=("user", "secret"))) as running:
            yield running

    def log_in(self, sink: SmtpSink, password: str) -> None:
        """Sends the mail after a login."""
        with smtplib.SMTP(sink.host, sink.port, timeout=PATIENCE) as client:
            client.login("user", password)
            client.sendmail("from@example.org", ["to@example.org"], MAIL)

    def test_accepts_the_right_password(self, guarded: SmtpSink) -> None:
        """With it, the mail is taken."""
        self.log_in(guarded, "secret")
        assert len(guarded.messages) == 1

    def test_refuses_a_wrong_password(self, guarded: SmtpSink) -> None:
        """With another one, the login fails with 535."""
        with pytest.raises(smtplib.SMTPAuthenticationError, match="535"):
            self.log_in(guarded, "guess")

    def test_refuses_a_mail_without_login(self, guarded: SmtpSink) -> None:
        """Without a login, MAIL fails with 530."""
        with pytest.raises(smtplib.SMTPSenderRefused, match="530"):
            send(guarded)

    @pytest.mark.parametrize("reply", ["454 4.7.0 later", "535 5.7.8 no", "drop-before", "hang 60"])
    def test_fails_at_auth_as_told(self, guarded: SmtpSink, reply: str) -> None:
        """Faults at AUTH fire although the password is right."""
        fault = Fault("AUTH", reply)
        guarded.script(fault)
        with (
            pytest.raises((smtplib.SMTPException, OSError)),
            smtplib.SMTP(guarded.host, guarded.port, timeout=0.2) as client,
        ):
            client.login("user", "secret")
        assert guarded.fired[fault] >= 1
