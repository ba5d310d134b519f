"""TLS and SASL of Apache Kafka, through our clients and commands."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Final

import pytest

from eccs_contracts import EmailRequest, EmailRequestsConsumer, EmailRequestsProducer
from eccs_contracts.errors import BrokerUnavailable, ConfigurationError
from tests.integration.certificates import KEY_PASSWORD
from tests.integration.secured import Secured, leaked, run

Make = Callable[[Secured], dict[str, str]]

WAYS: Final[Mapping[str, Make]] = {
    "SCRAM-SHA-512, password in a file": lambda parts: parts.sasl(),
    "PLAIN under TLS": lambda parts: parts.sasl("PLAIN"),
    "client certificate": lambda parts: parts.mutual(),
    "client certificate, encrypted key": lambda parts: parts.mutual(
        KAFKA_SSL_KEY_LOCATION=str(parts.certificates.encrypted_key), KAFKA_SSL_KEY_PASSWORD=KEY_PASSWORD
    ),
}
"""How one gets in."""


def _elsewhere(env: Mapping[str, str]) -> dict[str, str]:
    """The same by the name that is in no certificate."""
    return {**env, "KAFKA_BOOTSTRAP_SERVERS": env["KAFKA_BOOTSTRAP_SERVERS"].replace("127.0.0.1", "localhost")}


REFUSED: Final[Mapping[str, tuple[Make, str]]] = {
    "wrong password": (
        lambda parts: parts.sasl("PLAIN", KAFKA_SASL_PASSWORD_FILE=str(parts.files["mongo"])),
        "Authentication failed",
    ),
    "wrong user": (lambda parts: parts.sasl(KAFKA_SASL_USERNAME="nobody"), "uthentication"),
    "authority that signed nothing": (
        lambda parts: parts.sasl(KAFKA_SSL_CA_LOCATION=str(parts.certificates.stranger)),
        "certificate verify failed",
    ),
    "another host name": (lambda parts: _elsewhere(parts.sasl()), "certificate verify failed"),
    "no client certificate": (
        lambda parts: parts.mutual(KAFKA_SSL_CERTIFICATE_LOCATION="", KAFKA_SSL_KEY_LOCATION=""),
        "ertificate",
    ),
    "no TLS": (lambda parts: parts.sasl(KAFKA_SECURITY_PROTOCOL="SASL_PLAINTEXT"), "no broker answers"),
}
"""How one does not, and what is said then."""


def _request() -> EmailRequest:
    return EmailRequest(
        id=uuid.uuid4(), to="a@example.com", subject="Hello", body="Hi", user_id="u1", timestamp=datetime.now(UTC)
    )


@pytest.mark.parametrize("way", WAYS)
def test_what_the_producer_sends_the_consumer_reads(secured: Secured, way: str) -> None:
    """With the settings of the environment, and nothing else."""
    env = {**WAYS[way](secured), **secured.basic()}
    request = _request()
    with EmailRequestsProducer.from_env(env) as producer:
        producer.send(request).result(30)
    with EmailRequestsConsumer.from_env(f"test-{request.id}", env) as consumer:
        found = next(one.value for one in consumer if one.key == str(request.id).encode())

    assert (found.id, found.subject) == (request.id, request.subject)


@pytest.mark.parametrize("way", WAYS)
def test_commands_get_in_the_same_way(secured: Secured, way: str) -> None:
    """Administration, producing and consuming."""
    env = {**WAYS[way](secured), **secured.basic()}

    plan = run(env, "eccs_contracts", "topics", "plan")
    produced = run(env, "eccs_contracts", "produce", "--batch", "2")
    consumed = run(env, "eccs_contracts", "consume", "--from-beginning", "--max", "1", "--format", "json")

    assert [code for code, _ in (plan, produced, consumed)] == [0, 0, 0], (plan, produced, consumed)
    assert "email_requests" in produced[1]
    assert "userId" in consumed[1]


@pytest.mark.parametrize("way", REFUSED)
def test_who_does_not_get_in_is_told_why(secured: Secured, way: str) -> None:
    """As far as the other side says it; the certificate is looked at, and the host name in it."""
    make, reason = REFUSED[way]
    env = {**make(secured), **secured.basic()}
    producer = EmailRequestsProducer.from_env(env)
    try:
        with pytest.raises(BrokerUnavailable, match=reason) as caught:
            producer.check(6)
    finally:
        producer.stop()

    assert leaked(str(caught.value)) == []


@pytest.mark.parametrize("way", ["wrong password", "another host name"])
def test_a_command_that_does_not_get_in_ends_with_3(secured: Secured, way: str) -> None:
    """One line, without the password."""
    code, output = run(
        {**REFUSED[way][0](secured), **secured.basic()}, "eccs_contracts", "topics", "plan", "--timeout", "5"
    )

    assert code == 3
    assert "Traceback" not in output
    assert leaked(output) == []


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"KAFKA_SSL_CA_LOCATION": "/nowhere/ca.pem"}, "ssl.ca.location"),
        ({"KAFKA_SASL_MECHANISM": "TELEPATHY"}, "TELEPATHY"),
        ({"KAFKA_SECURITY_PROTOCOL": "TLS"}, "security.protocol"),
        ({"KAFKA_SSL_NO_SUCH_THING": "1"}, "ssl.no.such.thing"),
        (
            {"KAFKA_SASL_PASSWORD_FILE": "/nowhere/password"},
            "KAFKA_SASL_PASSWORD_FILE: /nowhere/password: No such file",
        ),
        ({"KAFKA_SASL_PASSWORD": "x"}, "both set"),
    ],
)
def test_a_setting_that_is_not_usable_is_named(secured: Secured, change: dict[str, str], message: str) -> None:
    """When the client is made, not when the first message is sent."""
    with pytest.raises(ConfigurationError, match=message) as caught:
        EmailRequestsProducer.from_env({**secured.sasl(), **secured.basic(), **change})

    assert leaked(str(caught.value)) == []
