"""The embedded registry: the store behind plain HTTP, on the loopback address by default."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Self

from compat_checks.errors import RegistryError
from compat_checks.registry.data_file import load, save
from compat_checks.registry.http_body import json_of, media_type, rendered
from compat_checks.registry.http_head import Head
from compat_checks.registry.http_server import Application, Response, Server
from compat_checks.registry.refused import Refused
from compat_checks.registry.routes import METHODS, answer, methods_of, path_of
from compat_checks.registry.store import Store
from compat_checks.source import Json


class EmbeddedRegistry:
    """A registry in this process; a context manager that serves while it is open."""

    def __init__(
        self, host: str = "127.0.0.1", port: int = 0, data: Path | None = None, *, allowed_hosts: Iterable[str] = ()
    ) -> None:
        """Listen on `host` and `port` (0 for any free one) and keep everything in the file `data`, if given.

        Args:
            host: name or address.
            port: from 0 to 65535.
            data: a file that this class wrote, or none yet.
            allowed_hosts: names under which clients reach it, beside `host`, `localhost` and IP addresses.

        Raises:
            RegistryError: the address is taken, or the file is not one that a registry wrote.
        """
        self._store = load(data) if data else Store()
        self._data = data
        self._saved = self._store.changes
        self._lock = threading.Lock()
        hosts = frozenset(name.lower().rstrip(".") for name in (host, *allowed_hosts))
        try:
            self._server = Server((host, port), Application(self._respond, _failed, hosts))
        except OSError as error:
            raise RegistryError(f"cannot listen on {host}:{port}: {error.strerror}") from None
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    @property
    def url(self) -> str:
        """Where it answers."""
        host, port = self._server.server_address[:2]
        return f"http://[{host!s}]:{port}" if ":" in str(host) else f"http://{host!s}:{port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def answer(self, method: str, target: str, body: Json) -> Json:
        """The JSON value of an answer; what was changed is in the file before it is given.

        Raises:
            Refused: with the API's code.
        """
        with self._lock:
            result = answer(self._store, method, target, body)
            if self._data and self._store.changes != self._saved:
                save(self._store, self._data)
                self._saved = self._store.changes
            return result

    def _respond(self, head: Head, body: bytes) -> Response:
        """The response to a request.

        Raises:
            Refused: with the API's code.
        """
        if head.method == "OPTIONS":
            return Response(200, fields=_allow(head))
        if head.method not in METHODS:
            return _not_allowed(head)
        kind = media_type(head.field("accept"))
        method = "GET" if head.method == "HEAD" else head.method
        if method not in (allowed := methods_of(path_of(head.target))) and allowed:
            return _not_allowed(head)
        return Response(200, rendered(self.answer(method, head.target, json_of(body))), {"Content-Type": kind})


def _failed(error: Refused) -> Response:
    content = rendered({"error_code": error.code, "message": str(error)})
    return Response(error.status, content, {"Content-Type": media_type("")})


def _not_allowed(head: Head) -> Response:
    failed = _failed(Refused(405, "HTTP 405 Method Not Allowed"))
    return Response(failed.status, failed.content, {**failed.fields, **_allow(head)})


def _allow(head: Head) -> dict[str, str]:
    found = methods_of(path_of(head.target)) or METHODS
    return {"Allow": ", ".join(sorted({*found, "OPTIONS", *(("HEAD",) if "GET" in found else ())}))}
