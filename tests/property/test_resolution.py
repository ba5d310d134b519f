"""The engine against Apache Avro for Java, and against what fastavro reads; the pairs are made from a fixed seed."""

from __future__ import annotations

import os
from itertools import islice

import pytest

from compat_checks import InvalidSchema, check_pair, parse_schema
from tests.java.avro import Answer, NoOracleError, ask, version
from tests.property.schemas import pairs

SEED = 20_251
PAIRS = 20_000


def test_twenty_thousand_pairs_get_the_answers_of_apache_avro_java() -> None:
    """Verdict, types, locations, messages, order, what is thrown, and which schemas are refused: no difference.

    Not among the pairs, for it is refused on purpose: a key given twice, comments, deep nesting.
    """
    asked = list(pairs(SEED, PAIRS))
    try:
        expected = ask(asked)
    except NoOracleError as error:
        if os.environ.get("ECCS_REQUIRE_APACHE_KAFKA") == "1":
            pytest.fail(f"the oracle has to be there, but {error}", pytrace=False)
        pytest.skip(f"needs Apache Avro {version()} for Java: {error}")

    different = (
        (reader, writer, actual, java)
        for (reader, writer), java in zip(asked, expected, strict=True)
        if (actual := _answer(reader, writer)) != _comparable(java)
    )

    assert list(islice(different, 3)) == []


def _comparable(java: Answer) -> Answer:
    """Without the words of a refusal, which are each one's own."""
    return Answer(java.refused, java.compatible, java.incompatibilities, "" if java.refused else java.error)


def _answer(reader: str, writer: str) -> Answer:
    trees = []
    for side, text in (("reader", reader), ("writer", writer)):
        try:
            trees.append(parse_schema(text))
        except InvalidSchema:
            return Answer(side, compatible=False, incompatibilities=(), error="")
    verdict = check_pair(*trees)
    found = tuple((one.type.value, one.location, one.message) for one in verdict.incompatibilities)
    return Answer("", compatible=verdict.compatible, incompatibilities=found, error=verdict.error)
