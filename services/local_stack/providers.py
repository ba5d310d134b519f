"""Who can provide which part, best first. Each provider answers why it cannot, or starts."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from services.local_stack import kafka_jvm
from services.local_stack.errors import StackError
from services.local_stack.processes import Child, free_port, listens

Report = Callable[[str], None]
Stop = Callable[[], None]
Environment = dict[str, str]


@dataclass(frozen=True, slots=True)
class Provider:
    """One way to have a part.

    Attributes:
        absent: why it cannot be used here; None where it can.
        start: starts it; gives the variables to export and how to stop it.
    """

    name: str
    absent: Callable[[], str | None]
    start: Callable[[Report, float], tuple[Environment, Stop]]


def _external(variables: tuple[str, ...], part: str, answers: Callable[[str, float], bool]) -> Provider:
    def value() -> str | None:
        return next((os.environ[name] for name in variables if os.environ.get(name)), None)

    def start(_: Report, seconds: float) -> tuple[Environment, Stop]:
        address = value() or ""
        if not answers(address, seconds):
            raise StackError(f"no {part} answers at {_without_secrets(address)}; correct or unset {variables[0]}")
        return {variables[0]: address}, lambda: None

    return Provider("external", lambda: None if value() else f"{variables[0]} is not set", start)


def _without_secrets(address: str) -> str:
    """An address without the user and password in front of its @."""
    scheme, mark, rest = address.rpartition("://")
    return f"{scheme}{mark}{rest.rpartition('@')[2]}"


def _no_docker() -> str | None:
    if shutil.which("docker") is None:
        return "there is no docker command"
    done = subprocess.run(["docker", "info"], capture_output=True, check=False, timeout=10)
    return "no Docker daemon answers" if done.returncode else None


def _no_image(image: str) -> Callable[[], str | None]:
    def absent() -> str | None:
        if reason := _no_docker():
            return reason
        there = subprocess.run(["docker", "image", "inspect", image], capture_output=True, check=False)
        if there.returncode == 0:
            return None
        pulled = subprocess.run(["docker", "pull", "-q", image], capture_output=True, check=False)
        return f"the image {image} cannot be had" if pulled.returncode else None

    return absent


def _docker(image: str, port: int, environment: Callable[[str], Environment], **settings: str) -> Provider:
    def start(_: Report, seconds: float) -> tuple[Environment, Stop]:
        from testcontainers.core.container import DockerContainer

        outside = free_port()
        container = DockerContainer(image).with_bind_ports(port, outside)
        for name, value in settings.items():
            container = container.with_env(name, value.format(port=outside))
        container.start()
        child = Child("docker")  # for its way of waiting only
        try:
            _wait(lambda: listens("127.0.0.1", outside), seconds, image)
        except StackError:
            container.stop()
            raise
        finally:
            child.stop()
        return environment(f"127.0.0.1:{outside}"), container.stop

    return Provider("docker", _no_image(image), start)


def _wait(ready: Callable[[], bool], seconds: float, name: str) -> None:
    import threading
    import time

    deadline = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > deadline:
            raise StackError(f"{name} does not answer after {seconds:g} s")
        threading.Event().wait(0.1)


def broker_answers(address: str, seconds: float) -> bool:
    """Whether a Kafka broker answers there."""
    from confluent_kafka import KafkaException
    from confluent_kafka.admin import AdminClient

    try:
        AdminClient({"bootstrap.servers": address, "log_level": 0}).list_topics(timeout=seconds)
    except KafkaException:
        return False
    return True


def registry_answers(url: str, seconds: float) -> bool:
    """Whether a schema registry answers there."""
    import httpx

    try:
        return httpx.get(f"{url.rstrip('/')}/subjects", timeout=seconds).is_success
    except httpx.HTTPError:
        return False


def database_answers(uri: str, seconds: float) -> bool:
    """Whether a database that speaks MongoDB's protocol answers there."""
    from pymongo import MongoClient
    from pymongo.errors import PyMongoError

    try:
        with MongoClient[dict[str, Any]](uri, serverSelectionTimeoutMS=int(seconds * 1000)) as client:
            client.admin.command("ping")
    except PyMongoError:
        return False
    return True


def _kafka(report: Report, seconds: float) -> tuple[Environment, Stop]:
    child = Child("kafka")
    try:
        address = kafka_jvm.start(child, report)
        child.wait_until(lambda: broker_answers(address, 1), seconds)
    except BaseException:
        child.stop()
        raise
    return {"KAFKA_BOOTSTRAP_SERVERS": address}, child.stop


def _no_jvm() -> str | None:
    tool = kafka_jvm.missing_tool()
    return f"there is no {tool} command" if tool else None


def _child(
    name: str,
    command: Callable[[Child, int], list[str]],
    variable: str,
    scheme: str,
    ready: Callable[[str, float], bool],
) -> Callable[[Report, float], tuple[Environment, Stop]]:
    def start(_: Report, seconds: float) -> tuple[Environment, Stop]:
        child, port = Child(name), free_port()
        address = f"{scheme}127.0.0.1:{port}"
        try:
            child.start(command(child, port))
            child.wait_until(lambda: listens("127.0.0.1", port) and ready(address, 2), seconds)
        except BaseException:
            child.stop()
            raise
        return {variable: address}, child.stop

    return start


def _noida() -> Path:
    """The broker's own binary: its wrapper script would let it outlive us."""
    folder = Path(sysconfig.get_path("purelib"))
    return next(
        (path for path in folder.glob("noida*/**/noida-db*") if os.access(path, os.X_OK) and path.is_file()),
        folder,
    )


def _noida_command(child: Child, port: int) -> list[str]:
    return [
        str(_noida()),
        "start",
        "--only",
        "kafka",
        "--kafka-port",
        str(port),
        "--data-dir",
        str(child.folder / "data"),
    ]


def _secantus() -> Path:
    return Path(sys.executable).with_name("secantusd-py")


def _secantus_command(child: Child, port: int) -> list[str]:
    return [str(_secantus()), "--port", str(port), "--storage-path", str(child.folder / "data")]


def _registry_command(child: Child, port: int) -> list[str]:
    del child
    return [sys.executable, "-m", "compat_checks", "serve", "--port", str(port)]


PROVIDERS: Final[Mapping[str, tuple[Provider, ...]]] = {
    "broker": (
        _external(("KAFKA_BOOTSTRAP_SERVERS", "KAFKA_BROKERS", "KAFKA_BROKER"), "broker", broker_answers),
        Provider("kafka", _no_jvm, _kafka),
        Provider(
            "embedded",
            lambda: None if _noida().is_file() else "noida-db is not installed",
            _child("noida", _noida_command, "KAFKA_BOOTSTRAP_SERVERS", "", broker_answers),
        ),
    ),
    "registry": (
        _external(("SCHEMA_REGISTRY_URL",), "registry", registry_answers),
        Provider(
            "embedded",
            lambda: None,
            _child("registry", _registry_command, "SCHEMA_REGISTRY_URL", "http://", registry_answers),
        ),
    ),
    "mongo": (
        _external(("MONGODB_URI",), "database", database_answers),
        _docker("mongo:8", 27017, lambda address: {"MONGODB_URI": f"mongodb://{address}"}),
        Provider(
            "embedded",
            lambda: None if _secantus().exists() else "SecantusDB is not installed",
            _child("secantus", _secantus_command, "MONGODB_URI", "mongodb://", database_answers),
        ),
    ),
}
