"""Traces, where the extra `tracing` is installed and asked for; otherwise nothing, at no cost.

A retry starts a trace of its own that links to the request's: a span that waits for minutes between its parent and
itself says nothing about either (OpenTelemetry, messaging spans: "link, not parent").
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Protocol

from eccs_contracts.errors import ConfigurationError
from eccs_contracts.headers import TRACEPARENT, trace
from services.notification_service.message import Job

_EXTRA = "install eccs-contracts[tracing] or unset ECCS_TRACING"


class Tracing(Protocol):
    """What the worker asks of tracing."""

    def attempt(self, job: Job) -> AbstractContextManager[Any]:
        """A span around one attempt."""

    def close(self) -> None:
        """Send what is left."""


class NoTracing:
    """Nothing."""

    def attempt(self, _job: Job) -> AbstractContextManager[Any]:
        """No span."""
        return nullcontext()

    def close(self) -> None:
        """Nothing is left."""


class OpenTelemetry:
    """Spans by OTLP over HTTP; where to and under which name say OpenTelemetry's own variables (`OTEL_...`)."""

    def __init__(self, exporter: Any = None) -> None:
        """Import what is needed; another exporter may take the place of OTLP's.

        Raises:
            ConfigurationError: the extra is not installed.
        """
        try:
            from opentelemetry import trace as api
            from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
            from opentelemetry.sdk.resources import SERVICE_NAME, OTELResourceDetector, Resource
            from opentelemetry.sdk.trace import TracerProvider
            from opentelemetry.sdk.trace.export import BatchSpanProcessor
            from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
        except ImportError as error:
            raise ConfigurationError(f"ECCS_TRACING is set, but {error.name} is missing: {_EXTRA}") from None
        named = Resource({SERVICE_NAME: "notification-service"}).merge(OTELResourceDetector().detect())
        self._provider = TracerProvider(resource=named)
        self._provider.add_span_processor(BatchSpanProcessor(exporter or OTLPSpanExporter()))
        self._api = api
        self._tracer = self._provider.get_tracer("eccs.notification_service")
        self._context = TraceContextTextMapPropagator().extract

    def close(self) -> None:
        """Send what is left."""
        self._provider.shutdown()

    def attempt(self, job: Job) -> AbstractContextManager[Any]:
        """A span: a child of the request's for the first delivery, a new root that links to it for a retry."""
        found = trace(job.record.headers)
        parent = self._context({TRACEPARENT: found[TRACEPARENT]}) if found else None
        linked = self._api.get_current_span(parent).get_span_context() if parent is not None else None
        attributes: dict[str, str | int] = {
            "messaging.system": "kafka",
            "messaging.operation.name": "process",
            "messaging.destination.name": job.record.topic,
            "messaging.destination.partition.id": str(job.record.partition),
            "messaging.kafka.offset": job.record.offset,
            "eccs.attempt": job.attempt,
        }
        return self._tracer.start_as_current_span(
            f"process {job.record.topic}",
            context=None if job.attempt else parent,
            kind=self._api.SpanKind.CONSUMER,
            attributes=attributes,
            links=[self._api.Link(linked)] if job.attempt and linked is not None else [],
        )


def load_tracing(env: Mapping[str, str]) -> Tracing:
    """OpenTelemetry where ECCS_TRACING is 1; raises ConfigurationError where its extra is missing."""
    return OpenTelemetry() if env.get("ECCS_TRACING") == "1" else NoTracing()
