"""Apache Kafka itself: resolved once by Maven, then run on the JVM as a single KRaft node."""

import base64
import contextlib
import fcntl
import os
import re
import shlex
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from services.local_stack.errors import StackError, Unavailable
from services.local_stack.kafka_probe import cluster_id, wake_coordinator
from services.local_stack.processes import Child, Patience, Server, run_server
from services.local_stack.providers import Context, Started

SINGLE_NODE: Mapping[str, str] = {
    "auto.create.topics.enable": "false",
    "offsets.topic.replication.factor": "1",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "share.coordinator.state.topic.replication.factor": "1",
    "share.coordinator.state.topic.min.isr": "1",
    "min.insync.replicas": "1",
    "group.initial.rebalance.delay.ms": "0",
}
"""What a node on its own needs beside its listeners, whether on the JVM here or in a container."""

_FILES = Path(__file__).with_name("kafka")
_POM = _FILES / "pom.xml"
_OLDEST_JAVA = 17
_RESOLVE_SECONDS = 900.0
# C1 and the serial collector: 2.8 s from nothing to answering instead of 3.4 s with the JVM's own choice.
_JVM = ("-Xms256m", "-Xmx512m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")


@dataclass(frozen=True, slots=True)
class Guarded:
    """What a node has beside its plain listener, for tests of access that is secured.

    Attributes:
        protocols: A listener each, for example SSL or SASL_SSL.
        settings: Further properties: certificates, mechanisms.
        users: Users of SCRAM-SHA-512 and their passwords.
    """

    protocols: Sequence[str] = ()
    settings: Mapping[str, str] = field(default_factory=dict)
    users: Mapping[str, str] = field(default_factory=dict)


def start_kafka(context: Context) -> Started:
    """Provider `kafka` of the broker."""
    child, addresses = run_kafka(context)
    address = addresses["PLAINTEXT"]
    wake_coordinator(address)
    what = f"Apache Kafka {kafka_version()} on the JVM at {address}"
    return Started({"KAFKA_BOOTSTRAP_SERVERS": address}, what, child.stop, child)


def run_kafka(context: Context, guarded: Guarded | None = None) -> tuple[Child, Mapping[str, str]]:
    """A node that answers, and its address by protocol: PLAINTEXT and those of `guarded`.

    Raises:
        Unavailable: There is no Java, or no Kafka for it.
        StackError: It does not come up.
    """
    guarded = guarded or Guarded()
    java = find_java(context.environ)
    jars = resolved_jars(context)
    found: dict[str, str] = {}
    cluster = new_cluster_id()

    def command(directory: Path, ports: Sequence[int]) -> Sequence[str]:
        properties = directory / "server.properties"
        controller, *others = (f"127.0.0.1:{port}" for port in (ports[1], ports[0], *ports[2:]))
        found.update(zip(("PLAINTEXT", *guarded.protocols), others, strict=True))
        properties.write_text(_properties(directory / "data", controller, found, guarded.settings))
        return _format_then_run([java, *_JVM, "-cp", os.fspath(jars / "*")], properties, cluster, guarded.users)

    def answers(port: int) -> bool:
        # The id tells this broker from a stranger that took the port a moment earlier.
        return cluster_id(f"127.0.0.1:{port}") == cluster

    ports = 2 + len(guarded.protocols)
    child, _ = run_server(Server("Apache Kafka", command, answers, ports=ports), context.patience)
    return child, found


def new_cluster_id() -> str:
    """A random id as Kafka makes them: never with a dash in front, which its tools would take for an option."""
    while (made := base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")).startswith("-"):
        pass
    return made


def kafka_version() -> str:
    """The version that the pom names."""
    match = re.search(r"<kafka\.version>(.+?)</kafka\.version>", _POM.read_text())
    if match is None:
        message = f"{_POM} names no kafka.version"
        raise StackError(message)
    return match[1]


def find_java(environ: Mapping[str, str]) -> str:
    """The Java to run: of JAVA_HOME, else on PATH.

    Raises:
        Unavailable: There is none, or it is too old.
    """
    home = environ.get("JAVA_HOME")
    java = shutil.which("java", path=f"{home}/bin") if home else shutil.which("java")
    if java is None:
        raise Unavailable("no java in JAVA_HOME or on PATH; Apache Kafka needs Java 17 or newer")
    asked = subprocess.run([java, "-version"], capture_output=True, text=True, check=False, timeout=20)
    found = re.search(r'version "(\d+)', asked.stderr)
    if found is None or int(found[1]) < _OLDEST_JAVA:
        message = f"{java} is not Java {_OLDEST_JAVA} or newer"
        raise Unavailable(message)
    return java


def resolved_jars(context: Context) -> Path:
    """The directory of Kafka's jars, downloaded by Maven if this is the first time.

    Raises:
        Unavailable: They are not there, and Maven is not either or cannot get them.
    """
    cache = Path(context.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "eccs-contracts" / "kafka"
    jars = cache / kafka_version()
    if jars.is_dir():
        return jars
    maven = shutil.which("mvn")
    if maven is None:
        message = f"{jars} is empty and there is no mvn on PATH to fill it; install Maven"
        raise Unavailable(message)
    cache.mkdir(parents=True, exist_ok=True)
    with _locked(cache / f"{jars.name}.lock", context):
        # Another process may have been faster while this one waited for the lock.
        if not jars.is_dir():
            context.report(f"broker: Maven is fetching Apache Kafka {jars.name} into {cache}, this once")
            _resolve(maven, jars, context)
    return jars


@contextlib.contextmanager
def _locked(path: Path, context: Context) -> Iterator[None]:
    def acquired() -> bool:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    with path.open("w") as lock:
        if not acquired():
            context.report("broker: waiting for another process that is fetching Apache Kafka")
            if not Patience(_RESOLVE_SECONDS, context.patience.cancelled).until(acquired):
                message = f"{path} is still locked after {_RESOLVE_SECONDS:g} s; is a process hanging?"
                raise StackError(message)
        yield


def _resolve(maven: str, jars: Path, context: Context) -> None:
    """Lets Maven copy the jars beside their place and renames: the place is complete or not there."""
    workplace = Path(tempfile.mkdtemp(prefix=f"{jars.name}-", dir=jars.parent))
    target = workplace / "jars"
    goal = ["dependency:copy-dependencies", "-DincludeScope=runtime", f"-DoutputDirectory={target}"]
    child = Child([maven, "-q", "-B", "-f", str(_POM), *goal], workplace)
    try:
        patience = Patience(_RESOLVE_SECONDS, context.patience.cancelled)
        patience.until(lambda: child.exit_code() is not None)
        if child.exit_code() != 0:
            message = (
                f"Maven cannot fetch Apache Kafka {jars.name}\n"
                "Is Maven's repository reached from here? Once it is, run the stack again; until then "
                "ECCS_BROKER=embedded, or an external broker in KAFKA_BOOTSTRAP_SERVERS, does without it. "
                f"Maven's last lines:\n{child.tail()}"
            )
            raise Unavailable(message)
        target.rename(jars)
    finally:
        child.stop()


def _properties(data: Path, controller: str, addresses: Mapping[str, str], more: Mapping[str, str]) -> str:
    listeners = {**addresses, "CONTROLLER": controller}
    protocols = {name: name for name in addresses} | {"CONTROLLER": "PLAINTEXT"}
    settings = {
        "process.roles": "broker,controller",
        "node.id": "1",
        "controller.quorum.voters": f"1@{controller}",
        "controller.listener.names": "CONTROLLER",
        "listeners": ",".join(f"{name}://{address}" for name, address in listeners.items()),
        "listener.security.protocol.map": ",".join(f"{name}:{protocol}" for name, protocol in protocols.items()),
        "log.dirs": str(data),
        **SINGLE_NODE,
        **more,
    }
    return "".join(f"{name}={value}\n" for name, value in settings.items())


def _format_then_run(jvm: Sequence[str], properties: Path, cluster: str, users: Mapping[str, str]) -> Sequence[str]:
    logging = f"-Dlog4j2.configurationFile={(_FILES / 'log4j2.properties').as_uri()}"
    jvm = [jvm[0], logging, *jvm[1:]]
    scram = [
        part
        for user, password in users.items()
        for part in ("--add-scram", f'SCRAM-SHA-512=[name="{user}",password="{password}"]')
    ]
    prepare = [*jvm, "kafka.tools.StorageTool", "format", "-t", cluster, "-c", str(properties), *scram]
    run = [*jvm, "kafka.Kafka", str(properties)]
    return ["sh", "-c", f"{shlex.join(prepare)} && exec {shlex.join(run)}"]
