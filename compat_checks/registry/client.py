"""A client of any registry, as far as applying contracts needs one."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import httpx

from compat_checks.errors import RegistryRefused, RegistryUnreachable


class RegistryClient:
    """Calls with clear errors; user and password may stand in the URL and are never shown."""

    def __init__(self, url: str, timeout: float) -> None:
        """Take the URL, and how many seconds an answer may take."""
        self._http = httpx.Client(base_url=url, timeout=timeout)
        self._shown = str(httpx.URL(url).copy_with(username=None, password=None))

    def subjects(self) -> list[str]:
        """The names of all subjects."""
        found: list[str] = self._call("GET", "/subjects")
        return found

    def register(self, subject: str, schema: str, *, force: bool = False) -> dict[str, Any]:
        """Register a schema, or find it: its id, and its version where the registry says so."""
        query = "?force=true" if force else ""
        answer: dict[str, Any] = self._call("POST", f"/subjects/{_q(subject)}/versions{query}", {"schema": schema})
        return answer

    def look_up(self, subject: str, schema: str) -> dict[str, Any] | None:
        """The version that has this schema, or None."""
        try:
            answer: dict[str, Any] = self._call("POST", f"/subjects/{_q(subject)}", {"schema": schema})
        except RegistryRefused as error:
            if error.status == 404:
                return None
            raise
        return answer

    def set_level(self, subject: str, level: str) -> None:
        """Set the compatibility level of a subject."""
        self._call("PUT", f"/config/{_q(subject)}", {"compatibility": level})

    def close(self) -> None:
        """Close the connection."""
        self._http.close()

    def _call(self, method: str, path: str, body: object = None) -> Any:
        try:
            answer = self._http.request(method, path, json=body)
            value = answer.json()
        except httpx.HTTPError as error:
            hint = "set --registry or SCHEMA_REGISTRY_URL"
            raise RegistryUnreachable(f"no registry answers at {self._shown} ({error}); {hint}") from None
        except ValueError:
            raise RegistryUnreachable(f"what answers at {self._shown} is not a registry: no JSON") from None
        if answer.is_success:
            return value
        value = value if isinstance(value, dict) else {}
        message = f"{self._shown}: {value.get('message', answer.reason_phrase)}"
        raise RegistryRefused(message, status=answer.status_code, code=int(value.get("error_code", 0)))


def _q(subject: str) -> str:
    return quote(subject, safe="")
