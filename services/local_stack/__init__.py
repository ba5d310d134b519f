"""Real parts for tests, the demo and developers: a broker, a registry, a database and an SMTP sink."""

from services.local_stack.errors import StackError
from services.local_stack.smtp_sink import CUT, Fault, Mail, SmtpSink
from services.local_stack.stack import PARTS, Choice, Stack, start_stack

__all__ = ["CUT", "PARTS", "Choice", "Fault", "Mail", "SmtpSink", "Stack", "StackError", "start_stack"]
