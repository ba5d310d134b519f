"""The schema registry as this package needs it: two look-ups, cached for good, and clear errors.

Ids and schemas never change, so what was found once is kept: a registry that is down stops no known schema.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar

from confluent_kafka.schema_registry import Schema, SchemaRegistryClient
from confluent_kafka.schema_registry.error import SchemaRegistryError

from eccs_contracts._framing import SchemaRef
from eccs_contracts.errors import RegistryUnavailable, UnknownSchema
from eccs_contracts.settings import registry_config

T = TypeVar("T")

_NOT_FOUND: Final = (404, 422)


class Registry:
    """Look-ups of schemas. Nothing is ever registered from here: that is `compat-checks apply`."""

    def __init__(self, client: SchemaRegistryClient, url: str = "the registry") -> None:
        self._client = client
        self._url = url
        self._ids: dict[tuple[str, str], int] = {}
        self._texts: dict[SchemaRef, str] = {}
        self._lock = threading.Lock()

    @classmethod
    def from_env(cls, env: Mapping[str, str] | None = None) -> Registry:
        """A registry at SCHEMA_REGISTRY_URL.

        Raises:
            ConfigurationError: the variable is not set.
        """
        config: dict[str, Any] = {"timeout": 10, "max.retries": 1, **registry_config(env)}
        return cls(SchemaRegistryClient(config), config["url"])

    def schema_id(self, subject: str, schema: str) -> int:
        """The id under which a subject has a schema.

        Raises:
            UnknownSchema: it has not; the schema must be registered first.
            RegistryUnavailable: no answer, or an answer that it cannot serve now.
        """
        key = (subject, schema)
        with self._lock:  # many waiters, one request
            if key not in self._ids:
                what = f"the schema under the subject {subject} (register it with: compat-checks apply)"
                found = self._ask(what, lambda: self._client.lookup_schema(subject, Schema(schema, "AVRO")))
                self._ids[key] = int(found.schema_id or 0)
            return self._ids[key]

    def schema_text(self, ref: SchemaRef) -> str:
        """The schema that an id or GUID stands for; errors as `schema_id`."""
        known = self._texts.get(ref)
        if known is not None:
            return known
        with self._lock:
            if ref not in self._texts:
                self._texts[ref] = self._ask(str(ref), lambda: self._fetch(ref)).schema_str
            return self._texts[ref]

    def check(self) -> None:
        """Ask for anything, to see that it answers.

        Raises:
            RegistryUnavailable: it does not.
        """
        self._ask("the subjects", self._client.get_subjects)

    def _fetch(self, ref: SchemaRef) -> Any:
        if ref.guid is not None:
            return self._client.get_schema_by_guid(ref.guid)
        return self._client.get_schema(int(ref.schema_id or 0))

    def _ask(self, what: str, question: Callable[[], T]) -> T:
        try:
            return question()
        except SchemaRegistryError as error:
            if error.http_status_code in _NOT_FOUND:
                raise UnknownSchema(f"{self._url} does not know {what}") from None
            raise RegistryUnavailable(f"{self._url} answered {error.http_status_code}: {error}") from error
        except Exception as error:  # the client leaks whatever its HTTP library raises, which it has changed
            raise RegistryUnavailable(
                f"no registry answers at {self._url} ({type(error).__name__}); set SCHEMA_REGISTRY_URL"
            ) from error
