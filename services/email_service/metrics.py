"""What Prometheus reads; each application has a registry of its own."""

from __future__ import annotations

from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector

_SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)


class Metrics:
    """Counters by route and by result; labels come from closed sets, never from callers."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self.requests = Counter(
            "http_requests", "Answers by path and status.", ["path", "status"], registry=self.registry
        )
        self.duration = Histogram(
            "http_request_duration_seconds",
            "From the head of a request to the end of its answer.",
            ["path"],
            buckets=_SECONDS,
            registry=self.registry,
        )
        self.emails = Counter(
            "emails_submitted", "E-mails by result: accepted, invalid, unavailable.", ["result"], registry=self.registry
        )
        self.replays = Counter(
            "idempotent_replays", "Calls answered with the result of an earlier one.", registry=self.registry
        )
        self.limited = Counter("rate_limited", "Calls refused with 429.", registry=self.registry)
        self.dependency = Gauge("dependency_up", "1 where it answers, else 0.", ["dependency"], registry=self.registry)
        self.in_flight = Gauge("http_requests_in_flight", "Requests under way.", registry=self.registry)
