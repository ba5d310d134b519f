"""`python -m tests.benchmark.http.server [noop]`: the service as it is, or with the produce replaced by a no-op."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from concurrent.futures import Future
from typing import Final

from eccs_contracts import AsyncEmailRequestsProducer, Delivery, EmailRequest
from eccs_contracts.serde import Registry
from services.email_service.__main__ import serve
from services.email_service.settings import load_settings, producer_config

_DONE: Final[Future[Delivery]] = Future()
_DONE.set_result(Delivery(EmailRequest.TOPIC, 0, 0))


class NoProducer(AsyncEmailRequestsProducer):
    """Checks a request, which any such service must, and says at once that all is well.

    Key, encoding, headers, the hand-over and the acknowledgement are what is measured.
    """

    def send(
        self,
        value: EmailRequest,
        *,
        key: str | None = None,  # noqa: ARG002  the shape of what is replaced
        headers: Mapping[str, str] | None = None,  # noqa: ARG002  as above
    ) -> Future[Delivery]:
        """Only the check."""
        value.validate()
        return _DONE


def main() -> None:
    """Serve until SIGTERM."""
    settings = load_settings()
    kind = NoProducer if sys.argv[1:] == ["noop"] else AsyncEmailRequestsProducer
    producer = kind(producer_config(settings, os.environ), Registry.from_env())
    serve(settings, producer)
    producer.close()


if __name__ == "__main__":
    main()
