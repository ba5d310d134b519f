"""Constraints: addresses, single lines, and what `validate` reports."""

from __future__ import annotations

from typing import Any

import pytest

from eccs_contracts._codec.constraints import is_email, is_single_line
from eccs_contracts.errors import Problem, ValidationError
from tests.unit.codec.examples import dead_letter, request, retry


@pytest.mark.parametrize(
    "address",
    [
        "a@b.c",
        "first.last+tag@mail.example.com",
        "!#$%&'*+/?=^_`{|}~-@example.com",
        "jürgen@bücher.example",
        "用户@例子.广告",
        "हिन्दी@उदाहरण.भारत",
        "a@xn--bcher-kva.example",
        "x" * 64 + "@example.com",
        "a@" + "d" * 63 + ".com",
        "a@" + ".".join(["d" * 61] * 4) + ".com",
    ],
)
def test_addresses(address: str) -> None:
    """Dot-atoms in the sizes of RFC 5321, ASCII or not."""
    assert is_email(address)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "a",
        "@example.com",
        "a@",
        "a@@b.c",
        "a@b@c.d",
        "a@localhost",
        "a@[127.0.0.1]",
        '"a b"@example.com',
        ".a@example.com",
        "a.@example.com",
        "a..b@example.com",
        "a b@example.com",
        " a@example.com",
        "a@example.com\n",
        "a@example.com\r\nBcc: b@example.com",
        "a\x00@example.com",
        "a\u00a0b@example.com",
        "a@example..com",
        "a@.example.com",
        "a@example.com.",
        "a@-example.com",
        "a@example-.com",
        "a@exam_ple.com",
        "a,b@example.com",
        "Ann <a@example.com>",
        "x" * 65 + "@example.com",
        "ü" * 33 + "@example.com",
        "a@" + "d" * 64 + ".com",
        "a@" + ".".join(["d" * 62] * 4) + ".com",
        "a\ud800@example.com",
    ],
)
def test_no_addresses(address: str) -> None:
    """White space, control characters, quoting, literals and too long parts are refused."""
    assert not is_email(address)


@pytest.mark.parametrize("text", ["", "Hello", "Grüße 你好 😀", "a  b"])
def test_single_lines(text: str) -> None:
    """Any printable text is fine in a header."""
    assert is_single_line(text)


@pytest.mark.parametrize("text", ["a\nb", "a\r", "\t", "\x00", "\x7f", "\x85", "\u2028"])
def test_no_single_lines(text: str) -> None:
    """Nothing that ends a line or controls a terminal."""
    assert not is_single_line(text)


@pytest.mark.parametrize("value", [request(), retry(), dead_letter(), dead_letter(original_data=None)])
def test_good_values_pass(value: Any) -> None:
    """The examples break no rule."""
    value.validate()


@pytest.mark.parametrize(
    ("value", "problems"),
    [
        (request(to="nobody"), [("to", "an e-mail address like name@example.com", "***")]),
        (request(subject="a\nb"), [("subject", "one line without control characters", "***")]),
        (request(subject="x" * 501), [("subject", "at most 500 characters", "***")]),
        (request(user_id=""), [("userId", "at least 1 character", "''")]),
        (request(user_id="u" * 201), [("userId", "at most 200 characters", f"'{'u' * 59}...")]),
        (request(template_id="-x"), [("templateId", "text that matches [A-Za-z0-9][A-Za-z0-9_-]*", "'-x'")]),
        (
            request(template_id="x\n"),
            [("templateId", "text that matches [A-Za-z0-9][A-Za-z0-9_-]*", "'x\\n'")],
        ),
        (
            request(template_data={"a": [1]}),
            [
                (
                    "templateData[a]",
                    "None or a bool or an int of 64 bits or a float or text is expected",
                    "***",
                )
            ],
        ),
        (request(metadata={"a": 1}), [("metadata[a]", "text is expected", "1")]),
        (request(body=None), [("body", "text is expected", "***")]),
        (request(timestamp=5), [("timestamp", "a datetime with a time zone is expected", "5")]),
        (retry(attempt=0), [("_retry.attempt", "at least 1", "0")]),
        (retry(attempt=True), [("_retry.attempt", "an int of 32 bits is expected", "True")]),
        (retry(backoff_delay_ms=-1), [("_retry.backoffDelayMs", "at least 0", "-1")]),
        (
            dead_letter(original_data=request(user_id="", metadata={"k": "v"})),
            [("originalData.userId", "at least 1 character", "***")],
        ),
        (
            dead_letter(original_headers=[None]),
            [("originalHeaders[0]", "a record OriginalHeader is expected", "None")],
        ),
    ],
)
def test_broken_rules(value: Any, problems: list[tuple[str, str, str]]) -> None:
    """Each is reported with the path, the rule, and the value where it may be shown."""
    with pytest.raises(ValidationError) as caught:
        value.validate()

    found = [(problem.field, problem.rule, problem.value) for problem in caught.value.problems]
    assert found == problems


def test_all_problems_come_at_once() -> None:
    """In the order of the fields, with a text that shows no personal data."""
    with pytest.raises(ValidationError) as caught:
        request(to="secret", subject="\r", user_id="").validate()

    assert caught.value.model == "EmailRequest"
    assert [problem.field for problem in caught.value.problems] == ["to", "subject", "userId"]
    assert "secret" not in str(caught.value)


def test_a_problem_reads_as_a_sentence() -> None:
    """Field, rule, value."""
    assert str(Problem("userId", "at least 1 character", "''")) == "userId: at least 1 character, but it is ''"
