"""The extractor on ordinary, long and odd texts, with a small model that was really trained."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from khabar.data.clusters import with_clusters
from khabar.data.errors import ConfigError, ModelError, SchemaError
from khabar.data.records import Document, Entity
from khabar.model.extractor import Extractor
from tests.newsroom import any_sentence, article, articles

ODD = {
    "empty": "",
    "spaces": " \n\t ",
    "NULs": "\x00\x00",
    "NULs between words": "سامي\x00الحداد يعمل في\x00شركة النسيم .",
    "punctuation": "«!»؟،…(((",
    "invisible": "\u200f\u200e\u2066",
    "Latin": "Reuters said on Monday.",
    "tatweel": "ـــــ",
    "lone surrogates": "سامي \ud800 الحداد \udfff",
    "emoji": "🇱🇧 👩‍👩‍👧",
    "one long word": "ض" * 5000,
}
TEXTS = st.text(
    st.one_of(st.sampled_from("اأبتسلمنهويةىـَّ ()،.0123٣ﷺ\u200f\u200c\x00\n"), st.characters()),
    max_size=60,
)
TYPES = ("PERS", "ORG", "GPE")


def check_offsets(document: Document) -> None:
    for entity in document.entities:
        assert document.text[entity.start : entity.end] == entity.text
        assert entity.type in TYPES
        assert 0 <= entity.score <= 1
    ids = {entity.id for entity in document.entities}
    for relation in document.relations:
        assert {relation.head, relation.tail} <= ids


@pytest.mark.parametrize("name", list(ODD))
def test_odd_texts_are_read_and_left_as_they_are(newsroom, name):
    document = newsroom(ODD[name])
    assert document.text == ODD[name]
    check_offsets(document)


@settings(max_examples=60, deadline=None)
@given(st.lists(TEXTS, min_size=1, max_size=3))
def test_entities_are_slices_of_any_text(guessing, texts):
    """By an untrained model, which finds something everywhere."""
    for text, document in zip(texts, guessing.batch(texts), strict=True):
        assert document.text == text
        check_offsets(document)


@pytest.fixture(scope="module")
def guessing(tmp_path_factory: pytest.TempPathFactory, tiny_encoder: Path) -> Extractor:
    from tests.newsroom import untrained

    return Extractor(untrained(tmp_path_factory.mktemp("run"), tiny_encoder))


def test_the_untrained_model_does_find_entities(guessing):
    assert len(guessing(articles(1, seed=4)[0].text).entities) > 2


def test_a_record_says_what_found_it(newsroom):
    document = newsroom("سامي الحداد يعمل في شركة النسيم .")
    assert [(e.id, e.type, e.text) for e in document.entities] == [
        ("1", "PERS", "سامي الحداد"),
        ("2", "ORG", "شركة النسيم"),
    ]
    assert [(r.id, r.type, r.head, r.tail) for r in document.relations] == [
        ("1", "works_for", "1", "2")
    ]
    assert all(part.score > 0.5 for part in (*document.entities, *document.relations))
    assert document.meta == {"model": "newsroom", "model_version": "0.1.0", "windows": "1"}


def test_mentions_of_one_thing_share_a_cluster_unless_told_otherwise(newsroom):
    text = "سامي الحداد يعمل في شركة النسيم . سامي الحداد زار جامعة الفجر أمس ."
    document = newsroom(text)
    clusters = [(entity.text, entity.cluster) for entity in document.entities]
    assert clusters.count(("سامي الحداد", "c1")) == 2
    assert ("شركة النسيم", "c2") in clusters
    assert document == with_clusters(newsroom(text, clusters="none"))
    for found in (
        newsroom.batch([text], clusters="none"),
        newsroom.documents([document], clusters="none"),
    ):
        assert all(entity.cluster is None for entity in next(found).entities)


def test_a_record_reads_back_equal(newsroom):
    document = newsroom(articles(1, seed=8, sentences=9)[0].text)
    assert Document.from_dict(document.to_dict()) == document


def test_a_batch_gives_what_its_texts_give_alone_in_their_order(newsroom):
    rng = random.Random(3)
    texts = [article([any_sentence(rng) for _ in range(rng.randint(0, 9))]).text for _ in range(30)]
    together = list(newsroom.batch(texts, batch_tokens=200))
    assert [document.text for document in together] == texts
    assert [document.id for document in together] == [str(n) for n in range(30)]
    for text, document in zip(texts, together, strict=True):
        alone = newsroom(text)
        assert unscored(document) == unscored(msgspec.structs.replace(alone, id=document.id))


def unscored(document: Document) -> Document:
    """Scores differ in the last digits by what a window is padded to."""
    entities = tuple(msgspec.structs.replace(e, score=None) for e in document.entities)
    relations = tuple(msgspec.structs.replace(r, score=None) for r in document.relations)
    return msgspec.structs.replace(document, entities=entities, relations=relations)


def test_texts_are_read_as_they_are_needed(newsroom):
    read = 0

    def texts() -> Iterator[str]:
        nonlocal read
        while True:
            read += 1
            yield "سامي الحداد زار جامعة الفجر أمس ."

    found = newsroom.batch(texts(), batch_tokens=64)
    assert [next(found).id for _ in range(3)] == ["0", "1", "2"]
    assert read < 200


def test_documents_keep_their_ids_and_meta_and_lose_their_annotation(newsroom):
    gold = article([any_sentence(random.Random(1))], id="a")
    gold = msgspec.structs.replace(gold, meta={"date": "2024-01-01"})
    (document,) = newsroom.documents([gold], threshold={"works_for": 1.01, "borders": 1.01})
    assert document.id == "a"
    assert document.meta["date"] == "2024-01-01"
    assert document.relations == ()
    assert all(entity.score is not None for entity in document.entities)


def test_threads_share_one_extractor(newsroom):
    texts = [document.text for document in articles(24, seed=9, sentences=6)]
    expected = [newsroom(text) for text in texts]
    results: dict[int, list[Document]] = {}

    def work(number: int) -> None:
        results[number] = [newsroom(text) for text in texts]

    threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 4
    assert all(found == expected for found in results.values())


def test_a_very_long_text_is_read_to_its_end(newsroom):
    rng = random.Random(2)
    sentences = [any_sentence(rng) for _ in range(400)]
    gold = article(sentences * 14)
    assert len(gold.text) > 150_000
    begun = time.process_time()
    document = newsroom(gold.text)
    assert time.process_time() - begun < 60
    assert {(e.type, e.start, e.end) for e in document.entities} == {
        (e.type, e.start, e.end) for e in gold.entities
    }
    assert len(document.relations) == len(gold.relations)


def test_relating_keeps_the_entities_and_adds_relations(newsroom):
    gold = article([any_sentence(random.Random(seed)) for seed in range(12)], id="gold")
    entities = tuple(msgspec.structs.replace(e, id=f"e{e.id}", cluster="c") for e in gold.entities)
    asked = Document(id="gold", text=gold.text, entities=entities, meta={"source": "s"})
    related = newsroom.relate(asked)
    assert related.entities == entities
    assert {(r.type, r.head, r.tail) for r in related.relations} == {
        (r.type, f"e{r.head}", f"e{r.tail}") for r in gold.relations
    }
    assert gold.relations
    assert related.meta["source"] == "s"
    assert newsroom.relate(asked, threshold=1.01).relations == ()


def test_relating_does_not_depend_on_the_order_of_the_entities(newsroom):
    gold = article([any_sentence(random.Random(seed)) for seed in range(12)])
    turned = msgspec.structs.replace(gold, entities=gold.entities[::-1], relations=())
    one, other = newsroom.relate(gold), newsroom.relate(turned)
    ends = [{frozenset((r.type, r.head, r.tail)) for r in d.relations} for d in (one, other)]
    assert ends[0] == ends[1]


def test_relating_an_unknown_type_is_refused(newsroom):
    entity = Entity(id="e", type="CITY", start=0, end=3, text="قطر")
    with pytest.raises(SchemaError, match=r"document d: entity e is a CITY.*knows PERS, ORG, GPE"):
        newsroom.relate(Document(id="d", text="قطر", entities=(entity,)))


def test_relating_no_entities_gives_no_relations(newsroom):
    assert newsroom.relate(Document(id="d", text="")).relations == ()
    invisible = Entity(id="e", type="GPE", start=0, end=1, text="\u200f")
    assert newsroom.relate(Document(id="d", text="\u200f", entities=(invisible,))).relations == ()


def test_a_device_that_is_not_there_is_refused(tiny_khabar):
    with pytest.raises(ModelError, match=r"device 'toaster' cannot be used here.*`auto`"):
        Extractor.load(tiny_khabar, device="toaster")


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_the_precision_asked_for_is_used(newsroom_model, newsroom, precision):
    loaded = Extractor.load(newsroom_model, device="cpu", precision=precision)
    assert loaded.model.tagger.weight.dtype == getattr(
        torch, {"fp32": "float32", "bf16": "bfloat16"}[precision]
    )
    text = articles(1, seed=4, sentences=6)[0].text
    spans = [(e.type, e.start, e.end) for e in loaded(text).entities]
    assert spans == [(e.type, e.start, e.end) for e in newsroom(text).entities]


def test_only_the_types_wanted_are_returned(newsroom):
    text = article([any_sentence(random.Random(n)) for n in range(8)]).text
    everything = newsroom(text)
    people = newsroom(text, types=["PERS", "GPE"])
    assert {e.type for e in everything.entities} == {"PERS", "ORG", "GPE"}
    assert {e.type for e in people.entities} == {"PERS", "GPE"}
    assert {r.type for r in people.relations} <= {"borders"}
    jobs = newsroom(text, types=["works_for"])
    assert jobs.entities == everything.entities
    assert {r.type for r in jobs.relations} == {"works_for"}


def test_thresholds_may_differ_by_type(newsroom):
    text = article([any_sentence(random.Random(n)) for n in range(8)]).text
    without_places = newsroom(text, threshold={"GPE": 1.01})
    assert {e.type for e in without_places.entities} == {"PERS", "ORG"}
    assert newsroom(text, threshold=1.01).entities == ()


def test_a_type_that_the_model_does_not_know_is_named(newsroom):
    with pytest.raises(ConfigError, match="no type is named 'PER' in schema"):
        newsroom("خبر", types=["PER"])
    with pytest.raises(ConfigError, match="no type is named 'works'"):
        list(newsroom.batch(["خبر"], threshold={"works": 0.5}))
