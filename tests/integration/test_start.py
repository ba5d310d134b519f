"""Services without their dependencies: one clear line, an exit code, no traceback."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys

import pytest

NOWHERE = {
    "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:9",
    "SCHEMA_REGISTRY_URL": "http://127.0.0.1:9",
    "MONGODB_URI": "mongodb://127.0.0.1:9",
    "SMTP_HOST": "127.0.0.1",
    "JWT_SECRET": "0" * 32,
    "STARTUP_TIMEOUT": "1500",
}


def _run(service: str, env: dict[str, str]) -> tuple[int, str]:
    base = {name: value for name, value in os.environ.items() if name not in NOWHERE}
    command = [sys.executable, "-m", f"services.{service}"]
    done = subprocess.run(command, env={**base, **env}, capture_output=True, text=True, timeout=60, check=False)
    return done.returncode, done.stderr


@pytest.mark.parametrize("service", ["notification_service", "email_service"])
def test_a_broker_that_is_not_there_is_exit_3(service: str) -> None:
    """With its address and the variable to set."""
    code, error = _run(service, NOWHERE)

    assert code == 3
    assert "127.0.0.1:9" in error
    assert "KAFKA_BOOTSTRAP_SERVERS" in error
    assert "Traceback" not in error


@pytest.mark.parametrize("service", ["notification_service", "email_service"])
def test_a_missing_setting_is_exit_2(service: str) -> None:
    """With its name."""
    env = {name: value for name, value in NOWHERE.items() if name != "MONGODB_URI"}
    code, error = _run(service, env)

    assert code == 2
    assert "MONGODB_URI is not set" in error


@pytest.mark.parametrize("service", ["notification_service", "email_service", "dlq_console"])
def test_a_signal_ends_a_start_that_waits(service: str) -> None:
    """At once, with exit code 0, while the broker has taken the connection and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = "{}:{}".format(*silent.getsockname())
        env = {**os.environ, **NOWHERE, "KAFKA_BOOTSTRAP_SERVERS": address, "STARTUP_TIMEOUT": "60000"}
        command = [sys.executable, "-m", f"services.{service}"]
        with subprocess.Popen(command, env=env, stderr=subprocess.PIPE, text=True) as process:
            silent.settimeout(60)
            silent.accept()
            process.send_signal(signal.SIGTERM)
            error = process.communicate(timeout=5)[1]

    assert process.returncode == 0, error
    assert "Traceback" not in error
