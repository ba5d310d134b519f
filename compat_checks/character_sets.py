"""The sets of characters in a regular expression, cut into atoms: groups of characters that no set tells apart."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any, Final, TypeAlias

from compat_checks.classes import frozen

Atoms: TypeAlias = Sequence[frozenset[int]]  # position -> the atoms of its set

_ASCII: Final = 128
_END: Final = 0x110000
_SMALL: Final = 4096  # code points; larger ranges are not looked at one by one


@frozen
class _Character:
    """A code point, or any of a range that has these properties."""

    code: int
    is_digit: bool
    is_word: bool
    is_space: bool


def atoms_of(sets: Sequence[Any]) -> Atoms:
    """The atoms that each set consists of.

    A large range that no set takes apart is taken to hold characters of every kind (digit, letter, space, other), so
    two sets may share an atom and no character, and never the other way round.

    Args:
        sets: as `re._parser` gives them: pairs of a code and its argument.
    """
    distinct = list(dict.fromkeys(sets))
    numbers: dict[tuple[bool, ...], int] = {}
    for character in _characters(distinct):
        signature = tuple(_holds(one, character) for one in distinct)
        numbers.setdefault(signature, len(numbers))
    found = {
        one: frozenset(number for signature, number in numbers.items() if signature[index])
        for index, one in enumerate(distinct)
    }
    return [found[one] for one in sets]


def _characters(sets: Sequence[Any]) -> Iterator[_Character]:
    for code in range(_ASCII):
        yield _real(code)
    edges = sorted({_ASCII, _END, *(edge for one in sets for edge in _edges(*one) if _ASCII < edge < _END)})
    for low, high in pairwise(edges):
        if high - low <= _SMALL:
            yield from map(_real, range(low, high))
        else:
            for digit, word, space in ((True, True, False), (False, True, False), (False, False, True)):
                yield _Character(low, digit, word, space)
            yield _Character(low, is_digit=False, is_word=False, is_space=False)


def _real(code: int) -> _Character:
    letter = chr(code)
    return _Character(code, letter.isdecimal(), letter.isalnum() or letter == "_", letter.isspace())


def _edges(code: Any, argument: Any) -> Iterator[int]:
    """Where a set begins and ends."""
    match str(code):
        case "IN":
            for inner in argument:
                yield from _edges(*inner)
        case "RANGE":
            yield from (argument[0], argument[1] + 1)
        case "LITERAL" | "NOT_LITERAL":
            yield from (argument, argument + 1)


_CATEGORIES: Final[Mapping[str, Callable[[_Character], bool]]] = {
    "CATEGORY_DIGIT": lambda one: one.is_digit,
    "CATEGORY_NOT_DIGIT": lambda one: not one.is_digit,
    "CATEGORY_WORD": lambda one: one.is_word,
    "CATEGORY_NOT_WORD": lambda one: not one.is_word,
    "CATEGORY_SPACE": lambda one: one.is_space,
    "CATEGORY_NOT_SPACE": lambda one: not one.is_space,
}


def _holds(one: tuple[Any, Any], character: _Character) -> bool:
    code, argument = str(one[0]), one[1]
    match code:
        case "LITERAL":
            return bool(character.code == argument)
        case "NOT_LITERAL":
            return bool(character.code != argument)
        case "RANGE":
            return bool(argument[0] <= character.code <= argument[1])
        case "CATEGORY":
            return _CATEGORIES[str(argument)](character)
        case "ANY":
            return character.code != ord("\n")
        case _:
            negated = bool(argument) and str(argument[0][0]) == "NEGATE"
            return negated != any(_holds(inner, character) for inner in argument[negated:])
