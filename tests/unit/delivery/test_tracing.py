"""Spans of attempts, as OpenTelemetry's own SDK records them."""

from __future__ import annotations

from typing import Any

from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from services.notification_service.message import Job, Record
from services.notification_service.tracing import OpenTelemetry

_TRACE, _SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
_RECORD = Record("email_requests", 3, 7, b"k", b"v", [("traceparent", f"00-{_TRACE}-{_SPAN}-01".encode())])


def _span_of(job: Job) -> Any:
    exporter = InMemorySpanExporter()
    tracing = OpenTelemetry(exporter)
    with tracing.attempt(job):
        pass
    tracing.close()
    return exporter.get_finished_spans()[0]


def test_a_first_delivery_is_a_child_of_the_request() -> None:
    """In one trace with it, and it says where the record was."""
    span = _span_of(Job(_RECORD, None))

    assert f"{span.context.trace_id:032x}" == _TRACE
    assert f"{span.parent.span_id:016x}" == _SPAN
    assert span.attributes["messaging.kafka.offset"] == 7


def test_a_retry_links_to_the_request() -> None:
    """A trace of its own: the delay between the two is no one's work."""
    span = _span_of(Job(_RECORD, None, attempt=2))

    assert span.parent is None
    assert f"{span.context.trace_id:032x}" != _TRACE
    assert [f"{link.context.span_id:016x}" for link in span.links] == [_SPAN]


def test_a_record_without_a_trace_begins_one() -> None:
    """And one whose header is no trace context, too."""
    record = Record("email_requests", 0, 0, None, b"v", [("traceparent", b"nonsense")])
    span = _span_of(Job(record, None))

    assert (span.parent, len(span.links)) == (None, 0)
