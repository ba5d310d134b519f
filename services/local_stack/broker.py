"""The broker that is there already, and the embedded one."""

import importlib.metadata
import importlib.util
import os
from collections.abc import Sequence
from pathlib import Path

from eccs_contracts.settings import kafka_security
from services.local_stack.errors import Unavailable
from services.local_stack.kafka_probe import cluster_id
from services.local_stack.processes import Server, run_server
from services.local_stack.providers import Context, Started, silent

_VARIABLES = ("KAFKA_BOOTSTRAP_SERVERS", "KAFKA_BROKERS", "KAFKA_BROKER")


def external_broker(context: Context) -> Started:
    """Provider `external` of the broker."""
    variable, address = context.address(*_VARIABLES)
    settings = kafka_security(context.environ)
    if not context.patience.until(lambda: cluster_id(address, settings) is not None):
        silent("broker", address, variable, context.patience.seconds)
    return Started({"KAFKA_BOOTSTRAP_SERVERS": address}, f"the one at {address} ({variable})")


def embedded_broker(context: Context) -> Started:
    """Provider `embedded` of the broker: noida-db, not Apache Kafka."""
    program = _noida_program()

    def command(directory: Path, ports: Sequence[int]) -> Sequence[str]:
        where = ["--data-dir", str(directory / "data"), "--kafka-port", str(ports[0])]
        return [str(program), "start", "--only", "kafka", *where]

    def answers(port: int) -> bool:
        return cluster_id(f"127.0.0.1:{port}") is not None

    child, port = run_server(Server("noida-db", command, answers), context.patience)
    address = f"127.0.0.1:{port}"
    what = (
        f"noida-db {importlib.metadata.version('noida-db')} at {address}, which is not Apache Kafka: "
        "it does not evict killed group members and knows the classic protocol only"
    )
    # It does not know cooperative rebalancing either.
    return Started({"KAFKA_BOOTSTRAP_SERVERS": address, "KAFKA_ASSIGNMENT": "range"}, what, child.stop, child)


def _noida_program() -> Path:
    """The binary itself: the wrapper script beside it would leave it running when it is killed."""
    found = importlib.util.find_spec("noida_db")
    if found is None or not found.submodule_search_locations:
        raise Unavailable("noida-db is not installed; it is in the dependency group 'stack'")
    program = Path(found.submodule_search_locations[0]) / "noida-db"
    if not os.access(program, os.X_OK):
        message = f"noida-db has no program for this platform at {program}"
        raise Unavailable(message)
    return program
