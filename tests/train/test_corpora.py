"""Files to training windows: shares, notes, and corpora that cannot be used."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from khabar.data.errors import ConfigError, FormatError
from khabar.data.records import Document, Entity
from khabar.model.joint import JointModel
from khabar.train.config import CorpusConfig
from khabar.train.corpora import corpus_documents, dev_documents, fingerprint, training_corpora
from tests.newsroom import article, articles, run_config, sentence, untrained, write_corpus


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory, tiny_encoder: Path) -> JointModel:
    return untrained(tmp_path_factory.mktemp("run"), tiny_encoder)


@pytest.fixture
def ten(tmp_path: Path) -> str:
    return write_corpus(tmp_path / "ten.jsonl", articles(10, seed=1))


def test_shares_of_a_corpus_hold_each_document_once(ten):
    shares = [(0.0, 0.25), (0.25, 0.9), (0.9, 1.0)]
    parts = [corpus_documents(CorpusConfig(path=ten, share=share))[0] for share in shares]
    assert [len(part) for part in parts] == [2, 7, 1]
    assert [document for part in parts for document in part] == articles(10, seed=1)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"path": "missing.jsonl"}, r"corpus missing\.jsonl: no such file; correct `path`"),
        ({"share": (0.0, 0.01)}, r"ten\.jsonl: its share \[0\.0, 0\.01\] holds no document"),
    ],
)
def test_a_corpus_that_gives_nothing_is_refused(ten, fields, message):
    with pytest.raises(ConfigError, match=message):
        corpus_documents(CorpusConfig(**{"path": ten, **fields}))


def test_training_stops_at_a_line_that_is_no_document(tmp_path, model):
    path = tmp_path / "broken.jsonl"
    path.write_text('{"text": "قال"}\n{"text": 5}\n', encoding="utf-8")
    with pytest.raises(FormatError, match=r"broken\.jsonl:2"):
        training_corpora(model, [CorpusConfig(path=str(path))])


def test_an_entity_that_cuts_a_word_is_widened_and_noted(tmp_path, model):
    cut = Entity(id="e", type="GPE", start=1, end=5, text="تونس")
    path = write_corpus(
        tmp_path / "cut.jsonl", [Document(id="d", text="بتونس أمس", entities=(cut,))]
    )
    made = training_corpora(model, [CorpusConfig(path=path)])
    assert made.examples[0].spans[0][:2] == (0, 0)
    assert len(made.notes) == 1
    assert path in made.notes[0]
    assert "'تونس' cuts a word; widened to 'بتونس'" in made.notes[0]


def test_mentions_without_a_row_are_noted(tmp_path, model):
    deep = article([sentence("PERS[ سامي PERS[ الحداد ] ]")])
    path = write_corpus(tmp_path / "deep.jsonl", [deep])
    (note,) = training_corpora(model, [CorpusConfig(path=path)]).notes
    assert f"{path}: 1 mentions have no row of tags" in note


def test_corpora_follow_one_another_with_their_counts(tmp_path, model, ten):
    long = write_corpus(tmp_path / "long.jsonl", articles(2, seed=5, sentences=30))
    made = training_corpora(model, [CorpusConfig(path=long), CorpusConfig(path=ten)])
    assert made.counts[0] > 2
    assert made.counts[1] == 10
    assert sum(made.counts) == len(made.examples)


def test_corpora_without_a_word_are_refused(tmp_path, model):
    path = write_corpus(tmp_path / "empty.jsonl", [Document(id="d", text=" ")])
    with pytest.raises(ConfigError, match="the corpora hold no word; name others"):
        training_corpora(model, [CorpusConfig(path=path)])


def test_dev_documents_of_several_corpora_have_ids_of_their_own(ten):
    found = dev_documents([CorpusConfig(path=ten), CorpusConfig(path=ten)])
    assert len({document.id for document in found}) == 20
    assert [document.text for document in found[10:]] == [d.text for d in articles(10, seed=1)]


def test_the_fingerprint_tells_configurations_and_data_apart(tmp_path, tiny_encoder):
    config = run_config(tmp_path, tiny_encoder)
    dev = (CorpusConfig(path=write_corpus(tmp_path / "dev.jsonl", articles(2, seed=2))),)
    replace = msgspec.structs.replace
    found = [fingerprint(config), fingerprint(replace(config, seed=2))]
    found.append(fingerprint(replace(config, dev=dev)))
    write_corpus(tmp_path / "dev.jsonl", articles(3, seed=2))
    found.append(fingerprint(replace(config, dev=dev)))
    write_corpus(tmp_path / "train.jsonl", articles(3, seed=2))
    found.append(fingerprint(config))
    assert len(set(found)) == 5
    assert fingerprint(config) == found[-1]
