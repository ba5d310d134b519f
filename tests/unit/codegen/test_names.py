"""Python names for Avro names."""

from __future__ import annotations

import pytest

from codegen import names


@pytest.mark.parametrize(
    ("wire", "attribute"),
    [
        ("userId", "user_id"),
        ("_retry", "retry"),
        ("backoffDelayMs", "backoff_delay_ms"),
        ("HTTPServer", "http_server"),
        ("userID", "user_id"),
        ("ID", "id"),
        ("class", "class_"),
        ("str", "str_"),
        ("to_json", "to_json_"),
        ("_1st", "f_1st"),
        ("__", "f_"),
    ],
)
def test_attributes(wire: str, attribute: str) -> None:
    """Snake case, without the underscores around it, and free in Python."""
    assert names.attributes().take(names.attribute(wire)) == attribute


def test_two_names_that_become_one_stay_two() -> None:
    """The later one gets an underscore."""
    scope = names.attributes()

    assert [scope.take(names.attribute(name)) for name in ("userId", "user_id")] == ["user_id", "user_id_"]


@pytest.mark.parametrize(
    ("symbol", "member"),
    [("RED", "RED"), ("None", "None_"), ("name", "name_"), ("_x", "x"), ("title", "title_"), ("_1", "S_1")],
)
def test_members(symbol: str, member: str) -> None:
    """A symbol is kept unless Python's enums have a meaning for it."""
    assert names.members().take(names.member(symbol)) == member


@pytest.mark.parametrize(
    ("namespace", "module"), [("com.eccs.email", "com_eccs_email"), ("", "root"), ("Class", "class")]
)
def test_modules(namespace: str, module: str) -> None:
    """A namespace is one module; keywords are seen to when the name is given out."""
    assert names.module(namespace) == module
