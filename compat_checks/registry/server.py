"""The embedded registry: the store behind plain HTTP, on loopback unless told otherwise."""

from __future__ import annotations

import json
import os
import re
import threading
from collections.abc import Callable
from dataclasses import asdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self
from urllib.parse import parse_qs, unquote, urlsplit

from compat_checks.errors import RegistryError
from compat_checks.registry.store import Refused, Store, Version, guid_of

CONTENT_TYPE: Final = "application/vnd.schemaregistry.v1+json"
MAX_BODY: Final = 1024 * 1024  # bytes


class Request:
    """One call: the parts of its path, its query and its body."""

    def __init__(self, parts: tuple[str, ...], query: dict[str, list[str]], body: Any) -> None:
        self.parts = parts
        self.query = query
        self.body = body if isinstance(body, dict) else {}

    def flag(self, name: str) -> bool:
        """A boolean of the query; Python clients write `True`."""
        return self.query.get(name, ["false"])[0].lower() == "true"


Handler = Callable[[Store, Request], Any]


def _shown(version: Version) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "subject": version.subject,
        "version": version.version,
        "id": version.id,
        "guid": guid_of(version),
        "schemaType": "AVRO",
        "schema": version.schema,
    }
    if version.references:
        shown["references"] = [asdict(one) for one in version.references]
    return shown


def _subjects(store: Store, request: Request) -> Any:
    return store.subjects(request.query.get("subjectPrefix", [""])[0], deleted=request.flag("deleted"))


def _versions(store: Store, request: Request) -> Any:
    return [one.version for one in store.live(request.parts[0], deleted=request.flag("deleted"))]


def _version(store: Store, request: Request) -> Any:
    return _shown(store.version(request.parts[0], request.parts[1], deleted=request.flag("deleted")))


def _version_text(store: Store, request: Request) -> Any:
    return json.loads(store.version(request.parts[0], request.parts[1]).schema)


def _register(store: Store, request: Request) -> Any:
    return _shown(store.register(request.parts[0], request.body, force=request.flag("force")))


def _look_up(store: Store, request: Request) -> Any:
    return _shown(store.look_up(request.parts[0], request.body, deleted=request.flag("deleted")))


def _by_id(store: Store, request: Request) -> Any:
    shown = _shown(store.by_id(int(request.parts[0]))[0])
    return {key: shown[key] for key in ("schema", "schemaType", "guid", "references") if key in shown}


def _by_guid(store: Store, request: Request) -> Any:
    shown = _shown(store.by_guid(request.parts[0]))
    return {key: shown[key] for key in ("schema", "schemaType", "guid", "references") if key in shown}


def _text_by_id(store: Store, request: Request) -> Any:
    return json.loads(store.by_id(int(request.parts[0]))[0].schema)


def _subjects_by_id(store: Store, request: Request) -> Any:
    return [one.subject for one in store.by_id(int(request.parts[0])) if not one.deleted]


def _versions_by_id(store: Store, request: Request) -> Any:
    found = store.by_id(int(request.parts[0]))
    return [{"subject": one.subject, "version": one.version} for one in found if not one.deleted]


def _config(store: Store, request: Request) -> Any:
    subject = request.parts[0] if request.parts else ""
    if subject and subject not in store.levels and not request.flag("defaultToGlobal"):
        message = f"Subject '{subject}' does not have subject-level compatibility configured"
        raise Refused(40408, message)
    return {"compatibilityLevel": store.level(subject)}


def _set_config(store: Store, request: Request) -> Any:
    subject = request.parts[0] if request.parts else ""
    return {"compatibility": store.set_level(subject, request.body.get("compatibility"))}


def _unset_config(store: Store, request: Request) -> Any:
    return {"compatibilityLevel": store.unset_level(request.parts[0] if request.parts else "")}


def _delete_subject(store: Store, request: Request) -> Any:
    return store.delete_subject(request.parts[0], permanent=request.flag("permanent"))


def _delete_version(store: Store, request: Request) -> Any:
    return store.delete_version(*request.parts, permanent=request.flag("permanent"))


# Method, path and what answers. What is not here answers 404: no call is silently taken for another.
_ROUTES: Final[tuple[tuple[str, re.Pattern[str], Handler], ...]] = tuple(
    (method, re.compile(path), handler)
    for method, path, handler in (
        ("GET", "/", lambda _, __: {}),
        ("GET", "/subjects", _subjects),
        ("GET", "/subjects/([^/]+)/versions", _versions),
        ("GET", "/subjects/([^/]+)/versions/([^/]+)", _version),
        ("GET", "/subjects/([^/]+)/versions/([^/]+)/schema", _version_text),
        ("POST", "/subjects/([^/]+)/versions", _register),
        ("POST", "/subjects/([^/]+)", _look_up),
        ("DELETE", "/subjects/([^/]+)", _delete_subject),
        ("DELETE", "/subjects/([^/]+)/versions/([^/]+)", _delete_version),
        ("GET", r"/schemas/ids/(\d{1,10})", _by_id),
        ("GET", r"/schemas/ids/(\d{1,10})/schema", _text_by_id),
        ("GET", r"/schemas/ids/(\d{1,10})/subjects", _subjects_by_id),
        ("GET", r"/schemas/ids/(\d{1,10})/versions", _versions_by_id),
        ("GET", "/schemas/guids/([0-9A-Fa-f-]+)", _by_guid),
        ("GET", "/schemas/types", lambda _, __: ["AVRO"]),
        ("GET", "/contexts", lambda _, __: ["."]),
        ("GET", "/config", _config),
        ("PUT", "/config", _set_config),
        ("DELETE", "/config", _unset_config),
        ("GET", "/config/([^/]+)", _config),
        ("PUT", "/config/([^/]+)", _set_config),
        ("DELETE", "/config/([^/]+)", _unset_config),
        ("GET", "/mode(?:/[^/]+)?", lambda _, __: {"mode": "READWRITE"}),
    )
)


class EmbeddedRegistry:
    """A registry in this process; a context manager that serves while it is open."""

    def __init__(self, host: str = "127.0.0.1", port: int = 0, data: Path | None = None) -> None:
        """Listen on `host` and `port` (0 for any free one) and keep everything in the file `data`, if given.

        Raises:
            RegistryError: the address is taken, or the file is not one that a registry wrote.
        """
        self._store = _load(data) if data else Store()
        self._data = data
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

    def answer(self, method: str, target: str, body: Any) -> Any:
        """The JSON value of an answer.

        Raises:
            Refused: with the API's code.
        """
        url = urlsplit(target)
        for known, pattern, handler in _ROUTES:
            if known == method and (match := pattern.fullmatch(url.path.rstrip("/") or "/")):
                parts = tuple(unquote(part) for part in match.groups())
                request = Request(parts, parse_qs(url.query), body)
                with self._lock:
                    result = handler(self._store, request)
                    if method != "GET" and self._data:
                        _save(self._store, self._data)
                    return result
        raise Refused(404, f"HTTP 404 Not Found: this registry has no {method} {url.path}")

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

    def _body(self) -> Any:
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


def _load(path: Path) -> Store:
    if not path.exists():
        return Store()
    try:
        return Store.from_json(json.loads(path.read_text("utf-8")))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise RegistryError(f"{path} is not a file that a registry wrote ({error}); move it away") from None


def _save(store: Store, path: Path) -> None:
    """Write the file whole or not at all."""
    draft = path.with_name(path.name + ".new")
    with draft.open("w", encoding="utf-8") as file:
        json.dump(store.to_json(), file)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
