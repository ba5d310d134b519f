"""A broker, a registry, a database and an SMTP sink: real parts, started by one call or one command."""

from services.local_stack.errors import StackError
from services.local_stack.providers import Choice
from services.local_stack.smtp_faults import Fault
from services.local_stack.smtp_sink import Attempt, Mail, SinkOptions, SmtpSink
from services.local_stack.stack import PARTS, Stack, StackOptions, start_stack

__all__ = [
    "PARTS",
    "Attempt",
    "Choice",
    "Fault",
    "Mail",
    "SinkOptions",
    "SmtpSink",
    "Stack",
    "StackError",
    "StackOptions",
    "start_stack",
]
