"""The formats of text: one table that the rules for schemas and the rules for values both keep."""

from __future__ import annotations

import inspect
import sys
import unicodedata
from collections.abc import Callable
from types import ModuleType

import idna.core
import pytest
from hypothesis import given
from hypothesis import strategies as st

import compat_checks.text_formats
import eccs_contracts._codec.text_formats
from compat_checks.constraints import CONSTRAINTS, broken
from eccs_contracts._codec.constraints import broken_rule
from eccs_contracts._codec.markers import Format
from eccs_contracts._codec.text_formats import is_email

ZWNJ, ZWJ = "\u200c", "\u200d"
DEVANAGARI = f"\u0915\u094d{ZWJ}\u0937"  # क् + ZWJ + ष: after a virama
PERSIAN = f"\u0646\u0627\u0645\u0647{ZWNJ}\u0627\u06cc"  # نامه‌ای: between letters that join

GOOD = [
    *(("email", address) for address in ("a@b.c", "x" * 64 + "@example.com", "ü" * 32 + "@example.com")),
    ("email", "a@" + "d" * 63 + ".com"),
    ("email", "ab@" + ".".join(["d" * 61] * 4) + ".com"),  # 254 octets
    ("email", "a=b?c@example.com"),
    ("email", "?=@example.com"),
    ("email", "用户@例子.广告"),
    ("email", f"a@{DEVANAGARI}.example"),
    ("email", f"a@{DEVANAGARI.replace(ZWJ, ZWNJ)}.example"),
    ("email", f"a@{PERSIAN}.example"),
    ("email", f"{PERSIAN}@{PERSIAN}.example"),
    ("email", f"a@\u0646\u064e{ZWNJ}\u064e\u0627.example"),  # marks between the letters and the joiner
    ("email", "a@l·l.example"),  # RFC 5892, A.3
    ("email", "a@\u0375\u03b1.example"),  # A.4, Greek keraia
    ("email", "a@\u05d0\u05f3.example"),  # A.5, Hebrew geresh
    ("email", "a@\u30ab\u30fb\u30ab.example"),  # A.7, Katakana middle dot
    ("email", "a@\u0661\u0628.example"),  # A.8, Arabic-Indic digit
    ("email", "a@\U0003134b.example"),  # a character of Unicode 15, which Python 3.11 does not know
    ("single-line", ""),
    ("single-line", "  Grüße 👩\u200d👩\u200d👧 \u202e\u00a0"),
    ("single-line", "=?utf-8?q?=0D=0ABcc:_a@b.c?="),
    ("text", ""),
    ("text", "bell \a escape \x1b[0m\r\n\r alone \x85 \u2028 \x7f \x80"),
]
BAD = [
    *(("email", text) for text in ("", "a", "@b.c", "a@", "a@b", ".a@b.c", "a.@b.c", "a..b@c.d", "a@b..c", "a@b.c.")),
    *(("email", f"a{char}b@example.com") for char in " \t\n\r\0\x7f\x85\xa0\u2028\ufeff\u200b\u202e\ue000\ud800"),
    *(("email", f"a@ex{char}ample.com") for char in " \t\n\r\0_\x85\xa0\xad\u3000\u2028\u200b\u202e\ue000\udfff"),
    ("email", "x" * 65 + "@example.com"),
    ("email", "ü" * 33 + "@example.com"),
    ("email", "a@" + "d" * 64 + ".com"),
    ("email", "abc@" + ".".join(["d" * 61] * 4) + ".com"),
    ("email", "=?utf-8?b?DQpCY2M6IGV2aWxAZXZpbC5leGFtcGxlDQo=?=@example.com"),
    ("email", "=?utf-8?q?ada?=@example.com"),
    ("email", "a=?@example.com"),
    ("email", "a@=?utf-8?q?b?=.example"),
    ("email", "a@\uff1d\uff1futf-8\uff1fq\uff1fb.example"),  # full width: NFKC makes it =?
    ("email", "a@\u2100b.example"),  # ℀: NFKC makes it a/c
    ("email", "a@" + "ä" * 62 + ".example"),  # 62 characters, 68 as an A-label
    ("email", "a@" + ".".join(["ä"] * 40)),  # 121 octets, 321 as A-labels
    ("email", f"a@ex{ZWNJ}ample.com"),
    ("email", f"a@ex{ZWJ}ample.com"),
    ("email", f"a{ZWNJ}b@example.com"),
    ("email", f"a@{ZWNJ}\u0646.example"),
    ("email", f"a@\u0646{ZWNJ}.example"),
    ("email", f"a@\u0627{ZWNJ}\u0646.example"),  # alef joins nothing after it
    ("email", f"a@\u0646{ZWJ}\u0627.example"),  # a ZWJ needs a virama
    ("email", "用户@例子。广告"),
    *(("single-line", f"a{char}b") for char in "\n\r\t\0\x0b\x0c\x1b\x7f\x80\x85\x9f\u2028\u2029\ud800\udfff"),
    ("text", "a\0b"),
    ("text", "a\udcffb"),
]
CASES = [*((*case, True) for case in GOOD), *((*case, False) for case in BAD)]


@pytest.mark.parametrize(("name", "value", "fits"), CASES)
def test_a_value_and_a_default_are_judged_alike(name: str, value: str, fits: bool) -> None:
    """By `validate()` and by `compat-checks lint`."""
    sentence = None if fits else eccs_contracts._codec.text_formats.FORMATS[name][1]

    assert (broken_rule(Format(name), value), broken("format", name, value)) == (sentence, not fits)


def test_both_packages_hold_the_same_rules() -> None:
    """Neither imports the other; a rule that changes in one of them changes in both."""
    sources = [inspect.getsource(module) for module in (compat_checks.text_formats, eccs_contracts._codec.text_formats)]

    assert sources[0] == sources[1]


def test_an_unknown_format_is_named_with_those_there_are() -> None:
    """In the message of `compat-checks lint`."""
    assert CONSTRAINTS["format"].expected == "one of email, single-line, text"


def test_hidden_characters_are_the_same_in_every_version_of_unicode() -> None:
    """The list holds exactly the assigned characters beyond ASCII that cannot be printed, joiners apart."""
    assigned = [chr(code) for code in range(0x80, sys.maxunicode + 1) if unicodedata.category(chr(code)) != "Cn"]
    visible = {char for char in assigned if is_email(f"a{char}b@example.com")}

    assert visible == {char for char in assigned if char.isprintable()}


_WORDS = st.text(
    st.sampled_from("aé\u0646\u0627\u0628\u064e\u0915\u094d\u0bcd\u1820\ua872\ua840\U0001e900\U00010ad7\U00010ac5"),
    max_size=3,
)


@given(_WORDS, st.sampled_from((ZWNJ, ZWJ)), _WORDS)
def test_joiners_are_allowed_where_idna_allows_them(before: str, joiner: str, after: str) -> None:
    """RFC 5892, appendices A.1 and A.2, as the package idna has them."""
    word = f"{before}{joiner}{after}"

    assert _judged(lambda: idna.core.valid_contextj(word, len(before))) == is_email(f"{word}@example.com")


def _judged(judge: Callable[[], bool]) -> bool:
    """The verdict; idna raises for a combining class of 0 before the joiner, which is no."""
    try:
        return judge()
    except ValueError:
        return False


def test_formats_are_those_of_the_module() -> None:
    """Each has a sentence for people."""
    module: ModuleType = eccs_contracts._codec.text_formats

    assert {name: sentence for name, (_, sentence) in module.FORMATS.items()} == {
        "email": "an e-mail address like name@example.com",
        "single-line": "one line without control characters",
        "text": "text without NUL characters",
    }
