"""The errors of the API, each with the code and the words of Confluent's registry, on which clients depend."""

from __future__ import annotations

from typing import Final

_FORMATS: Final[dict[int, str]] = {
    40401: "Subject '{}' not found.",
    40402: "Version {} not found.",
    40403: "Schema {} not found",
    40404: "Subject '{}' was soft deleted. Set permanent=true to delete permanently",
    40405: "Subject '{}' was not deleted first before being permanently deleted",
    40406: "Subject '{}' Version {} was soft deleted. Set permanent=true to delete permanently",
    40407: "Subject '{}' Version {} was not deleted first before being permanently deleted",
    40408: "Subject '{}' does not have subject-level compatibility configured",
    40409: "Subject '{}' does not have subject-level mode configured",
    40901: 'Schema being registered is incompatible with an earlier schema for subject "{}", details: [{}]',
    42201: "Invalid schema: {}",
    42202: "The specified version '{}' is not a valid version id. "
    'Allowed values are between [1, 2^31-1] and the string "latest"',
    42203: "Invalid compatibility level. Valid values are {}",
    42204: "Invalid mode. Valid values are {}",
    42205: "{}",
    42206: "One or more references exist to the schema {}",
    42207: "Schema {} is registered with the id {} already, not {}",
    42208: "The specified subject '{}' is not a valid subject.",
    42209: "The schema is larger than {} bytes",
    42210: "Invalid rule set: {}",
    42211: "The context '{}' is not empty",
}


class Refused(Exception):
    """Raised where the API answers with an error.

    Attributes:
        code: the API's `error_code`; its first three digits are the HTTP status.
    """

    def __init__(self, code: int, message: str) -> None:
        self.code = code
        super().__init__(message)

    @property
    def status(self) -> int:
        """The HTTP status."""
        return int(str(self.code)[:3])


def refused(code: int, *values: object) -> Refused:
    """The error of a code, `values` put into its words."""
    return Refused(code, _FORMATS[code].format(*values))
