"""Python names for what Avro names."""

from __future__ import annotations

import builtins
import keyword
import re
from collections.abc import Iterable
from enum import StrEnum
from typing import Final

_BOUNDARY: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")

# Attributes that the class has of its own, and types that annotations inside of the class refer to.
_OWN: Final = ("to_avro", "from_avro", "to_json", "from_json", "validate", "classmethod", "field")
_TYPES: Final = ("dt", "bool", "bytes", "dict", "float", "int", "list", "str", "tuple", "type")
_TAKEN_ATTRIBUTES: Final = frozenset((*_OWN, *_TYPES))
_TAKEN_MEMBERS: Final = frozenset(dir(StrEnum)) | {"mro", "name", "value"}


class Scope:
    """Names that are given out once each."""

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self._taken = set(taken)

    def take(self, name: str) -> str:
        """The name, with as many `_` behind it as make it free."""
        while keyword.iskeyword(name) or name in self._taken:
            name += "_"
        self._taken.add(name)
        return name


def attributes() -> Scope:
    """The attributes of one class."""
    return Scope(_TAKEN_ATTRIBUTES)


def members() -> Scope:
    """The members of one enum."""
    return Scope(_TAKEN_MEMBERS)


def top_level(taken: Iterable[str]) -> Scope:
    """The names of one module; what it imports is taken."""
    return Scope({*taken, *dir(builtins)})


def attribute(name: str) -> str:
    """`userId` -> `user_id`, `_retry` -> `retry`."""
    return _start(snake_case(name).strip("_"), "f_")


def member(symbol: str) -> str:
    """A symbol as it is, but for underscores around it, which have a meaning to Python's enums."""
    return _start(symbol.strip("_"), "S_")


def class_name(name: str) -> str:
    """`EmailRequest` as it is, `email_request` -> `EmailRequest`."""
    return _start(camel_case(name), "C_")


def snake_case(name: str) -> str:
    """`EmailRequest` -> `email_request`."""
    return _BOUNDARY.sub("_", name).lower()


def camel_case(name: str) -> str:
    """`email_requests` -> `EmailRequests`."""
    return "".join(part[:1].upper() + part[1:] for part in re.split(r"[._-]+", name))


def module(namespace: str) -> str:
    """`com.eccs.email` -> `com_eccs_email`; the empty namespace is `root`."""
    return _start(namespace.replace(".", "_").lower().strip("_"), "n_") if namespace else "root"


def constant(name: str) -> str:
    """`email_requests` -> `EMAIL_REQUESTS`."""
    return _start(re.sub(r"[^A-Za-z0-9]+", "_", snake_case(name)).upper(), "T_")


def _start(name: str, prefix: str) -> str:
    """The name, with a prefix where it would start with a digit, or be empty."""
    return name if name and not name[0].isdigit() else prefix + name
