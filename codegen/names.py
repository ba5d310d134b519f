"""Python names for what Avro names."""

from __future__ import annotations

import keyword
import re

_BOUNDARY = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")

# What generated classes have of their own, and what their annotations refer to.
_METHODS = ("to_avro", "from_avro", "to_json", "from_json", "validate", "self", "cls")
_TYPES = ("bool", "int", "float", "str", "bytes", "list", "dict", "type", "datetime", "date", "time", "uuid", "field")
_TAKEN = frozenset((*_METHODS, *_TYPES))


def attribute(name: str) -> str:
    """`userId` -> `user_id`, `_retry` -> `retry`; a name that Python or the class needs gets a `_` behind it."""
    snake = snake_case(name).lstrip("_") or name
    if snake[0].isdigit():
        snake = f"f_{snake}"
    return f"{snake}_" if keyword.iskeyword(snake) or snake in _TAKEN else snake


def snake_case(name: str) -> str:
    """`EmailRequest` -> `email_request`."""
    return _BOUNDARY.sub("_", name).lower()


def camel_case(name: str) -> str:
    """`email_requests` -> `EmailRequests`."""
    return "".join(part[:1].upper() + part[1:] for part in re.split(r"[._-]+", name))


def module(namespace: str) -> str:
    """`com.eccs.email` -> `com_eccs_email`; the empty namespace is `root`."""
    return namespace.replace(".", "_").lower() or "root"


def constant(name: str) -> str:
    """`email_requests` -> `EMAIL_REQUESTS`."""
    return re.sub(r"[^A-Za-z0-9]+", "_", snake_case(name)).upper()
