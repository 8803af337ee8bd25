"""The embedded corpus keeps what its card says of it."""

from itertools import combinations
from pathlib import Path

import pytest

from khabar.data.embedded import SPLITS, Corpus, corpus_path, load_corpus
from khabar.data.errors import ConfigError
from khabar.data.records import Document
from khabar.data.repetition import frequent_mentions, repeated_share, shared_mentions
from khabar.data.schema import LabelSchema, load_schema
from khabar.data.statistics import corpus_statistics
from khabar.data.unrelated import unrelated_pairs
from khabar.data.validate import Validator


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    return load_corpus()


@pytest.fixture(scope="module")
def documents(corpus: Corpus) -> tuple[Document, ...]:
    return corpus.train + corpus.dev + corpus.test


@pytest.fixture(scope="module")
def wojood() -> LabelSchema:
    return load_schema("wojood")


def test_its_parts_have_their_sizes(corpus: Corpus, documents: tuple[Document, ...]):
    assert [len(corpus.train), len(corpus.dev), len(corpus.test)] == [200, 20, 20]
    assert sum(len(document.text.split()) for document in documents) >= 36_000


def test_it_breaks_no_rule_of_schema_and_guide(documents, wojood: LabelSchema):
    assert list(Validator(wojood, guide=True).documents(documents, origin="corpus")) == []


def test_every_type_and_every_relation_is_there_often(documents, wojood: LabelSchema):
    statistics = corpus_statistics(documents)
    assert set(statistics.entities) == set(wojood.entity_types)
    assert min(statistics.entities.values()) >= 120
    assert set(statistics.relations) == set(wojood.relation_types)
    assert min(statistics.relations.values()) >= 40


def test_for_every_relation_there_are_pairs_without_it(documents, wojood: LabelSchema):
    unrelated = unrelated_pairs(documents, wojood)
    assert set(unrelated) == set(wojood.relation_types)
    assert min(unrelated.values()) >= 180


def test_neither_sentences_nor_names_are_repeated(documents):
    assert repeated_share(documents) < 0.01
    assert repeated_share(documents, masked=True) < 0.02
    names = frequent_mentions(documents, "PERS")
    assert names[0][1] / sum(count for _, count in names) <= 0.03


def test_no_two_parts_share_a_text_or_a_full_name(corpus: Corpus):
    parts = {name: getattr(corpus, name) for name in SPLITS}
    assert not any(shared_mentions(parts, "PERS").values())
    for first, second in combinations(parts.values(), 2):
        assert not {d.text for d in first} & {d.text for d in second}


def test_every_article_has_its_headers_and_every_part_many_topics(corpus: Corpus, documents):
    for document in documents:
        assert {"topic", "region", "style", "dateline"} <= set(document.meta), document.id
    for name in SPLITS:
        assert len({document.meta["topic"] for document in getattr(corpus, name)}) >= 15


def test_datasets_hold_the_same_records(corpus: Corpus):
    rows = corpus.to_datasets()
    assert list(rows) == list(SPLITS)
    first = rows["dev"][0]
    meta = {name: value for name, value in first["meta"].items() if value is not None}
    assert Document.from_dict({**first, "meta": meta}) == corpus.dev[0]


def test_a_part_has_a_path_and_other_paths_stay():
    assert corpus_path("bundled:dev").name == "dev.inline"
    assert corpus_path("mine/dev.jsonl") == Path("mine/dev.jsonl")


def test_a_part_that_is_not_there_is_named():
    with pytest.raises(ConfigError, match=r"no part 'all'; write bundled: and one of train, dev"):
        corpus_path("bundled:all")
