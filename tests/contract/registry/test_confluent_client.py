"""confluent-kafka's own client, against every registry."""

from __future__ import annotations

import json

import pytest
from confluent_kafka.schema_registry import (
    ConfigCompatibilityLevel,
    Schema,
    SchemaReference,
    SchemaRegistryClient,
    ServerConfig,
)
from confluent_kafka.schema_registry.error import SchemaRegistryError

from tests.contract.registry.backends import Backend
from tests.contract.registry.schemas import A_B, A_OPTIONAL_B, A, record


@pytest.fixture
def client(backend: Backend) -> SchemaRegistryClient:
    """A client without anything in its cache."""
    return SchemaRegistryClient({"url": backend.url})


class TestConfluentClient:
    """What serializers and pipelines call."""

    def test_it_registers_looks_up_and_fetches(self, client: SchemaRegistryClient, subject: str) -> None:
        """The same id each time."""
        made = client.register_schema(subject, Schema(A, "AVRO"))

        assert client.lookup_schema(subject, Schema(A, "AVRO")).schema_id == made
        assert json.loads(client.get_schema(made).schema_str or "") == json.loads(A)
        assert client.get_versions(subject) == [1]
        assert subject in client.get_subjects()

    def test_it_gets_the_latest(self, client: SchemaRegistryClient, subject: str) -> None:
        """And one by its number."""
        client.register_schema(subject, Schema(A, "AVRO"))
        client.register_schema(subject, Schema(A_OPTIONAL_B, "AVRO"))

        assert client.get_latest_version(subject).version == 2
        assert json.loads(client.get_version(subject, 1).schema.schema_str or "") == json.loads(A)

    def test_it_tests_compatibility(self, client: SchemaRegistryClient, subject: str) -> None:
        """Against the latest, and against all."""
        client.register_schema(subject, Schema(A, "AVRO"))
        client.register_schema(subject, Schema(A_OPTIONAL_B, "AVRO"))
        client.set_compatibility(subject, level="BACKWARD_TRANSITIVE")

        assert client.test_compatibility(subject, Schema(A_B, "AVRO")) is True
        assert client.test_compatibility_all_versions(subject, Schema(A_B, "AVRO")) is False

    def test_it_raises_what_is_refused(self, client: SchemaRegistryClient, subject: str) -> None:
        """409, whatever the code in the body."""
        client.register_schema(subject, Schema(A, "AVRO"))
        client.set_compatibility(subject, level="BACKWARD")

        with pytest.raises(SchemaRegistryError) as caught:
            client.register_schema(subject, Schema(A_B, "AVRO"))
        assert caught.value.http_status_code == 409

    def test_it_sets_and_reads_the_configuration(self, client: SchemaRegistryClient, subject: str) -> None:
        """In both of its ways."""
        client.register_schema(subject, Schema(A, "AVRO"))

        client.set_compatibility(subject, level="FULL")
        assert client.get_compatibility(subject) == "FULL"
        client.set_config(subject, ServerConfig(compatibility=ConfigCompatibilityLevel.FORWARD))
        assert client.get_config(subject).compatibility_level is ConfigCompatibilityLevel.FORWARD

    def test_it_deletes(self, client: SchemaRegistryClient, subject: str) -> None:
        """A version, then what is left; softly, then for good."""
        client.register_schema(subject, Schema(A, "AVRO"))
        client.register_schema(subject, Schema(A_OPTIONAL_B, "AVRO"))

        assert client.delete_version(subject, 1) == 1
        assert client.get_versions(subject) == [2]
        assert client.delete_subject(subject) == [2]
        assert subject not in client.get_subjects()
        client.delete_subject(subject, permanent=True)
        with pytest.raises(SchemaRegistryError):
            client.get_versions(subject)

    def test_it_registers_references(self, client: SchemaRegistryClient, subject: str) -> None:
        """And gets them back."""
        client.register_schema(subject, Schema(record("x", name="Inner"), "AVRO"))
        outer = record({"name": "inner", "type": "Inner"}, name="Outer")
        reference = SchemaReference("Inner", subject, 1)
        made = client.register_schema(f"{subject}-user", Schema(outer, "AVRO", [reference]))

        found = client.get_schema(made).references
        assert found is not None
        assert [(one.name, one.subject, one.version) for one in found] == [("Inner", subject, 1)]


class TestConfluentClientOfTheEmbeddedRegistry:
    """What Apicurio has not."""

    def test_it_reads_by_guid_and_by_metadata(self, embedded: Backend, subject: str) -> None:
        """Both are newer than Apicurio's copy of the API."""
        client = SchemaRegistryClient({"url": embedded.url})
        client.register_schema(subject, Schema(A, "AVRO"))
        registered = client.register_schema_full_response(f"{subject}-2", Schema(A_OPTIONAL_B, "AVRO"))

        assert registered.guid is not None
        assert client.get_schema_by_guid(registered.guid).schema_str == A_OPTIONAL_B
        assert client.get_latest_with_metadata(subject, {}).version == 1

    def test_it_normalises(self, embedded: Backend, subject: str) -> None:
        """When it is told to."""
        client = SchemaRegistryClient({"url": embedded.url})
        one, two = record("a", x=1, y=2), record("a", y=2, x=1)
        made = client.register_schema(subject, Schema(one, "AVRO"), normalize_schemas=True)

        assert client.register_schema(subject, Schema(two, "AVRO"), normalize_schemas=True) == made
        assert client.lookup_schema(subject, Schema(two, "AVRO"), normalize_schemas=True).version == 1

    def test_it_sets_modes_and_lists_contexts(self, embedded: Backend, subject: str) -> None:
        """By subject."""
        client = SchemaRegistryClient({"url": embedded.url})

        assert client.update_mode(subject, "READONLY") == "READONLY"
        assert client.get_mode(subject) == "READONLY"
        assert client.delete_mode(subject) == "READONLY"
        assert client.get_global_mode() == "READWRITE"
        assert client.get_contexts()[0] == "."
