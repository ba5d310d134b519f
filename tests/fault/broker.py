"""Apache Kafka on the JVM that a test can kill, start again with its data, and halt; and a second node for a while."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Final, Self

from confluent_kafka.admin import AdminClient

from services.local_stack.kafka_jvm import _FILES, _JVM, _properties, find_java, new_cluster_id, resolved_jars
from services.local_stack.kafka_probe import cluster_id, wake_coordinator
from services.local_stack.processes import Patience, free_ports
from services.local_stack.providers import Context

_START = 60.0  # seconds
# Members may be missed soon, so that a case does not wait for long; and what nothing forbids is allowed.
_OF_ALL: Final = {
    "group.min.session.timeout.ms": "1000",
    "group.consumer.min.session.timeout.ms": "1000",
    "group.consumer.session.timeout.ms": "3000",
    "group.consumer.min.heartbeat.interval.ms": "500",
    "group.consumer.heartbeat.interval.ms": "1000",
    "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
    "allow.everyone.if.no.acl.found": "true",
}


class Node:
    """One KRaft node on fixed ports and one directory; a context manager."""

    def __init__(self, cluster: str, ports: list[int], settings: Mapping[str, str]) -> None:
        context = Context(os.environ, Patience(_START, threading.Event()), lambda _: None)
        self._directory = Path(tempfile.mkdtemp(prefix="eccs-fault-broker-"))
        self._cluster, self.ports = cluster, ports
        logging = f"-Dlog4j2.configurationFile={(_FILES / 'log4j2.properties').as_uri()}"
        self._java = [find_java(os.environ), *_JVM, logging, "-cp", os.fspath(resolved_jars(context) / "*")]
        self._file = self._directory / "server.properties"
        controller, addresses = f"127.0.0.1:{ports[1]}", {"PLAINTEXT": self.address}
        self._file.write_text(_properties(self._directory / "data", controller, addresses, settings))
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        """Host and port."""
        return f"127.0.0.1:{self.ports[0]}"

    def __enter__(self) -> Self:
        arguments = ["kafka.tools.StorageTool", "format", "-t", self._cluster, "-c", str(self._file)]
        subprocess.run([*self._java, *arguments], check=True, capture_output=True)
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()
        shutil.rmtree(self._directory, ignore_errors=True)

    def start(self) -> None:
        """Start it and wait until it answers."""
        with (self._directory / "output.log").open("ab") as output:
            self._process = subprocess.Popen(
                [*self._java, "kafka.Kafka", str(self._file)], stdout=output, stderr=output
            )
        answers = Patience(_START, threading.Event()).until(lambda: cluster_id(self.address) == self._cluster)
        assert answers, f"the broker does not answer: {(self._directory / 'output.log').read_text()[-2000:]}"

    def kill(self) -> None:
        """SIGKILL; its data stay."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def halt(self) -> None:
        """SIGSTOP: connections stand, nothing is answered."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """SIGCONT."""
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)


class Broker(Node):
    """Broker and controller in one."""

    def __init__(self) -> None:
        super().__init__(new_cluster_id(), free_ports(2), _OF_ALL)

    def __enter__(self) -> Self:
        super().__enter__()
        wake_coordinator(self.address)
        return self

    def second(self) -> Node:
        """Another broker of the same cluster, to be entered."""
        (port,) = free_ports(1)
        listeners = f"PLAINTEXT://127.0.0.1:{port}"
        settings = {**_OF_ALL, "process.roles": "broker", "node.id": "2", "listeners": listeners}
        return Node(self._cluster, [port, self.ports[1]], settings)

    def nodes(self) -> int:
        """Brokers that the cluster knows."""
        return len(AdminClient({"bootstrap.servers": self.address}).list_topics(timeout=5).brokers)
