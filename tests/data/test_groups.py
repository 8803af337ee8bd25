from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from khabar.data.groups import Groups

PAIRS = st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7)), max_size=12)


@given(PAIRS, PAIRS)
def test_every_mention_is_in_one_group_and_none_with_one_it_must_not_meet(
    apart: list[tuple[int, int]], joined: list[tuple[int, int]]
) -> None:
    groups = Groups(8)
    for first, second in apart:
        groups.keep_apart(first, second)
    for first, second in joined:
        assert groups.join(first, second) == (groups.of(first) == groups.of(second))
    members = [groups.members(group) for group in {groups.of(number) for number in range(8)}]
    assert sorted(number for group in members for number in group) == list(range(8))
    assert all(group == sorted(group) for group in members)
    assert all(groups.of(a) != groups.of(b) for a, b in apart if a != b)


def test_what_two_groups_must_not_meet_their_union_must_not_either() -> None:
    groups = Groups(4)
    groups.keep_apart(0, 3)
    assert groups.join(0, 1)
    assert groups.join(2, 1)
    assert groups.apart(2, 3)
    assert not groups.join(3, 2)


def test_a_group_knows_how_many_of_it_come_before_a_mention() -> None:
    groups = Groups(6)
    groups.join(4, 1)
    groups.join(5, 4)
    assert [groups.before(groups.of(1), mention) for mention in range(6)] == [0, 0, 1, 1, 1, 2]
