"""Errors of operations on dead letters.

ContractsError
├── EditRefused (ValueError)      a correction of a dead letter cannot be sent; lists every problem
├── RunActive                     another redrive is at work
├── TopicMissing (LookupError)    the broker does not have the topic
├── NotWritable (OSError)         a file cannot be written where it is asked for
├── ConfigurationError
│   └── ExtraMissing              an optional library is not installed
└── InfrastructureError
    └── AuditUnavailable          MongoDB does not answer, or refuses
"""

from __future__ import annotations

from eccs_contracts.errors import ConfigurationError, ContractsError, InfrastructureError


class EditRefused(ContractsError, ValueError):
    """Raised when a letter cannot be corrected, or a correction cannot be sent.

    Attributes:
        problems: one sentence each, without personal data.
    """

    def __init__(self, problems: tuple[str, ...]) -> None:
        self.problems = problems
        super().__init__("; ".join(problems))


class RunActive(ContractsError):
    """Raised where another redrive is at work: two at once could send a message twice."""


class TopicMissing(ContractsError, LookupError):
    """Raised where the broker does not have a topic."""


class PartitionMissing(ContractsError, LookupError):
    """Raised when a topic does not have a partition that was asked for."""


class NotWritable(ContractsError, OSError):
    """Raised when a file of dead letters cannot be written under the name that was given."""


class ExtraMissing(ConfigurationError):
    """Raised where an optional library is not installed; the message names the extra that has it."""


class AuditUnavailable(InfrastructureError):
    """Raised where MongoDB does not answer, or refuses."""
