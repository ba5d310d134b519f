"""The SMTP server that is there already, and the in-process sink."""

import smtplib

from services.local_stack.errors import Unavailable
from services.local_stack.providers import Context, Started, silent
from services.local_stack.smtp_sink import SmtpSink

_HOST, _PORT = "SMTP_HOST", "SMTP_PORT"


def external_smtp(context: Context) -> Started:
    """Provider `external` of SMTP."""
    variable, host = context.address(_HOST)
    port = context.environ.get(_PORT) or "25"
    if context.faults:
        raise Unavailable("faults are scripted, which only the embedded sink can play")
    if not context.patience.until(lambda: smtp_answers(host, port)):
        silent("smtp", f"{host}:{port}", f"{variable}, {_PORT}", context.patience.seconds)
    return Started({_HOST: host, _PORT: port}, f"the one at {host}:{port} ({variable})")


def embedded_smtp(context: Context) -> Started:
    """Provider `embedded` of SMTP."""
    sink = SmtpSink(context.faults)
    sink.start()
    environment = {_HOST: sink.host, _PORT: str(sink.port)}
    what = f"the in-process sink at {sink.host}:{sink.port}, which delivers nothing"
    return Started(environment, what, sink.stop, sink=sink)


def smtp_answers(host: str, port: str) -> bool:
    """Whether a server greets and answers NOOP."""
    try:
        with smtplib.SMTP(host, int(port), timeout=1.0) as client:
            return client.noop()[0] == 250
    except (OSError, smtplib.SMTPException):
        return False
