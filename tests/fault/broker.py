"""Apache Kafka on the JVM that a test can kill, start again with its data, and halt."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import threading
from pathlib import Path
from typing import Self

from services.local_stack.kafka_jvm import _FILES, _JVM, _properties, find_java, new_cluster_id, resolved_jars
from services.local_stack.kafka_probe import cluster_id, wake_coordinator
from services.local_stack.processes import Patience, free_ports
from services.local_stack.providers import Context

_START = 60.0  # seconds


class Broker:
    """One KRaft node on fixed ports and one directory; a context manager."""

    def __init__(self) -> None:
        patience = Patience(_START, threading.Event())
        context = Context(os.environ, patience, lambda _: None)
        self._directory = Path(tempfile.mkdtemp(prefix="eccs-fault-broker-"))
        self._ports = free_ports(2)
        self._patience = patience
        self._cluster = new_cluster_id()
        logging = f"-Dlog4j2.configurationFile={(_FILES / 'log4j2.properties').as_uri()}"
        jars = os.fspath(resolved_jars(context) / "*")
        self._java = [find_java(os.environ), *_JVM, logging, "-cp", jars]
        self._settings = self._directory / "server.properties"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        """Host and port."""
        return f"127.0.0.1:{self._ports[0]}"

    def __enter__(self) -> Self:
        controller, addresses = f"127.0.0.1:{self._ports[1]}", {"PLAINTEXT": self.address}
        self._settings.write_text(_properties(self._directory / "data", controller, addresses, {}))
        arguments = ["kafka.tools.StorageTool", "format", "-t", self._cluster, "-c", str(self._settings)]
        subprocess.run([*self._java, *arguments], check=True, capture_output=True)
        self.start()
        wake_coordinator(self.address)
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()
        shutil.rmtree(self._directory, ignore_errors=True)

    def start(self) -> None:
        """Start it and wait until it answers."""
        with (self._directory / "output.log").open("ab") as output:
            self._process = subprocess.Popen(
                [*self._java, "kafka.Kafka", str(self._settings)], stdout=output, stderr=output
            )
        assert self._patience.until(lambda: cluster_id(self.address) == self._cluster), "the broker does not answer"

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
