"""Every error that this package raises.

    ContractsError
    ├── ValidationError (ValueError)      a value breaks constraints of its contract; lists every problem
    ├── EncodeError (ValueError)          a value cannot be written as its Avro schema says
    ├── DecodeError (ValueError)          bytes are not what their contract says
    │   ├── FramingError                  the bytes carry no usable reference to a schema
    │   └── HeaderError                   a header that must be right is not
    ├── UnknownSchema (LookupError)       the registry answers, and does not know the schema
    ├── MessageTooLarge (ValueError)      the broker will never take this message
    ├── ConfigurationError (ValueError)   a setting is missing or not usable
    └── InfrastructureError (ConnectionError)   a broker or a registry cannot be reached or refuses its service
        ├── RegistryUnavailable
        └── BrokerUnavailable
            └── DeliveryFailed            the broker did not confirm a message

Whether trying again can help is data: `retryable`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class Problem:
    """One broken rule.

    Attributes:
        field: path of the field by its wire name, for example "_retry.attempt" or "templateData[name]".
        rule: what must hold, for example "at most 500 characters".
        value: the offending value, shortened, and masked where the field is personal data.
    """

    field: str
    rule: str
    value: str

    def __str__(self) -> str:
        return f"{self.field}: {self.rule}, but it is {self.value}"


class ContractsError(Exception):
    """Base of every error of this package; its text is one line without personal data."""

    retryable: ClassVar[bool] = False


class ValidationError(ContractsError, ValueError):
    """Raised where a value breaks constraints of its contract.

    Attributes:
        model: name of the record.
        problems: every problem, in the order of the fields.
    """

    def __init__(self, model: str, problems: tuple[Problem, ...]) -> None:
        self.model = model
        self.problems = problems
        super().__init__(f"{model}: " + "; ".join(map(str, problems)))


class EncodeError(ContractsError, ValueError):
    """Raised where a value cannot be written as its Avro schema says.

    Attributes:
        field: path of the field by its wire name; empty for the whole record.
    """

    def __init__(self, message: str, *, field: str = "") -> None:
        self.field = field
        super().__init__(message)


class DecodeError(ContractsError, ValueError):
    """Raised where bytes are not what their contract says.

    Attributes:
        field: path of the field by its wire name; empty where no field was reached.
        offset: the byte where reading stopped; None where that is not known.
    """

    def __init__(self, message: str, *, field: str = "", offset: int | None = None) -> None:
        self.field = field
        self.offset = offset
        super().__init__(message)


class FramingError(DecodeError):
    """Raised where bytes carry no usable reference to a schema: too short, or a wrong magic byte."""


class HeaderError(DecodeError):
    """Raised where a header that must be right is missing, too long or malformed."""


class UnknownSchema(ContractsError, LookupError):
    """Raised where the registry answers, and does not know the schema id, the subject or the schema."""


class ConfigurationError(ContractsError, ValueError):
    """Raised where a setting is missing or not usable; the message names the variable."""


class InfrastructureError(ContractsError, ConnectionError):
    """Base of what is nobody's message's fault: trying again later can help."""

    retryable: ClassVar[bool] = True


class RegistryUnavailable(InfrastructureError):
    """Raised where the registry does not answer, or answers that it cannot serve now."""


class BrokerUnavailable(InfrastructureError):
    """Raised where the broker does not answer, or answers that it cannot serve now."""


class DeliveryFailed(BrokerUnavailable):
    """Raised where the broker did not confirm a message in time."""


class MessageTooLarge(ContractsError, ValueError):
    """Raised where a message is larger than the broker takes."""
