"""The database and the registry of the stack answer as the real ones do."""

import httpx
import pymongo
import pytest
from pymongo.errors import DuplicateKeyError

from services.local_stack import Stack

pytestmark = pytest.mark.stack


def test_database_answers_a_ping(stack: Stack) -> None:
    """The driver selects a server and pings it."""
    with pymongo.MongoClient[dict[str, object]](stack.environment["MONGODB_URI"]) as client:
        assert client.admin.command("ping")["ok"] == 1.0


def test_database_keeps_ids_unique(stack: Stack) -> None:
    """A second insert under the same id is refused: the ledger's guard against sending twice."""
    with pymongo.MongoClient[dict[str, object]](stack.environment["MONGODB_URI"]) as client:
        collection = client["stack_test"]["mails"]
        collection.drop()
        collection.insert_one({"_id": "one"})
        with pytest.raises(DuplicateKeyError):
            collection.insert_one({"_id": "one"})


def test_registry_registers_a_schema(stack: Stack) -> None:
    """A schema that was registered is found under its subject."""
    url = stack.environment["SCHEMA_REGISTRY_URL"]
    schema = {"schema": '{"type": "record", "name": "Stack", "fields": []}'}
    registered = httpx.post(f"{url}/subjects/stack-value/versions", json=schema).json()
    assert httpx.get(f"{url}/subjects/stack-value/versions/latest").json()["id"] == registered["id"]
