"""The embedded registry: the store behind plain HTTP, on loopback unless told otherwise."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from compat_checks.errors import RegistryError
from compat_checks.registry.data_file import load, save
from compat_checks.registry.refused import Refused
from compat_checks.registry.routes import answer
from compat_checks.registry.store import Store
from compat_checks.source import Json

CONTENT_TYPE: Final = "application/vnd.schemaregistry.v1+json"
MAX_BODY: Final = 16 * 1024 * 1024  # bytes; a schema that is larger than a registry takes is still told so


class EmbeddedRegistry:
    """A registry in this process; a context manager that serves while it is open."""

    def __init__(self, host: str = "127.0.0.1", port: int = 0, data: Path | None = None) -> None:
        """Listen on `host` and `port` (0 for any free one) and keep everything in the file `data`, if given.

        Raises:
            RegistryError: the address is taken, or the file is not one that a registry wrote.
        """
        self._store = load(data) if data else Store()
        self._data = data
        self._saved = self._store.changes
        self._lock = threading.Lock()
        try:
            self._server = _Server((host, port), self._handler())
        except OSError as error:
            raise RegistryError(f"cannot listen on {host}:{port}: {error.strerror}") from None
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    @property
    def url(self) -> str:
        """Where it answers."""
        host, port = self._server.server_address[:2]
        return f"http://{host!s}:{port}"

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

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        registry = self

        class Handle(_Handle):
            owner = registry

        return Handle


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


class _Handle(BaseHTTPRequestHandler):
    """One connection."""

    owner: EmbeddedRegistry
    protocol_version = "HTTP/1.1"
    timeout = 60
    wbufsize = -1  # one packet an answer
    disable_nagle_algorithm = True

    def _serve(self) -> None:
        try:
            status, value = 200, self.owner.answer(self.command, self.path, self._body())
        except Refused as error:
            status, value = error.status, {"error_code": error.code, "message": str(error)}
        data = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", CONTENT_TYPE)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)
        self.wfile.flush()

    do_GET = do_POST = do_PUT = do_DELETE = _serve  # noqa: N815  http.server looks these names up

    def _body(self) -> Json:
        size = self.headers.get("Content-Length") or "0"
        if not size.isdecimal() or int(size) > MAX_BODY:
            self.close_connection = True
            raise Refused(413, f"The body is larger than {MAX_BODY} bytes")
        data = self.rfile.read(int(size))
        try:
            return json.loads(data) if data else None
        except (ValueError, RecursionError):
            raise Refused(400, "The body is not JSON") from None

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the name of the base class
        """Say nothing: whoever calls sees the answer."""
