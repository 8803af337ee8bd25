from __future__ import annotations

from pathlib import Path

import pytest

from khabar.data.formats import read_documents
from khabar.data.jsonl import write_jsonl
from khabar.data.records import Document, Entity
from khabar.eval.tokens import TokenKind
from khabar.model.extractor import Extractor
from khabar.train.config import CorpusConfig
from khabar.train.measure import measure
from tests.tiny import tiny_khabar_model

COLUMNS = "زار O\nسامي I-PERS\nتونس B-LOC\n\nقال O\nعمان I-LOC\n-DOCSTART- O\nليلى B-PERS\n"


@pytest.fixture(scope="module")
def flat(tmp_path_factory: pytest.TempPathFactory) -> Extractor:
    folder = tmp_path_factory.mktemp("flat") / "model"
    return Extractor.load(tiny_khabar_model(folder, "anercorp"), "cpu")


@pytest.fixture
def columns(tmp_path: Path) -> CorpusConfig:
    (tmp_path / "a.conll").write_text(COLUMNS, encoding="utf-8")
    return CorpusConfig(path=str(tmp_path / "a.conll"))


def test_a_flat_file_in_columns_is_scored_as_written_in_its_own_tokens(
    flat: Extractor, columns: CorpusConfig
):
    written = measure(flat, columns, tokens="corpus").evaluation.as_written
    assert written is not None
    assert written.orphans == 2
    assert (written.conlleval.micro.gold, written.strict.micro.gold) == (4, 2)


def test_the_labels_as_written_are_those_of_the_share(flat: Extractor, columns: CorpusConfig):
    last = CorpusConfig(path=columns.path, share=(0.5, 1.0))
    evaluation = measure(flat, last, tokens="corpus").evaluation
    assert evaluation.as_written is not None
    assert evaluation.as_written.orphans == 0
    assert evaluation.as_written.conlleval.micro.gold == 1


def test_a_folder_of_files_in_columns_is_scored_as_written_too(
    flat: Extractor, columns: CorpusConfig, tmp_path: Path
):
    (tmp_path / "b.conll").write_text("قال O\nعمان I-LOC\n", encoding="utf-8")
    evaluation = measure(flat, CorpusConfig(path=str(tmp_path)), tokens="corpus").evaluation
    assert evaluation.as_written is not None
    assert (evaluation.documents, evaluation.as_written.orphans) == (3, 3)
    assert evaluation.as_written.conlleval.micro.gold == 5


def test_what_was_once_in_columns_is_so_no_longer(
    flat: Extractor, columns: CorpusConfig, tmp_path: Path
):
    """Records from columns keep their layout, and were once read as columns again."""
    write_jsonl(tmp_path / "a.jsonl", list(read_documents(Path(columns.path))))
    corpus = CorpusConfig(path=str(tmp_path / "a.jsonl"))
    assert measure(flat, corpus, tokens="corpus").evaluation.as_written is None


@pytest.mark.parametrize("tokens", ["words", "corpus"])
def test_documents_that_come_from_no_columns_have_no_labels_as_written(
    tokens: TokenKind, flat: Extractor, tmp_path: Path
):
    person = Entity(id="1", type="PERS", start=0, end=4, text="سامي")
    write_jsonl(tmp_path / "a.jsonl", [Document(id="1", text="سامي هنا", entities=(person,))])
    corpus = CorpusConfig(path=str(tmp_path / "a.jsonl"))
    assert measure(flat, corpus, tokens=tokens).evaluation.as_written is None


def test_a_nested_model_is_not_scored_on_one_row_of_labels(tiny_khabar: Path, tmp_path: Path):
    (tmp_path / "a.conll").write_text("بنك B-ORG\nمصر I-ORG B-GPE\n", encoding="utf-8")
    corpus = CorpusConfig(path=str(tmp_path / "a.conll"))
    measured = measure(Extractor.load(tiny_khabar, "cpu"), corpus, tokens="corpus")
    assert measured.evaluation.as_written is None
    assert measured.evaluation.entities.strict.micro.gold == 2


def test_what_was_mended_is_told(flat: Extractor, tmp_path: Path):
    cut = Entity(id="1", type="LOC", start=0, end=2, text="تو")
    write_jsonl(tmp_path / "a.jsonl", [Document(id="1", text="تونس", entities=(cut,))])
    (note,) = measure(flat, CorpusConfig(path=str(tmp_path / "a.jsonl"))).notes
    assert "'تو' cuts a word; widened to 'تونس'" in note
