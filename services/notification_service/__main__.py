"""`python -m services.notification_service`: run until SIGTERM.

Exit codes: 0 stopped and drained, or stopped during the start; 2 stopped before all was finished, or usage, or a port
that is in use; 3 a dependency does not answer.
"""

from __future__ import annotations

import logging
import os
import resource
import signal
import sys
import threading
from typing import TYPE_CHECKING

from services.startup import end_on_signals

if TYPE_CHECKING:  # what is imported while the process starts must not delay the handlers of signals
    from services.notification_service.service import Service
    from services.notification_service.settings import Settings

_GIVE_UP = 10.0  # seconds after a second signal


def main() -> int:
    """Run the service; the exit code."""
    end_on_signals()
    from eccs_contracts.errors import ConfigurationError, InfrastructureError
    from eccs_contracts.safe_output import visible

    try:
        return _run()
    except ConfigurationError as error:
        print(f"notification-service: {visible(str(error))}", file=sys.stderr)
        return 2
    except (InfrastructureError, OSError) as error:
        print(f"notification-service: {visible(str(error))}", file=sys.stderr)
        return 3


def _run() -> int:
    from services.logs import JsonHandler
    from services.notification_service.logs import log
    from services.notification_service.service import Service
    from services.notification_service.settings import load_settings

    logging.basicConfig(level=logging.WARNING, handlers=[JsonHandler(log)])
    settings = load_settings()
    log.set_level(settings.log_level)
    service = Service(settings)
    try:
        return _serve(settings, service)
    finally:
        service.close()


def _serve(settings: Settings, service: Service) -> int:
    from services.notification_service.http import HealthServer
    from services.notification_service.logs import log
    from services.web.connections import bounds_setting

    service.check()
    address = (settings.http_host, settings.http_port)
    bounds = bounds_setting(os.environ, resource.getrlimit(resource.RLIMIT_NOFILE)[0])
    with HealthServer(address, bounds, service.metrics.registry, live=service.stuck, ready=service.unready) as server:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: _stop(service))
        log("info", "started", instance=settings.instance, http_port=server.port)
        drained = service.run()
    log("info", "stopped", drained=drained)
    return 0 if drained else 2


def _stop(service: Service) -> None:
    """The first signal drains; after a second one the process ends soon, whatever hangs."""
    if service.stop():
        timer = threading.Timer(_GIVE_UP, lambda: os._exit(2))
        timer.daemon = True
        timer.start()


if __name__ == "__main__":
    sys.exit(main())
