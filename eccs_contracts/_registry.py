"""The schema registry as this package needs it: two look-ups, cached for good, and clear errors.

Ids and schemas never change, so what was found once is kept: a registry that is down stops no known schema.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar

from confluent_kafka.schema_registry import Schema, SchemaRegistryClient
from confluent_kafka.schema_registry.error import SchemaRegistryError

from eccs_contracts._framing import SchemaRef
from eccs_contracts._once import Once
from eccs_contracts.errors import ConfigurationError, RegistryUnavailable, UnknownSchema
from eccs_contracts.settings import registry_config

T = TypeVar("T")

_NOT_FOUND: Final = (404, 422)
_NOT_LET_IN: Final = (401, 403)


class Registry:
    """Look-ups of schemas. Nothing is ever registered from here: that is `compat-checks apply`."""

    def __init__(self, client: SchemaRegistryClient, url: str = "the registry") -> None:
        self._client = client
        self._url = url
        self._ids: Once[tuple[str, str], SchemaRef] = Once()
        self._versions: Once[tuple[str, int], tuple[SchemaRef, str]] = Once()
        self._texts: Once[SchemaRef, str] = Once()

    @classmethod
    def from_env(cls, env: Mapping[str, str] | None = None) -> Registry:
        """A registry at SCHEMA_REGISTRY_URL.

        Raises:
            ConfigurationError: the variable is not set, or credentials or certificates are of no use.
        """
        config: dict[str, Any] = {"timeout": 10, "max.retries": 1, **registry_config(env)}
        shown = _without_user(config["url"])
        try:
            return cls(SchemaRegistryClient(config), shown)
        except (ValueError, OSError) as error:  # an SSLError is an OSError; a text may repeat the address
            reason = error.strerror if isinstance(error, OSError) else type(error).__name__
            raise ConfigurationError(
                f"the settings of the registry at {shown} are not usable ({reason}); see SCHEMA_REGISTRY_*"
            ) from None

    def schema_id(self, subject: str, schema: str) -> int:
        """The id under which a subject has a schema; errors as `registered`."""
        return int(self.registered(subject, schema).schema_id or 0)

    def registered(self, subject: str, schema: str) -> SchemaRef:
        """Id and GUID under which a subject has a schema.

        Raises:
            UnknownSchema: it has not; the schema must be registered first.
            RegistryUnavailable: no answer, or an answer that it cannot serve now.
        """
        what = f"the schema under the subject {subject} (register it with: compat-checks apply)"
        return self._ids.get(
            (subject, schema),
            lambda: _ref(self._ask(what, lambda: self._client.lookup_schema(subject, Schema(schema, "AVRO")))),
        )

    def version(self, subject: str, version: int) -> tuple[SchemaRef, str]:
        """Id, GUID and text of a version of a subject; errors as `registered`."""

        def ask() -> tuple[SchemaRef, str]:
            found = self._ask(
                f"version {version} of {subject}", lambda: self._client.get_version(subject, version, deleted=True)
            )
            return _ref(found), str(found.schema.schema_str)

        return self._versions.get((subject, version), ask)

    def schema_text(self, ref: SchemaRef) -> str:
        """The schema that an id or GUID stands for; errors as `registered`."""
        return self._texts.get(ref, lambda: str(self._ask(str(ref), lambda: self._fetch(ref)).schema_str))

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
            raise RegistryUnavailable(_refused(self._url, error)) from error
        except Exception as error:  # the client leaks whatever its HTTP library raises, which it has changed
            reason = str(error) if "CERTIFICATE_VERIFY" in str(error) else type(error).__name__
            raise RegistryUnavailable(
                f"no registry answers at {self._url} ({reason}); see SCHEMA_REGISTRY_URL"
            ) from error


def _without_user(url: str) -> str:
    """The address without its user, as far as the last `@`: a password may hold anything."""
    scheme, slashes, rest = url.partition("://")
    return f"{scheme}{slashes}{rest.rpartition('@')[2]}" if slashes else url


def _refused(url: str, error: SchemaRegistryError) -> str:
    if error.http_status_code in _NOT_LET_IN:
        return f"{url} does not let us in ({error.http_status_code}); see SCHEMA_REGISTRY_USERNAME"
    return f"{url} answered {error.http_status_code}: {error}"


def _ref(found: Any) -> SchemaRef:
    return SchemaRef(schema_id=found.schema_id, guid=found.guid)
