"""What moved in a list, told by as few moves as there can be."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence


def moved(places: Sequence[int]) -> list[int]:
    """Indexes of what is not in its old order, ascending; empty where the order is kept.

    What stays is a longest increasing subsequence (Fredman 1975); found in O(n log n).

    Args:
        places: the old place of each item, in the new order; all different.
    """
    ends: list[int] = []  # for each length, the smallest place that a sequence of it ends with
    tops: list[int] = []  # and the index of that place
    before: list[int] = []  # the index before each, in the best sequence that ends with it
    for index, place in enumerate(places):
        at = bisect_left(ends, place)
        before.append(tops[at - 1] if at else -1)
        ends[at : at + 1] = [place]
        tops[at : at + 1] = [index]
    kept: set[int] = set()
    last = tops[-1] if tops else -1
    while last >= 0:
        kept.add(last)
        last = before[last]
    return [index for index in range(len(places)) if index not in kept]
