"""What the service counts, in Prometheus' terms."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60)
_LATENESS = (0.01, 0.05, 0.1, 0.25, 0.5, 1, 5, 30, 60, 300)


class Metrics:
    """All metrics of one service."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.processed = Counter("emails_processed", "Messages by how they ended.", ["status"], registry=self.registry)
        self.duration = Histogram(
            "email_processing_duration_seconds",
            "From the start of an attempt to its end.",
            buckets=_SECONDS,
            registry=self.registry,
        )
        self.retry_queue = Gauge("email_retry_queue_depth", "Retries read ahead and not due.", registry=self.registry)
        self.lateness = Histogram(
            "email_retry_lateness_seconds",
            "How long after its due time a retry starts.",
            buckets=_LATENESS,
            registry=self.registry,
        )
        self.lag = Gauge(
            "kafka_consumer_lag",
            "Messages not committed yet.",
            ["topic", "partition"],
            registry=self.registry,
        )
        self.in_flight = Gauge("kafka_inflight", "Messages taken and not finished.", registry=self.registry)
        self.dedup_hits = Counter(
            "email_dedup_hits", "Messages that needed nothing, as the ledger knew.", registry=self.registry
        )
        self.dead = Counter("email_dlq", "Dead letters by category.", ["category"], registry=self.registry)
        self.held = Counter(
            "email_held",
            "Times a message waited for a dependency, without an attempt.",
            registry=self.registry,
        )
        for status in ("success", "retry", "failed", "dlq"):
            self.processed.labels(status)
