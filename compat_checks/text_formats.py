"""The text formats that a field of a schema may name: `email`, `single-line` and `text`.

`compat_checks` judges the defaults in schemas, `eccs_contracts` judges values, and neither may import the other. Both
hold this file, byte for byte, so that they agree; a test compares the two.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Final

_MAX_ADDRESS: Final = 254  # octets (RFC 5321, section 4.5.3.1.3; RFC 3696, erratum 1690)
_MAX_LOCAL: Final = 64  # octets (RFC 5321, section 4.5.3.1.1)
_MAX_LABEL: Final = 63  # octets (RFC 1035, section 2.3.4)
_NON_JOINER, _JOINER = "\u200c", "\u200d"
_VIRAMA: Final = 9  # canonical combining class
# Expressions are compiled, and unicodedata is imported, when they are first needed: that takes milliseconds.
# C0, DEL, C1; the line and paragraph separators; halves of surrogate pairs, which no encoding has.
_NOT_IN_A_LINE: Final = r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]"
# Beyond ASCII: controls, blanks, invisible formats, private use and what will never be a character. A list and not
# `str.isprintable`, so that every version of Python, which knows other versions of Unicode, gives the same verdict.
_HIDDEN: Final = (
    r"[\x80-\xa0\xad\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u1680\u180e\u2000-\u200b\u200e\u200f"
    r"\u2028-\u202f\u205f-\u206f\u3000\ud800-\uf8ff\ufdd0-\ufdef\ufeff\ufff0-\ufffb\ufffe\uffff"
    r"\U000110bd\U000110cd\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    r"\U000e0000-\U000e00ff\U000f0000-\U0010ffff]"
)
# atext of RFC 5322, section 3.2.3, and every non-ASCII character, as RFC 6531, section 3.3 extends it.
_ATOM: Final = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~\-\u0080-\U0010ffff]+"
_LOCAL: Final = rf"{_ATOM}(?:\.{_ATOM})*"
_LABEL: Final = r"(?!-)[A-Za-z0-9\-\u0080-\U0010ffff]{1,63}(?<!-)"
# Unicode's Joining_Type: letters that join a neighbour (L, D, R), those that join only the one before them (R), and
# those that join only the one after them (L).
_JOINING: Final = (
    r"\u0620\u0622-\u063f\u0641-\u064a\u066e\u066f\u0671-\u0673\u0675-\u06d3\u06d5\u06ee\u06ef\u06fa-\u06fc\u06ff"
    r"\u0710\u0712-\u072f\u074d-\u077f\u07ca-\u07ea\u0840-\u0858\u0860\u0862-\u0865\u0867-\u086a\u0870-\u0882"
    r"\u0886\u0889-\u088f\u08a0-\u08ac\u08ae-\u08c8\u1807\u1820-\u1878\u1887-\u18a8\u18aa\ua840-\ua872"
    r"\U00010ac0-\U00010ac5\U00010ac7\U00010ac9\U00010aca\U00010acd-\U00010ae1\U00010ae4\U00010aeb-\U00010aef"
    r"\U00010b80-\U00010b91\U00010ba9-\U00010bae\U00010d00-\U00010d23\U00010ec2-\U00010ec4\U00010ec6\U00010ec7"
    r"\U00010ed9-\U00010eee\U00010f30-\U00010f44\U00010f51-\U00010f54\U00010f70-\U00010f81\U00010fb0"
    r"\U00010fb2-\U00010fb6\U00010fb8-\U00010fbf\U00010fc1-\U00010fc4\U00010fc9-\U00010fcb\U0001e900-\U0001e943"
)
_RIGHT_ONLY: Final = (
    r"\u0622-\u0625\u0627\u0629\u062f-\u0632\u0648\u0671-\u0673\u0675-\u0677\u0688-\u0699\u06c0\u06c3-\u06cb\u06cd"
    r"\u06cf\u06d2\u06d3\u06d5\u06ee\u06ef\u0710\u0715-\u0719\u071e\u0728\u072a\u072c\u072f\u074d\u0759-\u075b"
    r"\u076b\u076c\u0771\u0773\u0774\u0778\u0779\u0840\u0846\u0847\u0849\u0854\u0856-\u0858\u0867\u0869\u086a"
    r"\u0870-\u0882\u088e\u08aa-\u08ac\u08ae\u08b1\u08b2\u08b9\U00010ac5\U00010ac7\U00010ac9\U00010aca"
    r"\U00010ace-\U00010ad2\U00010add\U00010ae1\U00010ae4\U00010aef\U00010b81\U00010b83-\U00010b85\U00010b89"
    r"\U00010b8c\U00010b8e\U00010b8f\U00010b91\U00010ba9-\U00010bac\U00010d22\U00010ec2\U00010f33\U00010f54"
    r"\U00010f74\U00010f75\U00010fb4-\U00010fb6\U00010fb9\U00010fba\U00010fbd\U00010fc2\U00010fc3\U00010fc9"
)
_LEFT_ONLY: Final = r"\ua872\U00010acd\U00010ad7\U00010d00\U00010ed9-\U00010eee\U00010fcb"


def is_email(value: str) -> bool:
    """Whether a text is an address that mail can be sent to.

    A dot-atom, one @ and a domain of two labels or more (RFC 5321, section 4.1.2), in the sizes of its
    section 4.5.3.1, the domain as it is written and as DNS has it (RFC 5890). Characters beyond ASCII are welcome
    (RFC 6531, section 3.3), ZWNJ and ZWJ where they change how letters join (RFC 5892, appendices A.1 and A.2).
    Refused are quoted local parts and address literals: nobody needs them, many mistreat them; and `=?`, which begins
    an encoded word: a mail reader would decode the address to another one (RFC 2047, section 5, rule 3).
    """
    if "=?" in value or not (value.isascii() or _is_visible(value)):
        return False
    local, _, domain = value.partition("@")
    labels = domain.split(".")
    if len(value.encode()) > _MAX_ADDRESS or len(local.encode()) > _MAX_LOCAL or len(labels) < 2:
        return False
    if not (matches(local, _LOCAL) and all(matches(label, _LABEL) for label in labels)):
        return False
    return domain.isascii() or _has_dns_form(labels, _MAX_ADDRESS - len(local.encode()) - 1)


def is_single_line(value: str) -> bool:
    """Whether a text is one line without control characters, as mail headers are (RFC 5322, section 2.2).

    A line break here would let whoever writes the text add headers of their own.
    """
    return _compiled(_NOT_IN_A_LINE).search(value) is None


def is_text(value: str) -> bool:
    """Whether the body of a mail can carry a text.

    NUL cannot: RFC 5322 has it in obsolete syntax only, RFC 2045 (sections 2.7 and 2.8) in no text. Other controls can.
    """
    return "\0" not in value and _has_no_lone_surrogate(value)


def matches(value: str, expression: str) -> bool:
    """Whether the whole of a text matches a regular expression."""
    return _compiled(expression).fullmatch(value) is not None


@lru_cache(maxsize=256)
def _compiled(expression: str) -> re.Pattern[str]:
    return re.compile(expression)


def _has_no_lone_surrogate(value: str) -> bool:
    try:
        value.encode()  # several times faster than a search
    except UnicodeEncodeError:
        return False
    return True


def _is_visible(value: str) -> bool:
    """Whether a text has no hidden character, and joiners only where they are allowed."""
    if _compiled(_HIDDEN).search(value) is not None:
        return False
    return all(_joiner_fits(value, at) for at, char in enumerate(value) if char in (_NON_JOINER, _JOINER))


def _joiner_fits(value: str, at: int) -> bool:
    """RFC 5892: both joiners after a virama (A.1, A.2), ZWNJ also between two letters that join each other (A.1)."""
    import unicodedata

    if at and unicodedata.combining(value[at - 1]) == _VIRAMA:
        return True
    before, after = _base(reversed(value[:at])), _base(iter(value[at + 1 :]))
    joins_next = matches(before, f"[{_JOINING}]") and not matches(before, f"[{_RIGHT_ONLY}]")
    joins_previous = matches(after, f"[{_JOINING}]") and not matches(after, f"[{_LEFT_ONLY}]")
    return value[at] == _NON_JOINER and joins_next and joins_previous


def _base(characters: Iterator[str]) -> str:
    """The first character that is no mark; "" if there is none."""
    import unicodedata

    return next((char for char in characters if unicodedata.category(char) not in ("Mn", "Me", "Cf")), "")


def _has_dns_form(labels: list[str], room: int) -> bool:
    """Whether labels are LDH labels in the form that DNS has (RFC 5890, section 2.3.2.1), short enough.

    Whether IDNA allows each character is not asked here: that takes tables of megabytes.
    """
    import unicodedata

    normal = [unicodedata.normalize("NFKC", label).lower() for label in labels]
    if not all(matches(label, _LABEL) for label in normal):
        return False
    lengths = [len(label) if label.isascii() else len(label.encode("punycode")) + len("xn--") for label in normal]
    return max(lengths) <= _MAX_LABEL and sum(lengths) + len(lengths) - 1 <= room


FORMATS: Final[dict[str, tuple[Callable[[str], bool], str]]] = {
    "email": (is_email, "an e-mail address like name@example.com"),
    "single-line": (is_single_line, "one line without control characters"),
    "text": (is_text, "text without NUL characters"),
}
