"""What the service counts, in Prometheus' terms."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60)
_LATENESS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 30, 60, 300)
_END_TO_END = (0.1, 0.5, 1, 5, 10, 30, 60, 300, 900, 3600, 21_600, 86_400)


class Total:
    """A counter that is told how far it is, where somebody else counts."""

    def __init__(self, counter: Counter) -> None:
        self._counter, self._told = counter, 0

    def set(self, value: int) -> None:
        """Say how far it is: never less than before."""
        self._counter.inc(value - self._told)
        self._told = value


class Metrics:
    """All metrics of one service."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._of_messages()
        self._of_smtp()
        self._of_kafka()
        for status in ("success", "retry", "failed", "dlq"):
            self.processed.labels(status)
        for result in ("read", "gone", "failed"):
            self.payloads.labels(result)

    def _of_messages(self) -> None:
        self.processed = self._counter("emails_processed", "Messages by how they ended.", "status")
        self.duration = self._histogram(
            "email_processing_duration_seconds", "From the start of an attempt to its end.", _SECONDS
        )
        self.end_to_end = self._histogram(
            "email_end_to_end_seconds", "From the request's timestamp to the mail server's answer.", _END_TO_END
        )
        self.retry_queue = self._gauge("email_retry_queue_depth", "Retries read ahead and not due.")
        self.retry_due = self._gauge("email_retry_due", "Retries that are due and have not started.")
        self.scheduled = self._counter("email_retry_scheduled", "Retries by which one it is.", "attempt")
        self.lateness = self._histogram(
            "email_retry_lateness_seconds", "How long after its due time a retry starts.", _LATENESS
        )
        self.dedup_hits = self._counter("email_dedup_hits", "Messages that needed nothing, as the ledger knew.")
        self.dead = self._counter("email_dlq", "Dead letters.", "category", "disposition")
        self.redriven = self._counter("email_redriven", "Mails sent that a person had sent again from the DLQ.")
        self.held = self._counter("email_held", "Times a message waited without an attempt.", "kind")
        self.defects = self._counter("email_defects", "Errors of this program that a message met.", "error")
        self.ambiguous = self._counter("email_ambiguous", "Mails that the server may have.")
        self.unknown_fields = self._counter(
            "migration_unknown_fields", "Fields in JSON messages that the contract does not have.", "field"
        )
        self.floods = self._total("email_dlq_guard_trips", "Times that dead letters were stopped.")
        self.conflicts = self._counter("email_ledger_conflicts", "Marks of claims that somebody else had taken over.")
        self.dependency = self._gauge("dependency_up", "1 where it answers, else 0.", "dependency")
        self.clock_jump = self._gauge("clock_jump_seconds", "How far the wall clock has moved since the start.")

    def _of_smtp(self) -> None:
        self.attempts = self._counter("email_attempts", "SMTP attempts.", "result", "phase", "code_class")
        self.sessions = self._gauge("smtp_pool_connections", "SMTP sessions that are open.")
        self.reused = self._counter("smtp_session_reuse", "Mails that went over a session that was open.")
        self.throttled = self._counter("smtp_throttled", "Mails that waited for the rate limit.")
        self.breaker = self._gauge("smtp_breaker_state", "0 closed, 1 half open, 2 open.")

    def _of_kafka(self) -> None:
        self.lag = self._gauge("kafka_consumer_lag", "Messages not committed yet.", "topic", "partition")
        self.in_flight = self._gauge("kafka_inflight", "Messages that run.")
        self.oldest = self._gauge(
            "kafka_oldest_uncommitted_age_seconds", "How long the partition that stands still longest has not moved."
        )
        self.producer_queue = self._gauge("kafka_producer_queue_messages", "Messages that the broker has to confirm.")
        self.paused = self._gauge("kafka_paused_partitions", "Partitions that bring nothing now.")
        self.window_full = self._counter("kafka_window_full", "Times that reading ahead had to stop.")
        self.payloads = self._counter(
            "email_retry_payloads", "Retries that were read again before their time.", "result"
        )
        self.notes_refused = self._counter("kafka_commit_notes_refused", "Commits whose metadata is not ours.")
        self.missed = self._counter(
            "kafka_records_missed", "Records that retention deleted before the group read them.", "topic"
        )
        self.rebalances = self._counter("kafka_rebalances", "Partitions that came and went.", "kind")
        self.drain = self._histogram("kafka_drain_seconds", "How long a drain took.", _SECONDS)
        self.drain_timeouts = self._counter("kafka_drain_timeouts", "Drains that took longer than they may.")
        self.fenced = self._total("kafka_fenced_results", "Results of partitions that went away meanwhile.")
        self.commit_failures = self._counter("kafka_commit_failures", "Commits that failed.", "code")
        self.renewed = self._counter(
            "kafka_consumer_renewed", "Times that a consumer brought nothing and was replaced."
        )
        self.delivery_failures = self._counter("kafka_delivery_failures", "Messages the broker did not confirm.")

    def _counter(self, name: str, text: str, *labels: str) -> Counter:
        return Counter(name, text, labels, registry=self.registry)

    def _total(self, name: str, text: str) -> Total:
        return Total(self._counter(name, text))

    def _gauge(self, name: str, text: str, *labels: str) -> Gauge:
        return Gauge(name, text, labels, registry=self.registry)

    def _histogram(self, name: str, text: str, buckets: tuple[float, ...]) -> Histogram:
        return Histogram(name, text, buckets=buckets, registry=self.registry)
