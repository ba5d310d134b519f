"""Problem documents: the rule that a parameter breaks."""

from __future__ import annotations

import uuid
from typing import Annotated, Any

import pytest
from pydantic import AfterValidator, TypeAdapter, ValidationError

from services.email_service.problems import rule_of


def _refused(_: str) -> str:
    raise ValueError("a whole number is expected")


@pytest.mark.parametrize(
    ("kind", "value", "rule"),
    [
        (uuid.UUID, "nope", "a UUID is expected"),
        (uuid.UUID, "", "a UUID is expected"),
        (Annotated[str, AfterValidator(_refused)], "-1", "a whole number is expected"),
        (int, "x" * 3, "Input should be a valid integer, unable to parse string as an integer"),
    ],
)
def test_a_broken_parameter_is_told_in_plain_words(kind: Any, value: str, rule: str) -> None:
    """Without what pydantic puts before the words of a validator."""
    with pytest.raises(ValidationError) as caught:
        TypeAdapter(kind).validate_python(value)

    assert [rule_of(one) for one in caught.value.errors()] == [rule]
