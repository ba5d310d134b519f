"""Both services with every connection secured and every secret in a file; and what they say where one is wrong."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import httpx
import jwt
import pytest

from eccs_contracts.email_api import Email, EmailApi, EmailApiError, NotFound
from services.local_stack import SinkOptions, SmtpSink
from services.local_stack.processes import ROOT, Patience, free_ports
from tests.integration.secured import JWT_SECRET, PASSWORDS, USER, Secured, clean_environment, leaked, run

EMAIL, NOTIFICATION = "services.email_service", "services.notification_service"
_SECONDS: Final = 60.0


@pytest.fixture(scope="module")
def sink(secured: Secured) -> Iterator[SmtpSink]:
    """A mail server that asks for STARTTLS and a password."""
    tls = secured.certificates.server_context()
    with SmtpSink(options=SinkOptions(credentials=(USER, PASSWORDS["smtp"]), tls_context=tls)) as running:
        yield running


@pytest.fixture
def env(secured: Secured, sink: SmtpSink, tmp_path: Path) -> dict[str, str]:
    """Everything that the two services are told; the secrets in files."""
    uri, smtp = tmp_path / "mongodb-uri", secured.files["smtp"]
    uri.write_text(secured.mongodb_uri() + "\n")
    return {
        **secured.sasl(),
        **secured.basic(),
        "KAFKA_GROUP_ID": f"secured-{uuid.uuid4()}",
        "MONGODB_URI_FILE": str(uri),
        "SMTP_HOST": "127.0.0.1",
        "SMTP_PORT": str(sink.port),
        "SMTP_STARTTLS": "true",
        "SMTP_CA_FILE": str(secured.certificates.authority),
        "SMTP_USERNAME": USER,
        "SMTP_PASSWORD_FILE": str(smtp),
        "JWT_SECRET_FILE": str(secured.files["jwt"]),
        "STARTUP_TIMEOUT": "20000",
    }


@contextmanager
def _running(module: str, env: Mapping[str, str], log: Path) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """A service that answers, and its address; it writes to `log`, and is killed if it does not stop."""
    [port] = free_ports(1)
    known = {**clean_environment(), **env, "HTTP_PORT": str(port)}
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", module], env=known, cwd=ROOT, stdout=output, stderr=subprocess.STDOUT
        )
        try:
            url = f"http://127.0.0.1:{port}"
            assert Patience(_SECONDS, threading.Event()).until(lambda: _ready(url)), log.read_text()
            yield url, process
        finally:
            process.kill()
            process.wait()


def _ready(url: str) -> bool:
    try:
        return httpx.get(f"{url}/readyz", timeout=10).is_success
    except httpx.HTTPError:
        return False


def _stopped(process: subprocess.Popen[bytes]) -> int:
    process.send_signal(signal.SIGTERM)
    return process.wait(_SECONDS)


def _bearer() -> str:
    return jwt.encode({"sub": "u1", "exp": time.time() + 600}, JWT_SECRET, algorithm="HS256")


def _state(api: EmailApi, email_id: uuid.UUID) -> str:
    try:
        return api.status(email_id).state
    except NotFound:
        return "unknown"


def test_an_email_goes_all_the_way_over_secured_connections(
    env: dict[str, str], sink: SmtpSink, tmp_path: Path
) -> None:
    """HTTP, Kafka, registry, database and mail server; and neither service writes a secret."""
    logs = [tmp_path / "email.log", tmp_path / "notification.log"]
    with (
        _running(EMAIL, env, logs[0]) as (url, email_service),
        _running(NOTIFICATION, env, logs[1]) as (_, notification_service),
        EmailApi(url, _bearer()) as api,
    ):
        sent = api.send(Email(to="secured@example.com", subject="Hello", body="Text"))
        arrived = sink.wait_for(lambda one: "secured@example.com" in one.attempts, _SECONDS)
        marked = Patience(_SECONDS, threading.Event()).until(lambda: _state(api, sent.id) == "sent")
        codes = [_stopped(email_service), _stopped(notification_service)]

    assert (arrived, marked, codes) == (True, True, [0, 0])
    # Other tests of the session left requests in the topic, which are delivered as well.
    assert [mail.recipients for mail in sink.messages].count(("secured@example.com",)) == 1
    assert leaked("".join(log.read_text() for log in logs)) == []


Change = Callable[[Secured], Mapping[str, str]]
WRONG: Final[Mapping[str, Change]] = {
    "Kafka's password": lambda parts: {"KAFKA_SASL_PASSWORD_FILE": str(parts.files["mongo"])},
    "Kafka's authority": lambda parts: {"KAFKA_SSL_CA_LOCATION": str(parts.certificates.stranger)},
    "the registry's password": lambda parts: {"SCHEMA_REGISTRY_PASSWORD_FILE": str(parts.files["mongo"])},
    "the registry's authority": lambda parts: {"SCHEMA_REGISTRY_CA_LOCATION": str(parts.certificates.stranger)},
}
WRONG_OF_NOTIFICATION: Final[Mapping[str, Change]] = {
    **WRONG,
    "MongoDB's password": lambda parts: _mongo(parts.mongodb_uri(PASSWORDS["kafka"].replace(" ", "%20"))),
    "MongoDB's authority": lambda parts: _mongo(parts.mongodb_uri(ca=str(parts.certificates.stranger))),
    "MongoDB's host name": lambda parts: _mongo(parts.mongodb_uri(host="localhost")),
    "the mail server's password": lambda parts: {"SMTP_PASSWORD_FILE": str(parts.files["mongo"])},
    "the mail server's authority": lambda parts: {"SMTP_CA_FILE": str(parts.certificates.stranger)},
    "the mail server's host name": lambda _: {"SMTP_HOST": "localhost"},
}


def _mongo(uri: str) -> dict[str, str]:
    return {"MONGODB_URI_FILE": "", "MONGODB_URI": uri}


@pytest.mark.parametrize(
    ("module", "wrong"), [*((EMAIL, one) for one in WRONG), *((NOTIFICATION, one) for one in WRONG_OF_NOTIFICATION)]
)
def test_a_service_that_does_not_get_in_ends_with_3(
    secured: Secured, env: dict[str, str], module: str, wrong: str
) -> None:
    """With a line that says where, and no secret, whatever a library has in its error."""
    change = WRONG_OF_NOTIFICATION[wrong](secured)
    code, output = run({**env, "STARTUP_TIMEOUT": "3000", "LOG_LEVEL": "debug", **change}, module)

    assert code == 3, output
    assert "Traceback" not in output
    assert leaked(output) == []


@pytest.mark.parametrize("wrong", ["MongoDB's password", "MongoDB's authority"])
def test_the_email_service_says_that_it_is_not_ready_without_its_database(
    secured: Secured, env: dict[str, str], tmp_path: Path, wrong: str
) -> None:
    """It still sends what has no key; what it writes and answers holds no secret."""
    log = tmp_path / "email.log"
    known = {**clean_environment(), **env, **WRONG_OF_NOTIFICATION[wrong](secured)}
    [port] = free_ports(1)
    url = f"http://127.0.0.1:{port}"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", EMAIL], env={**known, "HTTP_PORT": str(port)}, cwd=ROOT, stderr=output
        )
    try:
        assert Patience(_SECONDS, threading.Event()).until(lambda: _answers(url))
        ready = httpx.get(f"{url}/readyz", timeout=30)
        listed = httpx.get(f"{url}/api/emails", headers={"Authorization": f"Bearer {_bearer()}"}, timeout=30)
        code = _stopped(process)
    finally:
        process.kill()
        process.wait()

    assert (ready.status_code, listed.status_code, code) == (503, 503, 0)
    assert "MongoDB" in ready.json()["detail"]
    assert leaked(ready.text + listed.text + log.read_text()) == []


def _answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/health", timeout=10).is_success
    except httpx.HTTPError:
        return False


@pytest.mark.parametrize("module", [EMAIL, NOTIFICATION])
@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"MONGODB_URI_FILE": "", "MONGODB_URI": f"mongo://u:{PASSWORDS['mongo']}@127.0.0.1"}, "MONGODB_URI"),
        ({"MONGODB_URI_FILE": "", "MONGODB_URI": f"mongodb://u:{PASSWORDS['mongo']}@@/x"}, "MONGODB_URI"),
        ({"MONGODB_URI_FILE": "", "MONGODB_URI": "mongodb://127.0.0.1/?tlsCAFile=/nowhere"}, "MONGODB_URI"),
        ({"MONGODB_URI_FILE": "/nowhere/uri"}, "MONGODB_URI_FILE"),
        ({"KAFKA_SASL_PASSWORD": PASSWORDS["kafka"]}, "KAFKA_SASL_PASSWORD_FILE"),
        ({"KAFKA_SSL_CA_LOCATION": "/nowhere/ca.pem"}, "ssl.ca.location"),
        ({"SCHEMA_REGISTRY_CA_LOCATION": "/nowhere/ca.pem"}, "SCHEMA_REGISTRY"),
    ],
)
def test_a_setting_that_is_not_usable_is_exit_2(
    env: dict[str, str], module: str, change: dict[str, str], named: str
) -> None:
    """With its name, and without its value where that is secret."""
    code, output = run({**env, **change}, module)

    assert code == 2, output
    assert named in output
    assert "Traceback" not in output
    assert leaked(output) == []


def test_a_token_that_leaks_into_an_error_of_the_client_is_not_there() -> None:
    """Not in its text, and not in that of what caused it."""
    bearer = _bearer()
    with EmailApi("http://127.0.0.1:9", bearer) as api, pytest.raises(EmailApiError) as caught:
        api.stats()

    assert bearer not in f"{caught.value!r} {caught.value.__cause__!r}"
