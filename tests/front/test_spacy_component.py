import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest
import spacy
from spacy.tokens import DocBin

import khabar.spacy_component  # noqa: F401 - registers the factory, as the entry point does
from khabar import Document
from khabar.data.errors import ConfigError, ModelError
from khabar.data.rejected import StrictRejected
from khabar.data.spacy_docbin import SPANS, read_docbin

TEXTS = [
    "قال وزير الخارجية المصري سامح شكري إن المحادثات في تونس كانت بناءة .",
    "",
    "قالَ وزيـر الصحّة 😀 سالم الراشد:\n\nإنَّ (داعش،تونس) هُزِمت في مدينة الموصل العراقية",
]


@pytest.fixture(scope="module")
def nlp() -> spacy.language.Language:
    """A pipeline with the bundled model, which finds real names and few others."""
    pipeline = spacy.blank("ar")
    pipeline.add_pipe("khabar", config={"device": "cpu", "precision": "fp32"})
    return pipeline


@pytest.fixture(scope="module")
def expected(nlp) -> list[Document]:
    documents = list(nlp.get_pipe("khabar").extractor.batch(TEXTS))
    assert sum(len(document.entities) for document in documents) > len(TEXTS)
    assert any(document.relations for document in documents)
    return documents


@pytest.mark.parametrize("batch_size", [2, 1_000])
def test_a_stream_gets_what_the_extractor_finds(nlp, expected, batch_size: int):
    """Types and places: the last digit of a score depends on what else is in a batch."""
    docs = list(nlp.pipe(TEXTS, batch_size=batch_size))
    assert [doc.text for doc in docs] == TEXTS
    for doc, document in zip(docs, expected, strict=True):
        found = [(e.id, e.type, e.start, e.end) for e in doc._.khabar.entities]
        assert found == [(e.id, e.type, e.start, e.end) for e in document.entities]
    assert [doc._.khabar.id for doc in docs] == [document.id for document in expected]


def test_one_text_gets_spans_and_relations(nlp):
    doc, document = nlp(TEXTS[0]), nlp.get_pipe("khabar").extractor(TEXTS[0])
    assert doc._.khabar == document
    assert [(s.id_, s.label_) for s in doc.spans[SPANS]] == [
        (entity.id, entity.type) for entity in document.entities
    ]
    for span, entity in zip(doc.spans[SPANS], document.entities, strict=True):
        assert entity.text in span.text
    assert list(doc.spans[SPANS].attrs["scores"]) == [e.score for e in document.entities]
    relations = [relation.id for relation in document.relations]
    assert [relation["id"] for relation in doc._.khabar_relations] == relations


def test_an_id_set_before_is_kept(nlp):
    docs = [nlp.make_doc(text) for text in TEXTS[1:]]
    docs[1]._.khabar_id = "خبر"
    assert [doc._.khabar.id for doc in nlp.pipe(docs)] == ["0", "خبر"]


def test_annotated_docs_are_read_from_a_docbin(nlp, tmp_path: Path):
    docs = list(nlp.pipe(TEXTS))
    DocBin(store_user_data=True, docs=docs).to_disk(tmp_path / "a.spacy")
    read = read_docbin(tmp_path / "a.spacy", StrictRejected())
    assert list(read) == [doc._.khabar for doc in docs]


def test_a_saved_pipeline_loads_its_model_again(tiny_khabar: Path, tmp_path: Path):
    nlp = spacy.blank("ar")
    nlp.add_pipe("khabar", config={"model": str(tiny_khabar)})
    nlp.to_disk(tmp_path / "pipeline")
    again = spacy.load(tmp_path / "pipeline")
    assert again.pipe_names == ["khabar"]
    identity = nlp.get_pipe("khabar").extractor.identity()
    assert again.get_pipe("khabar").extractor.identity() == identity


def test_a_model_that_is_not_there_is_said_when_the_component_is_added(tmp_path: Path):
    with pytest.raises(ModelError):
        spacy.blank("ar").add_pipe("khabar", config={"model": str(tmp_path / "none")})


def test_without_spacy_one_sentence_says_what_to_install(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("khabar.data.optional.find_spec", lambda name: None)
    monkeypatch.delitem(sys.modules, "khabar.spacy_component")
    sentence = r"the component needs spacy: pip install 'khabar\[spacy\]'"
    with pytest.raises(ConfigError, match=sentence):
        import_module("khabar.spacy_component")


def test_spacy_finds_the_factory_through_the_entry_point(tmp_path: Path):
    """No import of ours in that process: the metadata of an installed package is enough."""
    folder = tmp_path / "elsewhere-1.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text("Metadata-Version: 2.1\nName: elsewhere\nVersion: 1\n")
    entry = "[spacy_factories]\nkhabar = khabar.spacy_component:create_khabar\n"
    (folder / "entry_points.txt").write_text(entry)
    code = (
        "import sys\n"
        f"sys.path.insert(0, {str(tmp_path)!r})\n"
        "import spacy\n"
        "assert spacy.blank('ar').has_factory('khabar')\n"
        "assert 'khabar.model' not in sys.modules"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
