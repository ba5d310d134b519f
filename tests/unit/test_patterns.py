"""Patterns that match in linear time are accepted; those that may not are refused, and why."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compat_checks.patterns import MAX_PATTERN, MAX_POSITIONS, pattern_problem

SLOW = r"""
(a+)+ | (a*)* | (a*)+ | (a+)* | (a?)* | (.*)* | (.+)+x | ((a+)b*)+c | (x+x+)+y | (\d+|\w+)*x | (a{1,5}){1,50}
([a-z]+)*@ | (\w+\s?)*$ | ([a-zA-Z0-9]+\s?)+$ | ^(\w+\d*)+$ | (\.?\w+)+@ | (\w+-?)+\w+ | (-?\d+)+ | (\S+\s*)+x
([a-z]*[0-9]*)* | ([^,]*,?)*x | (\d*)* | (a+b?)*c | ^(([a-z])+.)+[A-Z]([a-z])+$ | (b(a*)?)*c | (a?){30}a{30}
.*.*= | \d+\d+$ | \w+\w* | \S+\S+ | \s*\s*x | .*a.*b.*c | a*a*a*a*b | [^@]+@[^@]+\.[^@]+ | [a-z]+[a-z0-9]*[a-z]+
(.*a){20} | \d+\d{2,200} | .*,.*,.*,.* | (a|b)*a(a|b)*a(a|b)*c | \w*\d\w*! | [ab]*a[ab]*c
(?=a+)b | (?!a)b | (?<=a)b | (?<!a)b | (a)\1 | (?P<n>a)(?P=n) | (a)?(?(1)b|c) | (?i)a+ | (?s).* | (?i:a)+A+ | (?x)a
(aa|a)*b | (ab|a|b)*c | (a|b|ab)*c | (ba|b|a)*x | (a|a?)+ | ((a|b)*c?)*d | (a|ba?|b)*c | (ab|ba|a|b)+!
"""
LINEAR = r"""
[A-Za-z0-9][A-Za-z0-9_-]* | [0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12} | [a-z0-9]+(-[a-z0-9]+)* | \+[1-9]\d{1,14}
\d{4}-\d{2}-\d{2} | \d{4}-(0[1-9]\|1[0-2])-(0[1-9]\|[12]\d\|3[01]) | ([01]\d\|2[0-3]):[0-5]\d(:[0-5]\d)? | \d+ | \w+
\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z\|[+-]\d{2}:\d{2}) | P(\d+Y)?(\d+M)?(\d+D)? | ^[A-Z]{2}$ | \S+ | .*
[A-Z]{2}\d{2}[A-Z0-9]{1,30} | (25[0-5]\|2[0-4]\d\|[01]?\d\d?)(\.(25[0-5]\|2[0-4]\d\|[01]?\d\d?)){3} | .{1,500} | .+
#([0-9a-fA-F]{3}\|[0-9a-fA-F]{6}) | -?\d+(\.\d+)? | [a-z]+ | [^@\s]+@[^@\s]+ | [^@\s]+@[^@\s.]+(\.[^@\s.]+)+
[\w.+-]+@[\w-]+\.[\w.-]+ | [a-z]([a-z0-9-]{0,61}[a-z0-9])? | ([a-z0-9]{1,63}\.){1,8}[a-z]{2,63} | v?\d+\.\d+\.\d+
\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)? | [A-Z]{3} | [A-Z]{1,5}-\d{1,6} | (GET\|POST\|PUT\|DELETE)
https?://[^\s/]+(/\S*)? | /[a-z0-9/_-]* | [a-z_][a-z0-9_]* | ([A-Z][a-z]+)+ | \d{3}-\d{3}-\d{4} | true\|false
\(\d{3}\)[ ]\d{3}-\d{4} | (0[1-9]\|1[0-2])/\d{2} | [A-Za-z0-9+/]*={0,2} | [0-9A-HJKMNP-TV-Z]{26} | (yes\|no)?
([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==\|[A-Za-z0-9+/]{3}=)? | [13][a-km-zA-HJ-NP-Z1-9]{25,34} | \d{5}(-\d{4})?
[A-Z]\d[A-Z][ ]?\d[A-Z]\d | (?P<year>\d{4})-(?P<month>\d{2}) | (?:a\|b)+ | [^,]+(,[^,]+)* | "[^"]*" | '[^']*'
\s*\S+ | [\w.-]+ | [A-Za-z]+([ ][A-Za-z]+)* | [^\x00-\x1f\x7f]* | [à-ü]+\d+ | [a-f0-9]{32,64} | [a-z]{2}(-[A-Z]{2})?
(a\|b)*?c | [a-z]*? | EC-\d+(/\d+)* | ([0-9A-F]{2}:){5}[0-9A-F]{2} | urn:[a-z0-9][a-z0-9-]{0,31}:\S+ | \b\w+\b
[\u4e00-\u9fff]+[a-z]* | (a\|ab)*c | (foo\|foobar)*! | [\s\S]* | \A[a-z]+\Z | [a-z]+[0-9]+
"""


def _patterns(table: str) -> list[str]:
    """The patterns of a table; a bar within a pattern of the second table is written with a backslash."""
    if r"\|" in table:
        return [one.strip().replace(r"\|", "|") for row in table.split("\n") for one in re.split(r" \| ", row) if one]
    return [one.strip() for row in table.split("\n") for one in row.split(" | ") if one]


@pytest.mark.parametrize("pattern", _patterns(SLOW))
def test_a_pattern_that_may_be_slow_is_refused(pattern: str) -> None:
    """Repetition in repetition, side by side, overlapping alternatives, and what is not regular."""
    assert pattern_problem(pattern) is not None


@pytest.mark.parametrize("pattern", _patterns(LINEAR))
def test_a_pattern_that_people_use_is_accepted(pattern: str) -> None:
    """And it is fast."""
    assert pattern_problem(pattern) is None
    assert _seconds(pattern) < _ENOUGH


_PIECES = ("a", "b", "ab", "aab", "1", "a1", ".", "-", "a-", " ", "a ", "a.", ",", "é", "0-0", "@a", "\n")
_LENGTH = 20_000
_ENOUGH = 10.0  # seconds for all texts together; two repetitions side by side would take more for one of them


def _seconds(pattern: str) -> float:
    """How long a pattern takes for texts that nearly match."""
    compiled = re.compile(pattern)
    started = time.perf_counter()
    for piece in _PIECES:
        for end in ("", "!", "\n"):
            compiled.fullmatch((piece * _LENGTH)[:_LENGTH] + end)
    return time.perf_counter() - started


def _grown(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    repeated = st.tuples(inner, st.sampled_from(["*", "+", "?", "{2}", "{1,3}", "{0,9}", "{2,}", "*?", "+?"]))
    return st.one_of(
        st.tuples(inner, inner).map("".join),
        st.tuples(inner, inner).map(lambda two: f"({two[0]}|{two[1]})"),
        repeated.map(lambda two: f"({two[0]}){two[1]}"),
    )


_LETTERS = st.sampled_from(
    ["a", "b", "c", "[ab]", "[bc]", ".", r"\w", r"\d", r"\s", "[^a]", "1", "[a1]", "^", "$", r"\b"]
)


@settings(max_examples=150, deadline=None)
@given(st.recursive(_LETTERS, _grown, max_leaves=8))
def test_an_accepted_pattern_is_linear(pattern: str) -> None:
    """On texts that repeat what it is made of."""
    if pattern_problem(pattern) is None:
        assert _seconds(pattern) < _ENOUGH


@given(st.text(max_size=40))
def test_any_pattern_gets_an_answer(text: str) -> None:
    """Whatever `re` takes."""
    try:
        re.compile(text)
    except (re.error, OverflowError, RecursionError):
        return
    assert isinstance(pattern_problem(text), str | None)


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        (f"a{{{MAX_POSITIONS}}}", None),
        (f"a{{{MAX_POSITIONS + 1}}}", "let maxLength count"),
        ("a" * MAX_PATTERN, None),
        ("a" * (MAX_PATTERN + 1), "longer than"),
        ("(" * 150 + "a" + ")" * 150, None),
        ("((a{40}){40}){40}", "let maxLength count"),
        ("[ab]*a[ab]{5}", None),
        ("[ab]*a[ab]{15}", "too large to be proven"),
        (f"a{{0,{MAX_POSITIONS}}}", None),
        ("((a?){40}){25}", "too large to be proven"),
    ],
)
def test_the_proof_has_bounds(pattern: str, words: str | None) -> None:
    """It takes no longer than about a second itself."""
    started = time.perf_counter()
    problem = pattern_problem(pattern)

    assert (problem is None) if words is None else words in str(problem)
    assert time.perf_counter() - started < 5
