"""JSON that is not quite right gives a value that can be written, or one error with the problems."""

from __future__ import annotations

import copy
import json
from collections import Counter
from collections.abc import Iterator
from random import Random
from typing import Any

import pytest

from eccs_contracts._codec.record import Record
from eccs_contracts.errors import ValidationError
from tests.property.codec.test_against_fastavro import SUBJECTS, models_of, payloads_of

_OTHERS: tuple[Any, ...] = (
    *(None, True, 0, -1, 2**31, 2**64, 10**400, 1.5, float("nan"), "", "x", "NaN", "\ud800", "\u0100", "2026-05-01"),
    *([], [None], {}, {"null": None}, {"string": "x"}, {"long": 2**63}, {"map": {}}, {"array": [1]}, {7: 7}),
)


@pytest.mark.parametrize("form", ["plain", "avro"])
def test_a_value_or_one_error(form: Any) -> None:
    """Whatever stands in the place of something; both happen."""
    outcomes = Counter(outcome for case in SUBJECTS for model in models_of(case) for outcome in _outcomes(model, form))

    assert set(outcomes) == {"read", "refused"}
    assert min(outcomes.values()) > 100


def _outcomes(model: type[Record], form: Any) -> Iterator[str]:
    random = Random(model.FULLNAME)
    for _, payload in payloads_of(model, 3):
        good = model.from_avro(payload).to_json(form)
        for _ in range(8):
            yield _outcome(model, _damaged(copy.deepcopy(good), random), form)


def _outcome(model: type[Record], damaged: Any, form: Any) -> str:
    try:
        value = model.from_json(damaged, form)
    except ValidationError:
        return "refused"
    json.dumps(value.to_json(form))
    raw = value.to_avro()
    return "read" if model.from_avro(raw).to_avro() == raw else f"{model.FULLNAME} loses {damaged}"


def _damaged(value: Any, random: Random) -> Any:
    """The value with one node replaced, removed or renamed."""
    keys = list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    if not keys or random.random() < 0.2:
        return random.choice(_OTHERS)
    key = random.choice(keys)
    inner = value.pop(key)
    if isinstance(value, list):
        value.insert(key, _damaged(inner, random))
    elif random.random() < 0.9:
        value[random.choice((key, key, key, key, "other"))] = _damaged(inner, random)
    return value
