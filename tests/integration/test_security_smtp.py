"""TLS and AUTH of the mail server, through the notification service's own sessions and settings."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from eccs_contracts.errors import ConfigurationError
from services.local_stack import SinkOptions, SmtpSink
from services.notification_service.mail import Mail
from services.notification_service.settings import SmtpSettings, load_settings
from services.notification_service.smtp_session import Lost, Refused, SmtpSession
from tests.integration.certificates import Certificates
from tests.integration.secured import PASSWORDS, USER, leaked

MAIL = Mail("a@example.com", "b@example.com", b"Subject: Hello\r\n\r\nText\r\n", needs_utf8=False)


@dataclass(frozen=True, slots=True)
class Server:
    """A sink and the variables that reach it."""

    sink: SmtpSink
    env: dict[str, str]

    def settings(self, **changes: str) -> SmtpSettings:
        """As the service reads them."""
        return load_settings({**self.env, **changes}).smtp


@pytest.fixture(params=["SMTP_STARTTLS", "SMTP_IMPLICIT_TLS"])
def server(request: pytest.FixtureRequest, certificates: Certificates, tmp_path: Path) -> Iterator[Server]:
    """Each way of TLS, with credentials."""
    tls, implicit = certificates.server_context(), request.param == "SMTP_IMPLICIT_TLS"
    options = SinkOptions(credentials=(USER, PASSWORDS["smtp"]), tls_context=tls, implicit_tls=implicit)
    secret = tmp_path / "smtp.secret"
    secret.write_text(PASSWORDS["smtp"] + "\n")
    with SmtpSink(options=options) as sink:
        env = {
            "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:9",
            "MONGODB_URI": "mongodb://127.0.0.1:9/",
            "SMTP_HOST": "127.0.0.1",
            "SMTP_PORT": str(sink.port),
            request.param: "true",
            "SMTP_CA_FILE": str(certificates.authority),
            "SMTP_USERNAME": USER,
            "SMTP_PASSWORD_FILE": str(secret),
        }
        yield Server(sink, env)


def _send(settings: SmtpSettings) -> None:
    async def run() -> None:
        session = await SmtpSession.open(settings)
        await session.send(MAIL)
        await session.quit()

    asyncio.run(run())


def test_a_mail_goes_under_tls_with_the_password(server: Server) -> None:
    """Which the sink takes in no other way."""
    _send(server.settings())

    assert [mail.recipients for mail in server.sink.messages] == [("b@example.com",)]


@pytest.mark.parametrize(
    "change",
    [
        {"SMTP_HOST": "localhost"},
        {"SMTP_CA_FILE": ""},
        {"SMTP_CA_FILE": "stranger"},
    ],
)
def test_a_server_that_proves_not_to_be_it_gets_nothing(
    server: Server, certificates: Certificates, change: dict[str, str]
) -> None:
    """Another host name; an authority that is not trusted, by default or as configured."""
    known = {name: str(certificates.stranger) if value == "stranger" else value for name, value in change.items()}
    with pytest.raises(Lost, match=r"its certificate is (for another host name|signed by an authority)"):
        _send(server.settings(**known))

    assert server.sink.messages == ()


def test_a_wrong_password_is_refused_and_not_told(server: Server) -> None:
    """With the server's own code."""
    with pytest.raises(Refused, match="AUTH: 535") as caught:
        _send(server.settings(SMTP_PASSWORD_FILE="", SMTP_PASSWORD=PASSWORDS["kafka"]))

    assert leaked(str(caught.value)) == []
    assert server.sink.messages == ()


def test_in_the_clear_there_is_no_way_in(server: Server) -> None:
    """Neither by mistake nor by a downgrade."""
    with pytest.raises((Lost, Refused)):
        _send(server.settings(SMTP_STARTTLS="false", SMTP_IMPLICIT_TLS="false", SMTP_TIMEOUT="2000"))

    assert server.sink.messages == ()


def test_a_server_without_starttls_gets_neither_mail_nor_password(server: Server) -> None:
    """What was asked for and is not offered ends the session (RFC 3207, section 6: a downgrade)."""
    with SmtpSink(options=SinkOptions(credentials=(USER, PASSWORDS["smtp"]))) as plain:
        change = {"SMTP_PORT": str(plain.port), "SMTP_STARTTLS": "true", "SMTP_IMPLICIT_TLS": "false"}
        with pytest.raises(Lost, match="STARTTLS: not offered"):
            _send(server.settings(**change))

        assert plain.messages == ()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"SMTP_STARTTLS": "please"}, "SMTP_STARTTLS is 'please': true or false"),
        ({"SMTP_STARTTLS": "true", "SMTP_IMPLICIT_TLS": "true"}, "both set"),
        ({"SMTP_CA_FILE": "/nowhere/ca.pem"}, "SMTP_CA_FILE: /nowhere/ca.pem: No such file"),
        ({"SMTP_CA_FILE": __file__}, "no certificate"),
        ({"SMTP_PASSWORD": "x"}, "both set"),
    ],
)
def test_a_setting_that_is_not_usable_is_named(server: Server, change: dict[str, str], message: str) -> None:
    """Before anything is connected; who means yes does not get no."""
    with pytest.raises(ConfigurationError, match=message):
        server.settings(**change)


def test_secrets_are_not_shown(server: Server) -> None:
    """Settings may end up in a log."""
    env = {
        **server.env,
        "KAFKA_SASL_PASSWORD": PASSWORDS["kafka"],
        "MONGODB_URI": f"mongodb://u:{PASSWORDS['mongo']}@h",
    }

    assert leaked(repr(load_settings(env))) == []


def test_certificates_are_verified(server: Server) -> None:
    """There is no setting that turns it off."""
    context = server.settings().tls.context

    assert context is not None
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)
