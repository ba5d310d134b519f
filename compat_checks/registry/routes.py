"""The calls of the API: method, path and what answers."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final
from urllib.parse import parse_qs, unquote

from compat_checks.registry import handlers
from compat_checks.registry.refused import Refused
from compat_checks.registry.request import Request
from compat_checks.registry.store import Store
from compat_checks.registry.values import DEFAULT_CONTEXT, context_of, qualified
from compat_checks.source import Json

Handler = Callable[[Store, Request], Json]

_VERSIONS: Final = "/subjects/([^/]+)/versions"
_ID: Final = r"/schemas/ids/(\d{1,10})"
_GUID: Final = "/schemas/guids/([0-9A-Fa-f-]+)"

# What is not here answers 404: no call is silently taken for another.
_ROUTES: Final[tuple[tuple[str, re.Pattern[str], Handler], ...]] = tuple(
    (method, re.compile(path), handler)
    for method, path, handler in (
        ("GET", "/", lambda _, __: {}),
        ("GET", "/subjects", handlers.subjects),
        ("GET", _VERSIONS, handlers.versions),
        ("GET", f"{_VERSIONS}/([^/]+)", handlers.version),
        ("GET", f"{_VERSIONS}/([^/]+)/schema", handlers.version_text),
        ("GET", f"{_VERSIONS}/([^/]+)/referencedby", handlers.referenced_by),
        ("GET", "/subjects/([^/]+)/metadata", handlers.with_metadata),
        ("POST", _VERSIONS, handlers.registered),
        ("POST", "/subjects/([^/]+)", handlers.looked_up),
        ("DELETE", "/subjects/([^/]+)", handlers.subject_deleted),
        ("DELETE", f"{_VERSIONS}/([^/]+)", handlers.version_deleted),
        ("GET", "/schemas", handlers.schemas),
        ("GET", "/schemas/types", lambda _, __: ["AVRO"]),
        ("GET", _ID, handlers.by_id),
        ("GET", f"{_ID}/schema", handlers.text_by_id),
        ("GET", f"{_ID}/subjects", handlers.subjects_by_id),
        ("GET", f"{_ID}/versions", handlers.versions_by_id),
        ("GET", _GUID, handlers.by_guid),
        ("GET", f"{_GUID}/ids", handlers.ids_by_guid),
        ("POST", f"/compatibility{_VERSIONS}", handlers.compatibility),
        ("POST", f"/compatibility{_VERSIONS}/([^/]+)", handlers.compatibility_with),
        ("GET", "/config(?:/([^/]+))?", handlers.config),
        ("PUT", "/config(?:/([^/]+))?", handlers.config_set),
        ("DELETE", "/config(?:/([^/]+))?", handlers.config_unset),
        ("GET", "/mode(?:/([^/]+))?", handlers.mode),
        ("PUT", "/mode(?:/([^/]+))?", handlers.mode_set),
        ("DELETE", "/mode(?:/([^/]+))?", handlers.mode_unset),
        ("GET", "/contexts", handlers.contexts),
        ("DELETE", "/contexts/([^/]+)", handlers.context_deleted),
    )
)
METHODS: Final = ("DELETE", "GET", "HEAD", "POST", "PUT")
_WRITES: Final = ("POST", "PUT")
_ABSOLUTE: Final = re.compile("https?://[^/?#]+", re.IGNORECASE)
_IN_CONTEXT: Final = re.compile(r"/contexts/([^/]+)(/.*)")


def answer(store: Store, method: str, target: str, body: Json) -> Json:
    """The JSON value that a call is answered with.

    Args:
        store: what is asked, or changed.
        method: GET, POST, PUT or DELETE.
        target: path and query, quoted as they came.
        body: its JSON value.

    Raises:
        Refused: with the API's code; 404 for what is not a call.
    """
    whole, query_text = path_of(target), target.partition("#")[0].partition("?")[2]
    path, context = whole, DEFAULT_CONTEXT
    if match := _IN_CONTEXT.fullmatch(path):
        context, path = context_of(qualified(_delimited(unquote(match[1])))), match[2]
    for known, pattern, handler in _ROUTES:
        if known == method and (match := pattern.fullmatch(path)):
            parts = tuple(unquote(part) for part in match.groups() if part is not None)
            if method in _WRITES and not isinstance(body, dict):
                raise Refused(422, "The body is not a JSON object")
            query = parse_qs(query_text)
            return handler(store, Request(parts, query, body if isinstance(body, dict) else {}, context))
    raise Refused(404, f"HTTP 404 Not Found: this registry has no {method} {whole}")


def path_of(target: str) -> str:
    """The path of a request target, still quoted, without a slash at its end.

    Args:
        target: in origin form, or in absolute form as proxies get it (RFC 9112, section 3.2).
    """
    path = target.partition("#")[0].partition("?")[0]
    if match := _ABSOLUTE.match(path):
        path = path[match.end() :]
    return path.rstrip("/") or "/"


def methods_of(path: str) -> tuple[str, ...]:
    """The methods of a path's calls, sorted; empty if there are none."""
    if match := _IN_CONTEXT.fullmatch(path):
        path = match[2]
    return tuple(sorted({method for method, pattern, _ in _ROUTES if pattern.fullmatch(path)}))


def _delimited(context: str) -> str:
    """A context as it stands in a path: `.name`, with or without the colons around it."""
    return context if context.startswith(":") else f":{context}:"
