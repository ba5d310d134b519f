"""The schema registry that is there already, and the embedded one of `compat_checks`."""

import sys
from collections.abc import Sequence
from pathlib import Path

from services.local_stack.processes import Server, run_server
from services.local_stack.providers import Context, Started, silent, without_password

_VARIABLE = "SCHEMA_REGISTRY_URL"


def external_registry(context: Context) -> Started:
    """Provider `external` of the registry."""
    variable, url = context.address(_VARIABLE)
    if not context.patience.until(lambda: registry_answers(url)):
        silent("registry", url, variable, context.patience.seconds)
    return Started({_VARIABLE: url}, f"the one at {without_password(url)} ({variable})")


def embedded_registry(context: Context) -> Started:
    """Provider `embedded` of the registry."""

    def command(_directory: Path, ports: Sequence[int]) -> Sequence[str]:
        where = ["--host", "127.0.0.1", "--port", str(ports[0])]
        return [sys.executable, "-m", "compat_checks", "serve", *where]

    def answers(port: int) -> bool:
        return registry_answers(f"http://127.0.0.1:{port}")

    child, port = run_server(Server("the embedded registry", command, answers), context.patience)
    url = f"http://127.0.0.1:{port}"
    return Started({_VARIABLE: url}, f"the embedded registry of compat_checks at {url}", child.stop, child)


def registry_answers(url: str) -> bool:
    """Whether `GET /subjects` is answered with 200."""
    import httpx

    try:
        return httpx.get(f"{url.rstrip('/')}/subjects", timeout=1.0).status_code == httpx.codes.OK
    except httpx.HTTPError:
        return False
