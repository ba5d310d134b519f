"""What a generated contract consists of: the model, its topic and its subject."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, Protocol, Self, TypeVar


class Model(Protocol):
    """What every generated record offers; generated code is checked against it by the type checker."""

    SCHEMA: ClassVar[str]
    FULLNAME: ClassVar[str]
    FIELDS: ClassVar[tuple[str, ...]]

    def to_avro(self) -> bytes:
        """The value in Avro binary, without framing."""

    @classmethod
    def from_avro(cls, data: bytes) -> Self:
        """The value of Avro binary that was written with this very schema."""

    def to_json(self) -> dict[str, Any]:
        """The value in the plain JSON form of the older producers."""

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """The value of the plain JSON form."""

    def validate(self) -> None:
        """Check the constraints of the contract."""


M = TypeVar("M", bound=Model)


@dataclass(frozen=True, slots=True)
class Environment:
    """What differs between environments: copies of each partition, and broker settings."""

    replication_factor: int
    configs: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic as `contracts.toml` declares it.

    Attributes:
        retention_ms: how long records are kept, in milliseconds.
        configs: further topic settings, the same in each environment.
        environments: by name, for example "dev" and "prod".
    """

    name: str
    doc: str
    partitions: int
    retention_ms: int
    cleanup_policy: str
    configs: Mapping[str, str]
    environments: Mapping[str, Environment]

    def settings(self, environment: str) -> dict[str, str]:
        """All topic settings of an environment, as the broker takes them.

        Raises:
            KeyError: the environment is not declared.
        """
        return {
            "cleanup.policy": self.cleanup_policy,
            "retention.ms": str(self.retention_ms),
            **self.configs,
            **self.environments[environment].configs,
        }


@dataclass(frozen=True, slots=True)
class Contract(Generic[M]):
    """What a topic carries.

    Attributes:
        version: semantic version of the contract.
        key: makes the key of a message from its value; None where the sender gives the key.
    """

    model: type[M]
    topic: Topic
    subject: str
    version: str
    owner: str
    key: Callable[[M], str] | None
