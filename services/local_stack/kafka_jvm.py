"""Apache Kafka itself, a single node in KRaft mode on the JVM; its jars come from Maven once and stay in a cache."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Final

from services.local_stack.errors import StackError
from services.local_stack.processes import Child, free_port

Report = Callable[[str], None]

_HERE: Final = Path(__file__).with_name("kafka")
_POM: Final = _HERE / "pom.xml"
_PLUGIN: Final = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies"
_JAVA: Final = ("-Xmx512m", "-Xms128m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto")


def version() -> str:
    """The release that the pom names."""
    found = re.search(r"<kafka.version>([^<]+)<", _POM.read_text("utf-8"))
    return found[1] if found else "unknown"


def missing_tool() -> str | None:
    """What this machine lacks for it: "java" or "mvn"; None where it has both."""
    return next((tool for tool in ("java", "mvn") if shutil.which(tool) is None), None)


def jars(report: Report) -> Path:
    """The folder with the jars, resolved by Maven where the cache does not have them.

    Raises:
        StackError: Maven cannot resolve them.
    """
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "eccs-contracts" / "kafka"
    cache.mkdir(parents=True, exist_ok=True)
    folder = cache / version()
    with (cache / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # another run may be resolving at this moment
        if not folder.exists():
            report(f"resolving Apache Kafka {version()} with Maven, once")
            _resolve(folder)
    return folder


def _resolve(folder: Path) -> None:
    with tempfile.TemporaryDirectory(dir=folder.parent) as draft:
        command = [
            "mvn",
            "-q",
            "-B",
            "-f",
            str(_POM),
            _PLUGIN,
            "-DincludeScope=runtime",
            f"-DoutputDirectory={draft}/jars",
        ]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            reason = (done.stdout + done.stderr).strip().splitlines()[:3]
            raise StackError(f"Maven cannot resolve Apache Kafka {version()} (is it offline?): {' '.join(reason)}")
        Path(draft, "jars").rename(folder)


def start(child: Child, report: Report) -> str:
    """Start a broker; its address. It is ready when it answers there.

    Raises:
        StackError: it does not start.
    """
    classpath = f"{_HERE}{os.pathsep}{jars(report)}/*"
    port, controller = free_port(), free_port()
    properties = child.folder / "server.properties"
    properties.write_text(_properties(child.folder, port, controller), "utf-8")
    java = ["java", *_JAVA, "-cp", classpath]
    identity = ["format", "-t", uuid.uuid4().hex[:22], "-c", str(properties)]
    done = subprocess.run([*java, "kafka.tools.StorageTool", *identity], capture_output=True, text=True, check=False)
    if done.returncode:
        raise StackError(f"Apache Kafka cannot format its storage: {done.stderr.strip()[-400:]}")
    child.start([*java, "kafka.Kafka", str(properties)])
    return f"127.0.0.1:{port}"


def _properties(folder: Path, port: int, controller: int) -> str:
    settings = {
        "process.roles": "broker,controller",
        "node.id": "1",
        "controller.quorum.voters": f"1@127.0.0.1:{controller}",
        "listeners": f"PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}",
        "advertised.listeners": f"PLAINTEXT://127.0.0.1:{port}",
        "controller.listener.names": "CONTROLLER",
        "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "log.dirs": str(folder / "data"),
        "auto.create.topics.enable": "false",
        "offsets.topic.num.partitions": "3",
        "offsets.topic.replication.factor": "1",
        "transaction.state.log.replication.factor": "1",
        "transaction.state.log.min.isr": "1",
        "share.coordinator.state.topic.replication.factor": "1",
        "share.coordinator.state.topic.min.isr": "1",
        "group.initial.rebalance.delay.ms": "0",
        "num.network.threads": "2",
        "num.io.threads": "4",
        "log.cleaner.dedupe.buffer.size": "16000000",
    }
    return "".join(f"{name}={value}\n" for name, value in settings.items())
