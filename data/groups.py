"""Groups: disjoint sets of mentions that grow together, unless two of them must stay apart.

Knows mentions only by their numbers, counted from 0. What a joining costs grows with the smaller
group, so that all joinings of n mentions cost about n log n.
"""

from __future__ import annotations

from bisect import bisect_left, insort


class Groups:
    """At first every mention is a group of its own."""

    def __init__(self, count: int) -> None:
        self._group = list(range(count))
        self._members = [[number] for number in range(count)]
        self._apart: list[set[int]] = [set() for _ in range(count)]

    def of(self, mention: int) -> int:
        """Return the number of a mention's group, which holds until the next joining."""
        return self._group[mention]

    def members(self, group: int) -> list[int]:
        """Return the mentions of a group in ascending order."""
        return self._members[group]

    def before(self, group: int, mention: int) -> int:
        """Return how many mentions of a group come before one."""
        return bisect_left(self._members[group], mention)

    def keep_apart(self, first: int, second: int) -> None:
        """Let ``join`` never bring the groups of two mentions together."""
        a, b = self._group[first], self._group[second]
        if a != b:
            self._apart[a].add(b)
            self._apart[b].add(a)

    def apart(self, first: int, second: int) -> bool:
        """Whether two mentions must stay apart."""
        return self._group[second] in self._apart[self._group[first]]

    def join(self, first: int, second: int) -> bool:
        """Bring the groups of two mentions together; return whether they are."""
        a, b = self._group[first], self._group[second]
        if b in self._apart[a]:
            return False
        if a != b:
            self._merge(*((a, b) if len(self._members[a]) >= len(self._members[b]) else (b, a)))
        return True

    def _merge(self, kept: int, merged: int) -> None:
        for member in self._members[merged]:
            self._group[member] = kept
        self._members[kept] = _merged(self._members[kept], self._members[merged])
        self._members[merged] = []
        for other in self._apart[merged]:
            self._apart[other].discard(merged)
            self._apart[other].add(kept)
        self._apart[kept] |= self._apart[merged]
        self._apart[merged] = set()


def _merged(many: list[int], few: list[int]) -> list[int]:
    """Return ``many`` with ``few`` among them; both ascend."""
    if many[-1] < few[0]:
        many += few
    else:
        for mention in few:
            insort(many, mention)
    return many
