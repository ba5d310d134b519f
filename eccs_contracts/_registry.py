"""The schema registry as this package needs it: two look-ups, cached for good, and clear errors.

Ids and schemas never change, so what was found once is kept: a registry that is down stops no known schema.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final, TypeVar
from urllib.parse import urlsplit

from eccs_contracts._framing import SchemaRef
from eccs_contracts._http_bounds import bind
from eccs_contracts._once import Once
from eccs_contracts._schema_lookup import schema_over_http
from eccs_contracts.errors import ConfigurationError, RegistryUnavailable, UnknownSchema
from eccs_contracts.failure_reasons import network_reason
from eccs_contracts.settings import registry_config

if TYPE_CHECKING:  # importing it takes most of a second: whoever needs the client imports it then
    from confluent_kafka.schema_registry import SchemaRegistryClient

T = TypeVar("T")

_MAX_MESSAGE: Final = 1000  # characters of an error of the registry's
_NOT_FOUND: Final = (404, 422)
_NOT_LET_IN: Final = (401, 403)


class Registry:
    """Look-ups of schemas. Nothing is ever registered from here: that is `compat-checks apply`."""

    def __init__(
        self,
        client: SchemaRegistryClient | Callable[[], SchemaRegistryClient],
        url: str = "the registry",
        *,
        short_way: Callable[[int], str | None] = lambda _: None,
    ) -> None:
        """Take the client, or what makes it when it is first needed.

        Args:
            client: of confluent-kafka.
            url: the address as errors show it.
            short_way: gives a schema by its id without the client; None where the client must be asked.
        """
        self._made: SchemaRegistryClient | None = None if callable(client) else client
        self._make = client if callable(client) else lambda: client
        self._url = url
        self._short_way = short_way
        self._ids: Once[tuple[str, str], SchemaRef] = Once()
        self._versions: Once[tuple[str, int], tuple[SchemaRef, str]] = Once()
        self._texts: Once[SchemaRef, str] = Once()

    @classmethod
    def from_env(cls, env: Mapping[str, str] | None = None) -> Registry:
        """A registry at SCHEMA_REGISTRY_URL.

        Raises:
            ConfigurationError: the variable is not set, or credentials or certificates are of no use.
        """
        config, shown = _config(env)
        return cls(_client_of(config, shown), shown)

    @classmethod
    def for_commands(cls, env: Mapping[str, str] | None = None) -> Registry:
        """As `from_env`, for a process that ends soon: the client is made only if it is needed.

        Raises:
            ConfigurationError: the variable is not set; what else `from_env` raises is raised at the first question.
        """
        config, shown = _config(env)
        return cls(lambda: _client_of(config, shown), shown, short_way=lambda number: schema_over_http(config, number))

    @property
    def _client(self) -> SchemaRegistryClient:
        if self._made is None:
            self._made = self._make()
        return self._made

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

        def ask() -> SchemaRef:
            from confluent_kafka.schema_registry import Schema

            return _ref(self._ask(what, lambda: self._client.lookup_schema(subject, Schema(schema, "AVRO"))))

        return self._ids.get((subject, schema), ask)

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
        return self._texts.get(ref, lambda: self._text(ref))

    def check(self) -> None:
        """Ask for anything, to see that it answers.

        Raises:
            RegistryUnavailable: it does not.
        """

        def ask() -> Any:
            return self._client.get_subjects()

        self._ask("the subjects", ask)

    def _text(self, ref: SchemaRef) -> str:
        found = None if ref.schema_id is None else self._short_way(int(ref.schema_id))
        return found if found is not None else str(self._ask(str(ref), lambda: self._fetch(ref)).schema_str)

    def _fetch(self, ref: SchemaRef) -> Any:
        if ref.guid is not None:
            return self._client.get_schema_by_guid(ref.guid)
        return self._client.get_schema(int(ref.schema_id or 0))

    def _ask(self, what: str, question: Callable[[], T]) -> T:
        try:
            return question()
        except ConfigurationError:  # of the client, made for this question
            raise
        except Exception as error:  # the client leaks whatever its HTTP library raises, which it has changed
            raise self._told(what, error) from error

    def _told(self, what: str, error: Exception) -> UnknownSchema | RegistryUnavailable:
        from confluent_kafka.schema_registry.error import SchemaRegistryError

        if isinstance(error, SchemaRegistryError):
            if error.http_status_code in _NOT_FOUND:
                return UnknownSchema(f"{self._url} does not know {what}")
            return RegistryUnavailable(_refused(self._url, error))
        reason = network_reason(error, urlsplit(self._url).hostname or "")
        return RegistryUnavailable(f"no registry answers at {self._url} ({reason}); see SCHEMA_REGISTRY_URL")


def _config(env: Mapping[str, str] | None) -> tuple[dict[str, Any], str]:
    """The client's settings, and the address as it may be shown."""
    config: dict[str, Any] = {"timeout": 10, "max.retries": 1, **registry_config(env)}
    return config, _without_user(config["url"])


def _client_of(config: dict[str, Any], shown: str) -> SchemaRegistryClient:
    from confluent_kafka.schema_registry import SchemaRegistryClient

    try:
        return bounded(SchemaRegistryClient(config), config["timeout"])
    except (ValueError, OSError) as error:  # an SSLError is an OSError; a text may repeat the address
        reason = error.strerror if isinstance(error, OSError) else type(error).__name__
        raise ConfigurationError(
            f"the settings of the registry at {shown} are not usable ({reason}); see SCHEMA_REGISTRY_*"
        ) from None


def bounded(client: SchemaRegistryClient, seconds: float) -> SchemaRegistryClient:
    """The client, its exchanges bounded in seconds and bytes (see `eccs_contracts._http_bounds`)."""
    session = getattr(getattr(client, "_rest_client", None), "session", None)  # it has no public door
    if session is not None:
        bind(session, seconds)
    return client


def _without_user(url: str) -> str:
    """The address without its user, as far as the last `@`: a password may hold anything."""
    scheme, slashes, rest = url.partition("://")
    return f"{scheme}{slashes}{rest.rpartition('@')[2]}" if slashes else url


def _refused(url: str, error: Any) -> str:
    if error.http_status_code in _NOT_LET_IN:
        return f"{url} does not let us in ({error.http_status_code}); see SCHEMA_REGISTRY_USERNAME"
    said = str(error)[:_MAX_MESSAGE]
    shown = "".join(letter if letter.isprintable() else f"\\u{ord(letter):04x}" for letter in said)
    return f"{url} answered {error.http_status_code}: {shown}"


def _ref(found: Any) -> SchemaRef:
    return SchemaRef(schema_id=found.schema_id, guid=found.guid)
