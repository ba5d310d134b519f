"""`python -m services.email_service`: serve until SIGTERM.

Exit codes: 0 stopped, 2 usage, 3 a dependency does not answer.
"""

from __future__ import annotations

import sys
import threading
import time

import uvicorn

from eccs_contracts import AsyncEmailRequestsProducer
from eccs_contracts.errors import ConfigurationError, InfrastructureError
from eccs_contracts.serde import Registry
from services.email_service.app import create_app
from services.email_service.settings import Settings, load_settings


def main() -> int:
    """Run the service; the exit code."""
    try:
        settings = load_settings()
        producer = AsyncEmailRequestsProducer.from_env()
    except ConfigurationError as error:
        print(f"email-service: {error}", file=sys.stderr)
        return 2
    try:
        _check(settings, producer)
        app = create_app(settings, producer)
        uvicorn.run(app, host=settings.http_host, port=settings.http_port, log_level="warning", access_log=False)
        producer.close()
    except InfrastructureError as error:
        print(f"email-service: {error}", file=sys.stderr)
        return 3
    finally:
        producer.stop()
    return 0


def _check(settings: Settings, producer: AsyncEmailRequestsProducer) -> None:
    """See the broker and the registry answer in time; raises InfrastructureError."""
    deadline = time.monotonic() + settings.startup_timeout
    producer.check(settings.startup_timeout)
    while True:
        try:
            Registry.from_env().check()
        except InfrastructureError:
            if time.monotonic() > deadline:
                raise
            threading.Event().wait(0.5)
        else:
            return


if __name__ == "__main__":
    sys.exit(main())
