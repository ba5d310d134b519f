"""The rights of deploy/kafka/acls.sh on Apache Kafka with its authorizer: enough for each program, and no more."""

from __future__ import annotations

import os
import threading
import uuid
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final

import pytest
from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import (
    AclBinding,
    AclBindingFilter,
    AclOperation,
    AclPermissionType,
    AdminClient,
    ResourcePatternType,
    ResourceType,
)

from compat_checks.registry.server import EmbeddedRegistry
from eccs_contracts import EmailRequest, EmailRequestsConsumer, EmailRequestsProducer
from services.local_stack.kafka_jvm import Guarded, run_kafka
from services.local_stack.processes import Patience
from services.local_stack.providers import Context
from services.local_stack.up import apply_contracts
from tests.deploy.acl_file import Right, rights
from tests.integration.secured import run

PRINCIPALS: Final = ("email-service", "notification-service", "dlq-console", "contracts")
_TOPICS: Final = ("email_requests", "email_requests_retry", "email_dlq")
_JAAS: Final = "org.apache.kafka.common.security.plain.PlainLoginModule required"
_OPERATIONS: Final = {"AlterConfigs": AclOperation.ALTER_CONFIGS}
Environments = Mapping[str, dict[str, str]]


@pytest.fixture(scope="module")
def environments(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Environments]:
    """The variables of each program, on a broker where nobody has a right but those of the script."""
    context = Context(os.environ, Patience(60.0, threading.Event()), print, (), {})
    users = " ".join(f'user_{name}="{name}-secret"' for name in PRINCIPALS)
    settings = {
        "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        "super.users": "User:ANONYMOUS",  # who comes by the plain listener: the broker itself, and this test
        "sasl.enabled.mechanisms": "PLAIN",
        "listener.name.sasl_plaintext.plain.sasl.jaas.config": f"{_JAAS} {users};",
    }
    child, addresses = run_kafka(context, Guarded(("SASL_PLAINTEXT",), settings))
    try:
        with EmbeddedRegistry() as registry:
            places = {"KAFKA_BOOTSTRAP_SERVERS": addresses["PLAINTEXT"], "SCHEMA_REGISTRY_URL": registry.url}
            apply_contracts(places)
            _give(addresses["PLAINTEXT"], rights(tmp_path_factory.mktemp("acls")))
            access = {
                "KAFKA_BOOTSTRAP_SERVERS": addresses["SASL_PLAINTEXT"],
                "SCHEMA_REGISTRY_URL": registry.url,
                "KAFKA_SECURITY_PROTOCOL": "SASL_PLAINTEXT",
                "KAFKA_SASL_MECHANISM": "PLAIN",
            }
            yield {
                name: {**access, "KAFKA_SASL_USERNAME": name, "KAFKA_SASL_PASSWORD": f"{name}-secret"}
                for name in PRINCIPALS
            }
    finally:
        child.stop()


def _give(address: str, found: tuple[Right, ...]) -> None:
    bindings = [
        AclBinding(
            ResourceType[one.kind.upper()],
            one.name,
            ResourcePatternType.LITERAL,
            f"User:{one.principal}",
            "*",
            _OPERATIONS.get(one.operation) or AclOperation[one.operation.upper()],
            AclPermissionType.ALLOW,
        )
        for one in found
    ]
    admin = AdminClient({"bootstrap.servers": address})
    for future in admin.create_acls(bindings, request_timeout=20).values():
        future.result(20)
    # The controller answers before the broker's authorizer goes by them.
    assert Patience(20, threading.Event()).until(lambda: _known(admin) >= len(set(bindings)))


def _known(admin: AdminClient) -> int:
    """How many rights the broker's authorizer goes by."""
    anything: Any = None  # as the library takes it, though its types say otherwise
    where = (ResourceType.ANY, anything, ResourcePatternType.ANY, anything, anything)
    every = AclBindingFilter(*where, AclOperation.ANY, AclPermissionType.ANY)
    return len(admin.describe_acls(every, request_timeout=10).result(10))


def _config(environment: Mapping[str, str]) -> dict[str, Any]:
    return {
        "bootstrap.servers": environment["KAFKA_BOOTSTRAP_SERVERS"],
        "security.protocol": "SASL_PLAINTEXT",
        "sasl.mechanism": "PLAIN",
        "sasl.username": environment["KAFKA_SASL_USERNAME"],
        "sasl.password": environment["KAFKA_SASL_PASSWORD"],
    }


def _writes(environment: Mapping[str, str], topic: str) -> str:
    """The error of a message that is sent as our services send it; empty if it arrived."""
    errors: list[Any] = []
    producer = Producer({**_config(environment), "enable.idempotence": True, "message.timeout.ms": 10_000})
    try:
        producer.produce(topic, b"x", on_delivery=lambda error, _: errors.append(error))
        producer.flush(15)
    except KafkaException as error:
        errors.append(error.args[0])
    return str(errors[0].name()) if errors[0] else ""


def _reads(environment: Mapping[str, str], group: str, topic: str) -> str:
    """The error of a consumer that reads a topic without joining a group; empty if it may."""
    options = {"group.id": group, "enable.auto.commit": False, "enable.partition.eof": True}
    consumer = Consumer({**_config(environment), **options})
    try:
        consumer.assign([TopicPartition(topic, 0, 0)])
        while (message := consumer.poll(15)) is not None:
            if (error := message.error()) is not None:
                return "" if error.name() == "_PARTITION_EOF" else str(error.name())
        return "nothing came"
    finally:
        consumer.close()


# Who may write to no topic at all does not even get the number of an idempotent producer.
_REFUSALS: Final = {"TOPIC_AUTHORIZATION_FAILED", "CLUSTER_AUTHORIZATION_FAILED", "_FATAL", "_PURGE_QUEUE"}
_MAY_WRITE: Final = {
    "email-service": {"email_requests"},
    "notification-service": {"email_requests_retry", "email_dlq"},
    "dlq-console": {"email_requests", "email_requests_retry"},
    "contracts": set[str](),
}
_GROUPS: Final = {"notification-service": "notification-group", "dlq-console": "eccs-contracts-reader"}
_MAY_READ: Final = {
    "notification-service": {"email_requests", "email_requests_retry"},
    "dlq-console": set(_TOPICS),
}


@pytest.mark.parametrize("principal", PRINCIPALS)
def test_each_writes_to_its_topics_only(environments: Environments, principal: str) -> None:
    """With an idempotent producer, as ours are."""
    errors = {topic: _writes(environments[principal], topic) for topic in _TOPICS}

    assert {topic for topic, error in errors.items() if not error} == _MAY_WRITE[principal]
    assert {error for error in errors.values() if error} <= _REFUSALS


@pytest.mark.parametrize("principal", _MAY_READ)
def test_each_reads_its_topics_only(environments: Environments, principal: str) -> None:
    """By assignment, which the console does."""
    errors = {topic: _reads(environments[principal], _GROUPS[principal], topic) for topic in _TOPICS}

    assert {topic for topic, error in errors.items() if not error} == _MAY_READ[principal]
    assert {error for error in errors.values() if error} <= {"TOPIC_AUTHORIZATION_FAILED"}


def _request() -> EmailRequest:
    return EmailRequest(
        id=uuid.uuid4(), to="a@example.com", subject="Hello", body="Hi", user_id="u1", timestamp=datetime.now(UTC)
    )


def test_a_request_goes_from_the_one_service_to_the_other(environments: Environments) -> None:
    """Through our own producer and consumer, in the group of the service, with a commit."""
    request = _request()
    with EmailRequestsProducer.from_env(environments["email-service"]) as producer:
        producer.check(20)
        producer.send(request).result(30)
    with EmailRequestsConsumer.from_env("notification-group", environments["notification-service"]) as consumer:
        found = next(one.value for one in consumer if one.key == str(request.id).encode())

    assert found.id == request.id


_COMMANDS: Final[Mapping[str, tuple[str, Callable[[int], bool]]]] = {
    "contracts": ("topics apply --environment dev --yes", lambda code: code == 0),
    "contracts plans": ("topics plan --environment dev", lambda code: code == 0),
    "dlq-console": ("dlq stats", lambda code: code == 0),
    "email-service": ("dlq stats", lambda code: code != 0),
    "notification-service": ("dlq stats", lambda code: code != 0),
}


@pytest.mark.parametrize("case", _COMMANDS)
def test_commands_need_the_rights_of_their_program(environments: Environments, case: str) -> None:
    """Topics by the job, dead letters by the console; a refusal is one line."""
    command, expected = _COMMANDS[case]
    code, output = run(environments[case.split(maxsplit=1)[0]], "eccs_contracts", *command.split())

    assert expected(code), output
    assert "Traceback" not in output
