"""Apache Kafka as its official image starts it: KAFKA_* to properties, format once, run.

The image's rule: `KAFKA_A_B` is the property `a.b`; what configures the JVM is no property.
"""

import os
import subprocess
from pathlib import Path

_PROPERTIES = Path("/tmp/server.properties")  # noqa: S108  a container of its own
_JVM = ("KAFKA_HEAP_OPTS",)


def main() -> None:
    """Become the broker."""
    settings = {
        name.removeprefix("KAFKA_").lower().replace("_", "."): value
        for name, value in os.environ.items()
        if name.startswith("KAFKA_") and name not in _JVM
    }
    _PROPERTIES.write_text("".join(f"{name}={value}\n" for name, value in settings.items()), "utf-8")
    log = "-Dlog4j2.configurationFile=file:///log4j2.properties"
    java = [
        os.environ["JAVA"],
        *os.environ["KAFKA_HEAP_OPTS"].split(),
        "-XX:TieredStopAtLevel=1",
        log,
        "-cp",
        "/kafka/*",
    ]
    storage = ["kafka.tools.StorageTool", "format", "--ignore-formatted", "-t", os.environ["CLUSTER_ID"]]
    subprocess.run([*java, *storage, "-c", str(_PROPERTIES)], check=True)
    os.execv(java[0], [*java, "kafka.Kafka", str(_PROPERTIES)])  # noqa: S606  no shell: SIGTERM must reach it


if __name__ == "__main__":
    main()
