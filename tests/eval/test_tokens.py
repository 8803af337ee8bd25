from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from khabar.data.records import Entity
from khabar.eval.tokens import (
    Placed,
    count_orphans,
    label_rows,
    place_in_layers,
    place_once,
    tokenize,
)


def entity(text: str, start: int, end: int, type: str = "ORG") -> Entity:
    mention = text[start:end]
    return Entity(id=f"{type}{start}-{end}", type=type, start=start, end=end, text=mention)


def test_words_are_ours_and_one_row():
    tokens = tokenize("قال (زيد).\nثم", "words")
    assert tokens.spans == [(0, 3), (4, 5), (5, 8), (8, 9), (9, 10), (11, 13)]
    assert tokens.row_lengths == [6]


def test_corpus_tokens_lie_between_spaces_and_rows_between_line_ends():
    tokens = tokenize("قال (زيد).\n\nثم\n", "corpus")
    assert tokens.spans == [(0, 3), (4, 10), (12, 14)]
    assert tokens.row_lengths == [2, 1]


def test_a_no_break_space_stays_inside_a_corpus_token():
    assert tokenize("أ\u00a0ب ج", "corpus").spans == [(0, 3), (4, 5)]


def test_an_empty_text_has_no_row():
    assert tokenize("", "words").row_lengths == []
    assert tokenize("", "corpus").row_lengths == []
    assert label_rows(tokenize("", "words"), []) == []


def test_an_entity_covers_every_token_that_it_touches():
    text = "في (داعش) أمس"
    tokens = tokenize(text, "corpus")
    assert tokens.snap(entity(text, 4, 8)) == (3, 9)
    assert tokens.covered(entity(text, 2, 5)) == range(1, 2)
    assert tokens.snap(entity(text, 1, 11)) == (0, 13)


def test_invisible_marks_at_the_edges_do_not_move_an_extent():
    text = "\u200fزيد\u200f هنا"
    assert tokenize(text, "words").snap(entity(text, 0, 5)) == (1, 4)


def test_an_entity_of_no_token_keeps_its_extent():
    text = "زيد \u200f هنا"
    tokens = tokenize(text, "words")
    assert not tokens.covered(entity(text, 4, 5))
    assert tokens.snap(entity(text, 4, 5)) == (4, 5)
    assert place_once(tokens, [entity(text, 4, 5)]) == ([], 1)


def test_a_run_that_crosses_rows_starts_anew_in_each():
    tokens = tokenize("أ ب\nج د", "corpus")
    assert label_rows(tokens, [Placed(1, 4, "ORG")]) == [["O", "B-ORG"], ["B-ORG", "I-ORG"]]


def test_two_entities_of_one_token_are_placed_once_and_counted():
    text = "بين سوريا/لبنان اليوم"
    tokens = tokenize(text, "corpus")
    two = [entity(text, 10, 15, "GPE"), entity(text, 4, 9, "ORG")]
    assert place_once(tokens, two) == ([Placed(1, 2, "ORG")], 1)


def test_what_is_left_of_a_crowded_entity_is_placed():
    text = "أ ب ج"
    crossing = [entity(text, 0, 3, "ORG"), entity(text, 2, 5, "GPE")]
    placed = [Placed(0, 2, "ORG"), Placed(2, 3, "GPE")]
    assert place_once(tokenize(text, "words"), crossing) == (placed, 1)


def test_what_lies_inside_its_own_type_goes_to_a_later_layer():
    outer, inner, after = Placed(0, 4, "ORG"), Placed(1, 3, "ORG"), Placed(3, 4, "ORG")
    later = Placed(5, 6, "ORG")
    assert place_in_layers([later, after, inner, outer]) == [[outer, later], [inner, after]]


runs = st.tuples(st.integers(0, 9), st.integers(1, 4)).map(
    lambda drawn: Placed(drawn[0], drawn[0] + drawn[1], "ORG")
)


@given(st.lists(runs))
def test_layers_hold_every_run_once_and_never_overlap(drawn: list[Placed]):
    layers = place_in_layers(drawn)
    assert sorted(run for layer in layers for run in layer) == sorted(set(drawn))
    for layer in layers:
        assert all(a.stop <= b.first for a, b in zip(layer, layer[1:], strict=False))


def test_orphans_are_the_inside_labels_without_a_start():
    rows = [["I-ORG", "I-ORG", "O", "I-ORG"], ["B-GPE", "I-ORG"], ["B-ORG", "I-ORG", "O"]]
    assert count_orphans(rows) == 3
