"""What a corpus's annotation admits, under the policies that corpora need."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import torch

from khabar.data.errors import ConfigError
from khabar.data.records import Document
from khabar.data.tags import WordSpan
from khabar.data.words import split_words
from khabar.model.joint import JointModel
from khabar.train.loss import UNSURE
from khabar.train.step import TrainStep
from khabar.train.targets import (
    AnnotationPolicy,
    Example,
    ExampleMaker,
    Mention,
    blank_example,
    collate_examples,
)
from tests.newsroom import (
    FLAT_SCHEMA,
    Sentence,
    article,
    scored,
    sentence,
    untrained,
    write_schema,
)

PERS, ORG, GPE, INNER_ORG = 0, 1, 2, 3
"""The rows of the newsroom's schema; the first three are also its types."""
O, B, I = [True, False, False], [False, True, False], [False, False, True]  # noqa: E741
ANY = [True, True, True]
VISIT = article([sentence("PERS[ ليلى ] زارت LOC[ تونس الخضراء ] أمس")])


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory, tiny_encoder: Path) -> JointModel:
    return untrained(tmp_path_factory.mktemp("run"), tiny_encoder)


@pytest.fixture(scope="module")
def flat_model(tmp_path_factory: pytest.TempPathFactory, tiny_encoder: Path) -> JointModel:
    folder = tmp_path_factory.mktemp("run")
    schema = write_schema(folder, FLAT_SCHEMA)
    return untrained(folder, tiny_encoder, label_schema=schema, heads={"inner_types": []})


def examples(model: JointModel, document: Document, **policy: object) -> list[Example]:
    return ExampleMaker(model, AnnotationPolicy(**policy)).examples(document)


def row(example: Example, row: int) -> list[list[bool]]:
    return example.allowed[:, row].tolist()


def test_where_all_is_annotated_one_tag_is_admitted_everywhere(model):
    gold = article([sentence("PERS[ سامي الحداد ] يعمل في ORG[ بنك GPE[ قطر ] ]")])
    (example,) = examples(model, gold)
    assert row(example, PERS) == [B, I, O, O, O, O]
    assert row(example, ORG) == [O, O, O, O, B, I]
    assert row(example, GPE) == [O, O, O, O, O, B]
    assert row(example, INNER_ORG) == [O, O, O, O, O, O]
    assert example.coarse == ()
    assert example.has_relations


def test_a_coarse_label_leaves_the_rows_of_its_types_open_and_asks_for_one_of_them(model):
    (example,) = examples(
        model, VISIT, labels={"LOC": ("ORG", "GPE")}, annotates=("PERS", "ORG", "GPE")
    )
    assert row(example, PERS) == [B, O, O, O, O]
    for open_row in (ORG, GPE, INNER_ORG):
        assert row(example, open_row) == [O, O, ANY, ANY, O]
    assert example.coarse == (Mention(2, 3, (ORG, GPE)),)
    assert example.spans == (WordSpan(0, 0, PERS),)


def test_an_empty_list_stands_for_any_type(model):
    (example,) = examples(model, VISIT, labels={"LOC": ()}, annotates=("PERS",))
    assert example.coarse == (Mention(2, 3, (PERS, ORG, GPE)),)
    assert row(example, PERS) == [B, O, ANY, ANY, O]


@pytest.mark.parametrize("nested", [True, False])
def test_a_label_that_says_nothing_gives_no_loss_under_it(model, nested):
    (example,) = examples(
        model, VISIT, labels={"LOC": None}, annotates=("PERS", "ORG", "GPE"), nested=nested
    )
    assert row(example, PERS)[1:] == [O, ANY, ANY, O]
    for open_row in (ORG, GPE, INNER_ORG):
        assert row(example, open_row)[1:] == [O, ANY, ANY, O]
    assert example.coarse == ()
    assert example.spans == (WordSpan(0, 0, PERS),)


def test_a_mention_inside_one_of_a_label_that_says_nothing_is_kept(model):
    gold = article([sentence("قال LOC[ سفير GPE[ تونس ] ]")])
    (example,) = examples(model, gold, labels={"LOC": None}, annotates=("PERS", "GPE"))
    assert row(example, GPE) == [O, ANY, B]
    assert row(example, PERS) == [O, ANY, ANY]


def test_types_that_are_not_annotated_give_no_loss(model):
    (example,) = examples(model, VISIT, labels={"LOC": ("GPE",)}, annotates=("GPE",))
    assert row(example, GPE) == [O, O, B, I, O]
    for silent in (PERS, ORG, INNER_ORG):
        assert row(example, silent) == [ANY] * 5


def test_with_labels_those_types_are_annotated_that_some_label_stands_for(model):
    document = article([sentence("A[ ليلى ] زارت B[ تونس ]")])
    (example,) = examples(model, document, labels={"A": ("PERS",), "B": ("GPE",)})
    assert row(example, PERS) == [B, O, O]
    assert row(example, GPE) == [O, O, B]
    assert row(example, ORG) == row(example, INNER_ORG) == [ANY] * 3


def test_inside_an_entity_of_a_flat_corpus_the_other_types_give_no_loss(model):
    gold = article([sentence("PERS[ سامي ] يعمل في ORG[ بنك قطر ] هنا")])
    (example,) = examples(model, gold, nested=False)
    assert row(example, PERS) == [B, O, O, ANY, ANY, O]
    assert row(example, ORG) == [ANY, O, O, B, I, O]
    assert row(example, GPE) == row(example, INNER_ORG) == [ANY, O, O, ANY, ANY, O]


def test_in_a_flat_schema_types_that_are_not_annotated_give_no_loss_either(flat_model):
    """A word outside all mentions may be O or of a type that the corpus does not annotate."""
    gold = article([sentence("PERS[ ليلى ] زارت GPE[ تونس ]")])
    (example,) = examples(flat_model, gold, annotates=("PERS", "ORG"))
    either = [tag in (0, 5, 6) for tag in range(7)]  # O, B-GPE, I-GPE
    assert row(example, 0) == [[tag == 1 for tag in range(7)], either, either]


def test_without_relation_annotation_there_is_no_relation_loss(model):
    gold = article([sentence("PERS[ سامي ] يعمل في ORG[ بنك ]", ("works_for", 0, 1))])
    (example,) = examples(model, gold, relations=False)
    assert not example.has_relations
    assert len(example.relations) == 0
    batch = collate_examples([example], 0, 3)
    assert len(batch.spans) == 0
    assert batch.counts() == (4, 0)  # words, spans


def test_a_schema_without_relations_passes_over_those_of_a_corpus(flat_model):
    gold = article([sentence("PERS[ سامي ] يعمل في ORG[ بنك ]", ("works_for", 0, 1))])
    (example,) = examples(flat_model, gold)
    assert not example.has_relations


def test_symmetric_relations_hold_both_ways_and_others_one_way(model):
    gold = article(
        [
            sentence("GPE[ تونس ] تجاور GPE[ ليبيا ]", ("borders", 1, 0)),
            sentence("PERS[ سامي ] يعمل في ORG[ بنك ]", ("works_for", 0, 1)),
        ]
    )
    (example,) = examples(model, gold)
    named = [tuple(example.spans[i].first for i in pair[:2]) for pair in example.relations]
    assert sorted(zip(named, example.relations[:, 2].tolist(), strict=True)) == [
        ((0, 2), 1),
        ((2, 0), 1),
        ((3, 6), 0),
    ]


def test_what_a_model_was_unsure_of_gives_no_loss(model):
    pair = article(
        [
            sentence("PERS[ سامي ] يعمل في ORG[ بنك ]", ("works_for", 0, 1)),
            sentence("GPE[ تونس ] تجاور GPE[ ليبيا ]", ("borders", 0, 1)),
        ]
    )
    written = scored(pair, entities=[0.9, 0.4, 0.5, 0.8], relations=[0.9, 0.3])
    (example,) = examples(model, written, least_score=0.5)
    for open_row in (PERS, ORG, GPE, INNER_ORG):
        assert row(example, open_row)[3] == ANY
    assert row(example, PERS)[:3] == [B, O, O]
    assert row(example, GPE)[4:] == [B, O, B]
    # The first relation ends in the bank, of which nothing is said; the other one is unsure.
    assert [span.first for span in example.spans] == [0, 4, 6]
    assert example.relations.tolist() == [[1, 2, 1, UNSURE], [2, 1, 1, UNSURE]]
    (sure,) = examples(model, written)
    assert [truth for *_, truth in sure.relations.tolist()] == [1, 1, 1]


def test_an_unsure_relation_costs_nothing_and_a_sure_one_does(model):
    pair = article([sentence("PERS[ سامي ] يعمل في ORG[ بنك ]", ("works_for", 0, 1))])
    loss = {}
    for score in (0.4, 0.6):
        written = scored(pair, entities=[0.9, 0.9], relations=[score])
        batch = collate_examples(examples(model, written, least_score=0.5), 0, 3)
        with torch.no_grad():
            loss[score] = float(TrainStep(model, mistakes=False)(batch)[1])
    assert loss[0.6] > loss[0.4]


def test_a_type_that_the_schema_lacks_is_refused(model):
    with pytest.raises(ConfigError, match=r"names the type CITY, .*lacks; it has PERS, ORG, GPE"):
        ExampleMaker(model, AnnotationPolicy(labels={"LOC": ("CITY",)}))
    with pytest.raises(ConfigError, match=r"names the type CITY"):
        ExampleMaker(model, AnnotationPolicy(annotates=("CITY",)))


def test_a_label_that_is_neither_mapped_nor_a_type_is_refused(model):
    with pytest.raises(ConfigError, match=r"document 0 has the label LOC, .*lacks; .*`labels`"):
        examples(model, VISIT)


def test_a_relation_that_the_schema_lacks_is_refused_unless_relations_are_left_out(model):
    gold = article([sentence("PERS[ سامي ] يعمل في ORG[ بنك ]", ("owns", 0, 1))])
    with pytest.raises(ConfigError, match=r"document 0 has the relation owns, .*relations: false"):
        examples(model, gold)
    assert examples(model, gold, relations=False)


def long_article(words: int) -> Document:
    """A mention that no window of 46 pieces holds, with words around it."""
    commas = " ".join("،" * words)
    before, after = Sentence(" ".join("." * 20)), Sentence(" ".join("." * 40))
    return article([before, sentence(f"ORG[ {commas} ]"), after])


def test_a_label_that_says_nothing_gives_no_loss_where_a_window_cuts_it(model):
    gold = long_article(50)
    made = examples(model, gold, labels={"ORG": None}, annotates=("PERS", "ORG", "GPE"))
    for start, example in zip(window_starts(model, gold), made, strict=True):
        for word, admitted in enumerate(example.allowed):
            assert admitted.all() == (20 <= start + word < 70)


@pytest.mark.parametrize("nested", [True, False])
def test_a_mention_that_a_window_cuts_gives_no_loss_there(model, nested):
    gold = long_article(50)
    made = examples(model, gold, nested=nested)
    starts = window_starts(model, gold)
    assert len(made) == len(starts) > 2
    for start, example in zip(starts, made, strict=True):
        assert example.spans == ()
        for word in range(example.pieces.words):
            cut = 20 <= start + word < 70
            assert example.allowed[word, ORG].tolist() == (ANY if cut else O)
            assert example.allowed[word, INNER_ORG].tolist() == (ANY if cut else O)
            # The inside of a mention of a flat corpus says nothing, whole or cut.
            assert example.allowed[word, GPE].tolist() == (ANY if cut and not nested else O)


def window_starts(model: JointModel, document: Document) -> list[int]:
    """Every word here is one piece."""
    words, size = len(split_words(document.text)), model.config.window
    limit, starts = model.window_limit, [0]
    while starts[-1] + limit < words:
        starts.append(starts[-1] + limit - size.overlap)
    return starts


def test_mentions_are_whole_in_some_window_with_their_relations(model):
    pair = sentence("PERS[ سامي ] يعمل في ORG[ بنك ]", ("works_for", 0, 1))
    for before in range(30, 50):
        gold = article([Sentence(" ".join("." * before)), pair, Sentence(" ".join("." * 40))])
        made = examples(model, gold)
        assert any(len(example.relations) for example in made)
        for example in made:
            for head, tail, *_ in example.relations:
                assert example.spans[head].type == PERS
                assert example.spans[tail].type == ORG


def test_what_has_no_row_is_counted(model):
    maker = ExampleMaker(model, AnnotationPolicy())
    maker.examples(article([sentence("PERS[ سامي PERS[ الحداد ] ] قال")]))
    maker.examples(article([sentence("ORG[ نقابة ORG[ بنك ORG[ قطر ] ] ]")]))
    assert maker.left_out == 2


def test_a_document_without_words_makes_no_example(model):
    assert examples(model, Document(id="d", text=" \u200f")) == []


def batch(model: JointModel, sentences: Sequence[Sentence]):  # noqa: ANN201
    made = [examples(model, article([part]))[0] for part in sentences]
    return made, collate_examples(made, 0, 3)


def test_windows_are_padded_with_words_that_may_be_anything(model):
    made, joined = batch(model, [Sentence("قال سامي أمس كلاما"), sentence("PERS[ ليلى ]")])
    assert joined.tags.allowed.shape == (2, 4, 4, 3)
    assert joined.tags.allowed[1, 1:].all()
    assert torch.equal(joined.tags.allowed[1, :1], torch.from_numpy(made[1].allowed))


def test_relations_point_to_their_spans_in_the_batch(model):
    first = sentence("GPE[ تونس ] تجاور GPE[ ليبيا ]", ("borders", 0, 1))
    second = sentence("PERS[ سامي ] يعمل في ORG[ بنك ]", ("works_for", 0, 1))
    _, joined = batch(model, [first, Sentence("قال"), second])
    spans = torch.stack([joined.spans.window, joined.spans.first, joined.spans.type], dim=-1)
    ends = [
        (spans[head].tolist(), spans[tail].tolist(), type)
        for head, tail, type, _ in joined.relations.tolist()
    ]
    assert ends == [
        ([0, 0, GPE], [0, 2, GPE], 1),
        ([0, 2, GPE], [0, 0, GPE], 1),
        ([2, 0, PERS], [2, 3, ORG], 0),
    ]


def test_coarse_mentions_are_listed_with_their_windows(model):
    policy = AnnotationPolicy(labels={"LOC": ("ORG", "GPE")})
    made = ExampleMaker(model, policy).examples(Document(id="d", text="قال"))
    made += ExampleMaker(
        model, AnnotationPolicy(labels={"LOC": ("ORG", "GPE"), "PERS": ("PERS",)})
    ).examples(VISIT)
    joined = collate_examples(made, 0, 3)
    assert joined.tags.coarse.tolist() == [[1, 2, 3]]
    assert joined.tags.coarse_types.tolist() == [[False, True, True]]


def test_a_blank_example_gives_no_loss_and_counts_nothing(model):
    (real,) = examples(
        model, article([sentence("PERS[ سامي ] يعمل في ORG[ بنك ]", ("works_for", 0, 1))])
    )
    blank = collate_examples([blank_example(real)], 0, 3)
    tags, relations = TrainStep(model, mistakes=True)(blank)
    assert (tags.item(), relations.item()) == (0.0, 0.0)
    assert blank.counts() == (0, 0)
    both = TrainStep(model, mistakes=False)(collate_examples([real, blank_example(real)], 0, 3))
    alone = TrainStep(model, mistakes=False)(collate_examples([real], 0, 3))
    torch.testing.assert_close(both, alone)
    assert np.array_equal(blank_example(real).pieces.ids, real.pieces.ids)
