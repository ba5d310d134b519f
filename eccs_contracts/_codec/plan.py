"""The plan of a type: how it is read, written, checked and shown as JSON, each with every check.

Generated modules build one plan per record. Speed is not its business; that every answer is right is.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, Literal, TypeAlias

from eccs_contracts._codec.at import At, Report
from eccs_contracts._codec.cursor import Cursor

Json: TypeAlias = Any  # what json.loads gives
# "plain" is what the older producers write: unions without wrappers, bytes in base64, dates and decimals as people
# write them. "avro" is the JSON encoding of the specification: {"branch": value}, and logical types as what they are
# stored as.
Form: TypeAlias = Literal["plain", "avro"]


class AvroType(ABC):
    """A type of Avro as this library sees it.

    Attributes:
        label: what a value is, for messages: "text", "a list".
        least: bytes that a value takes at least.
    """

    label: str
    least: int
    __slots__ = ()

    @abstractmethod
    def owns(self, value: object) -> bool:
        """Whether a value is of exactly the class that the reader makes; tells branches of a union apart."""

    @abstractmethod
    def read(self, cursor: Cursor, at: At) -> Any:
        """Read a value.

        Raises:
            DecodeError: the bytes are not one.
        """

    @abstractmethod
    def write(self, value: Any, at: At) -> bytes:
        """The bytes of a value.

        Raises:
            EncodeError: it cannot be one.
        """

    @abstractmethod
    def check(self, value: Any, at: At, report: Report) -> bool:
        """Whether the class and the range are right, and all rules inside hold; notes what does not."""

    @abstractmethod
    def to_json(self, value: Any, at: At, form: Form) -> Json:
        """A JSON form of a value.

        Raises:
            EncodeError: it cannot be one.
        """

    @abstractmethod
    def from_json(self, value: Json, at: At, report: Report, form: Form) -> Any:
        """A value from a JSON form; notes what is wrong with it."""
