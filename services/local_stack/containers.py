"""The parts as Docker containers of the official images, through testcontainers."""

import socket
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from typing import TYPE_CHECKING, cast

from services.local_stack.database import mongo_answers
from services.local_stack.errors import StackError, Unavailable
from services.local_stack.kafka_jvm import SINGLE_NODE, kafka_version
from services.local_stack.kafka_probe import cluster_id
from services.local_stack.processes import free_ports
from services.local_stack.providers import Context, Started
from services.local_stack.registry import registry_answers

if TYPE_CHECKING:
    from testcontainers.core.container import DockerContainer
    from testcontainers.core.network import Network

REGISTRY_IMAGE = "confluentinc/cp-schema-registry:8.1.0"
MONGO_IMAGE = "mongo:8.0"
_BROKER_ALIAS = "broker:19092"
# A daemon, or the image registry behind it, that needs longer than this is as good as not there.
_DECIDE_SECONDS = 4


def docker_broker(context: Context) -> Started:
    """Provider `docker` of the broker."""
    image = f"apache/kafka:{kafka_version()}"
    _require_images(context, image)
    from testcontainers.core.network import Network

    port = free_ports(1)[0]
    address = f"127.0.0.1:{port}"
    with ExitStack() as undo:
        network = undo.enter_context(Network())
        container = _container(image, 9092, port, _kafka_settings(address))
        container.with_network_aliases("broker").with_network(network)
        _run(container, undo, lambda: cluster_id(address) is not None, context)
        what = f"Apache Kafka in a container of {image} at {address}"
        return Started({"KAFKA_BOOTSTRAP_SERVERS": address}, what, undo.pop_all().close, network=network)


def docker_registry(context: Context) -> Started:
    """Provider `docker` of the registry, which keeps its schemas in the broker container beside it."""
    _require_images(context, REGISTRY_IMAGE)
    network = _network_of_broker(context)
    port = free_ports(1)[0]
    url = f"http://127.0.0.1:{port}"
    settings = {
        "SCHEMA_REGISTRY_HOST_NAME": "registry",
        "SCHEMA_REGISTRY_KAFKASTORE_BOOTSTRAP_SERVERS": f"PLAINTEXT://{_BROKER_ALIAS}",
    }
    with ExitStack() as undo:
        container = _container(REGISTRY_IMAGE, 8081, port, settings).with_network(network)
        _run(container, undo, lambda: registry_answers(url), context)
        what = f"Confluent's in a container of {REGISTRY_IMAGE} at {url}"
        return Started({"SCHEMA_REGISTRY_URL": url}, what, undo.pop_all().close)


def docker_database(context: Context) -> Started:
    """Provider `docker` of the database."""
    _require_images(context, MONGO_IMAGE)
    port = free_ports(1)[0]
    uri = f"mongodb://127.0.0.1:{port}/"
    with ExitStack() as undo:
        container = _container(MONGO_IMAGE, 27017, port, {})
        _run(container, undo, lambda: mongo_answers(uri), context)
        what = f"MongoDB in a container of {MONGO_IMAGE} at {uri}"
        return Started({"MONGODB_URI": uri}, what, undo.pop_all().close)


def _network_of_broker(context: Context) -> "Network":
    broker = context.starting.get("broker")
    # A container cannot reach a broker that listens on the loopback address of its host.
    if broker is None or (network := broker.result().network) is None:
        raise Unavailable("the registry's container needs the broker's container beside it")
    return network


def _require_images(context: Context, image: str) -> None:
    """Decides within seconds whether a daemon is there and has, or can get, the image.

    Raises:
        Unavailable: It does not.
    """
    if not _daemon_listens(context.environ):
        raise Unavailable("no Docker daemon answers")
    import docker  # type: ignore[import-untyped]  # docker ships no types
    from docker.errors import (  # type: ignore[import-untyped]  # docker ships no types
        DockerException,
        ImageNotFound,
    )

    try:
        client = docker.from_env(timeout=_DECIDE_SECONDS)
    except DockerException:
        raise Unavailable("no Docker daemon answers") from None
    # Only now: it takes most of a second, and most machines without a daemon never need it.
    from testcontainers.core.config import testcontainers_config as settings

    reaper = [] if settings.ryuk_disabled else [settings.ryuk_image]
    try:
        for name in [image, *reaper]:
            try:
                client.images.get(name)
            except ImageNotFound:
                client.images.get_registry_data(name)
                context.report(f"docker: pulling {name}")
                client.api.timeout = None
                client.images.pull(name)
                client.api.timeout = _DECIDE_SECONDS
    # docker lets the errors of requests through, which are OSErrors.
    except (DockerException, OSError):
        message = f"the Docker daemon cannot get the image {name}"
        raise Unavailable(message) from None
    finally:
        client.close()


def _daemon_listens(environ: Mapping[str, str]) -> bool:
    """Asked before the docker package is: it is slow to import and leaks the socket it cannot connect."""
    address = environ.get("DOCKER_HOST") or "unix:///var/run/docker.sock"
    path = address.removeprefix("unix://")
    if path == address:
        return True
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(path) == 0


def _container(image: str, inside: int, port: int, settings: Mapping[str, str]) -> "DockerContainer":
    from testcontainers.core.container import DockerContainer

    container = DockerContainer(image, env=dict(settings))
    # docker-py takes (address, port), which testcontainers' annotation does not know: without the
    # address, a broker or database without a password would listen on every interface.
    container.ports[str(inside)] = cast("int", ("127.0.0.1", port))
    return container


def _run(container: "DockerContainer", undo: ExitStack, answers: Callable[[], bool], context: Context) -> None:
    from docker.errors import DockerException

    try:
        undo.enter_context(container)
    except (DockerException, OSError) as error:
        message = f"Docker cannot run {container.image}: {error}"
        raise StackError(message) from error
    if not context.patience.until(answers):
        message = f"the container of {container.image} does not answer after {context.patience.seconds:g} s"
        raise StackError(message)


def _kafka_settings(address: str) -> Mapping[str, str]:
    settings = {
        "node.id": "1",
        "process.roles": "broker,controller",
        "controller.quorum.voters": "1@localhost:9093",
        "controller.listener.names": "CONTROLLER",
        "listeners": "PLAINTEXT://:9092,INSIDE://:19092,CONTROLLER://:9093",
        "advertised.listeners": f"PLAINTEXT://{address},INSIDE://{_BROKER_ALIAS}",
        "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,INSIDE:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "inter.broker.listener.name": "INSIDE",
        **SINGLE_NODE,
    }
    return {f"KAFKA_{name.upper().replace('.', '_')}": value for name, value in settings.items()}
