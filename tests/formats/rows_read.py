"""What a format makes of a text, as plain rows; shared by this folder's tests."""

from harness.formats.protocol import Batch, Format, chunk_of
from harness.spans.model import Event, Issue, Span
from harness.spans.table import event_rows, span_rows


def batches_of(log_format: Format, text: str) -> list[Batch]:
    return list(log_format.read([chunk_of(text.encode())]))


def spans_of(log_format: Format, text: str) -> list[Span]:
    return [span for batch in batches_of(log_format, text) for span in span_rows(batch.spans)]


def events_of(log_format: Format, text: str) -> list[Event]:
    return [event for batch in batches_of(log_format, text) for event in event_rows(batch.events)]


def issues_of(log_format: Format, text: str) -> list[Issue]:
    return [issue for batch in batches_of(log_format, text) for issue in batch.issues]
