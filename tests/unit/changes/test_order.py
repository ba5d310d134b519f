"""What moved in a list."""

from itertools import permutations

from compat_checks.order import moved


def test_what_keeps_its_order_has_not_moved() -> None:
    """Gaps do not count."""
    assert moved([0, 3, 4, 9]) == []
    assert moved([]) == []


def test_one_item_that_jumps_is_the_only_one_that_moved() -> None:
    """To the front or to the end."""
    assert moved([4, 0, 1, 2, 3]) == [0]
    assert moved([1, 2, 3, 4, 0]) == [4]


def _longest(places: tuple[int, ...]) -> int:
    """The length of a longest increasing subsequence, by trying all."""
    chosen = [[places[i] for i in range(len(places)) if mask >> i & 1] for mask in range(1 << len(places))]
    return max(len(one) for one in chosen if one == sorted(one))


def test_as_few_move_as_there_can_be() -> None:
    """For every order of six items, what stays is in order, and nothing longer would be."""
    for places in permutations(range(6)):
        gone = set(moved(places))
        kept = [place for index, place in enumerate(places) if index not in gone]

        assert kept == sorted(kept)
        assert len(kept) == _longest(places)
