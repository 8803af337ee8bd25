"""Files to training windows: shares, notes, and corpora that cannot be used."""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
import pytest

from khabar.data.augment import AugmentConfig
from khabar.data.errors import ConfigError, FormatError
from khabar.data.formats import write_documents
from khabar.data.records import Document, Entity
from khabar.data.words import split_words
from khabar.model.joint import JointModel
from khabar.train.config import CorpusConfig
from khabar.train.corpora import (
    TrainingCorpora,
    corpus_documents,
    dev_documents,
    fingerprint,
    training_corpora,
)
from khabar.train.sampler import StepSampler
from khabar.train.targets import AnnotationPolicy
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
        ({"path": "missing.jsonl"}, r"corpus missing\.jsonl: no such file or folder; correct"),
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
        training_corpora(model, [CorpusConfig(path=str(path))], seed=1)


@pytest.mark.parametrize("format", ["brat", "datasets", "xmi"])
def test_a_folder_in_a_format_of_folders_is_a_corpus(tmp_path, format):
    write_documents(tmp_path / "gold", articles(4, seed=1), format=format)
    found, _ = corpus_documents(CorpusConfig(path=str(tmp_path / "gold")))
    assert sorted(document.text for document in found) == sorted(
        document.text for document in articles(4, seed=1)
    )
    assert sum(len(document.relations) for document in found) > 0


def test_the_files_of_a_folder_are_a_corpus_in_the_order_of_their_names(tmp_path):
    folder = tmp_path / "corpus"
    written = articles(10, seed=1)
    write_documents(folder / "b.inline", written[6:])
    write_documents(folder / "a.inline", written[:4])
    write_documents(folder / "a" / "part.jsonl", written[4:6])
    (folder / "README.md").write_text("notes")
    found, _ = corpus_documents(CorpusConfig(path=str(folder), share=(0.3, 1.0)))
    in_order = [*written[4:6], *written[:4], *written[6:]]  # a/ before a.inline
    assert [document.text for document in found] == [document.text for document in in_order[3:]]


def test_the_files_of_a_folder_may_have_one_format_that_is_named(tmp_path):
    written = articles(2, seed=1)
    write_documents(tmp_path / "gold" / "a.txt", written, format="inline")
    corpus = CorpusConfig(path=str(tmp_path / "gold"), format="inline")
    assert [d.entities for d in corpus_documents(corpus)[0]] == [d.entities for d in written]


def test_a_folder_without_a_corpus_is_refused(tmp_path):
    with pytest.raises(FormatError, match=r"the folder holds no file of \.jsonl"):
        corpus_documents(CorpusConfig(path=str(tmp_path)))


def test_an_entity_that_cuts_a_word_is_widened_and_noted(tmp_path, model):
    cut = Entity(id="e", type="GPE", start=1, end=5, text="تونس")
    path = write_corpus(
        tmp_path / "cut.jsonl", [Document(id="d", text="بتونس أمس", entities=(cut,))]
    )
    made = training_corpora(model, [CorpusConfig(path=path)], seed=1)
    assert made.examples[0].spans[0][:2] == (0, 0)
    assert len(made.notes) == 1
    assert path in made.notes[0]
    assert "'تونس' cuts a word; widened to 'بتونس'" in made.notes[0]


def test_mentions_without_a_row_are_noted(tmp_path, model):
    deep = article([sentence("PERS[ سامي PERS[ الحداد ] ]")])
    path = write_corpus(tmp_path / "deep.jsonl", [deep])
    (note,) = training_corpora(model, [CorpusConfig(path=path)], seed=1).notes
    assert f"{path}: 1 mentions have no row of tags" in note


def test_corpora_follow_one_another_with_their_counts(tmp_path, model, ten):
    long = write_corpus(tmp_path / "long.jsonl", articles(2, seed=5, sentences=30))
    corpora = [CorpusConfig(path=long), CorpusConfig(path=ten, weight=0.5)]
    made = training_corpora(model, corpora, seed=1)
    assert made.counts[0] > 2
    assert made.counts[1] == 10
    assert sum(made.counts) == len(made.examples)
    assert made.weights == [1.0, 0.5]


def augmented_corpus(
    model: JointModel, path: str, config: AugmentConfig | None, seed: int = 1, join: int = 1
) -> TrainingCorpora:
    corpus = CorpusConfig(path=path, weight=1.2, augment=config, join=join)
    return training_corpora(model, [corpus], seed)


def read_by_encoder(made: TrainingCorpora) -> list[list[int]]:
    return [list(example.pieces.ids) for example in made.examples]


def test_variants_are_further_windows_and_an_epoch_is_no_longer_for_them(model, ten):
    bare = augmented_corpus(model, ten, None)
    varied = augmented_corpus(model, ten, AugmentConfig(copies=2))
    assert (bare.counts, varied.counts) == ([10], [30])
    assert (bare.weights, varied.weights) == ([1.2], [pytest.approx(0.4)])
    assert read_by_encoder(varied)[:10] == read_by_encoder(bare)
    assert len({tuple(ids) for ids in read_by_encoder(varied)}) > 15
    epochs = [
        StepSampler([1] * sum(made.counts), made.counts, made.weights, batch_windows=1, seed=1)
        for made in (bare, varied)
    ]
    assert [epoch.steps_per_epoch for epoch in epochs] == [12, 12]


def test_a_variant_has_the_gold_of_its_document(model, ten):
    made = augmented_corpus(model, ten, AugmentConfig(copies=1))
    for bare, variant in zip(made.examples[:10], made.examples[10:], strict=True):
        assert variant.spans == bare.spans
        assert np.array_equal(variant.relations, bare.relations)
        assert np.array_equal(variant.allowed, bare.allowed)


def test_the_seed_of_the_run_decides_about_the_variants(model, ten):
    one, same, other = (
        read_by_encoder(augmented_corpus(model, ten, AugmentConfig(), seed)) for seed in (1, 1, 2)
    )
    assert one == same
    assert one[:10] == other[:10]
    assert one[10:] != other[10:]


def test_variants_are_joined_among_themselves(tmp_path, model):
    bulletins = articles(10, seed=1, sentences=1)
    path = write_corpus(tmp_path / "short.jsonl", bulletins)
    alone = augmented_corpus(model, path, None, join=10)
    made = augmented_corpus(model, path, AugmentConfig(copies=1), join=10)
    variants = made.examples[alone.counts[0] :]
    assert read_by_encoder(made)[: alone.counts[0]] == read_by_encoder(alone)
    longest = max(len(split_words(document.text)) for document in bulletins)
    assert max(example.pieces.words for example in variants) > longest


def test_corpora_without_a_word_are_refused(tmp_path, model):
    path = write_corpus(tmp_path / "empty.jsonl", [Document(id="d", text=" ")])
    with pytest.raises(ConfigError, match="the corpora hold no word; name others"):
        training_corpora(model, [CorpusConfig(path=path)], seed=1)


def test_dev_documents_of_several_corpora_have_ids_of_their_own(ten):
    found = dev_documents([CorpusConfig(path=ten), CorpusConfig(path=ten)])
    assert len({document.id for document in found}) == 20
    assert [document.text for document in found[10:]] == [d.text for d in articles(10, seed=1)]


def test_dev_documents_are_joined_where_the_configuration_says_so(ten):
    found = dev_documents([CorpusConfig(path=ten), CorpusConfig(path=ten, join=4)])
    assert len(found) == 10 + 3
    assert found[10].text == "\n\n".join(d.text for d in articles(10, seed=1)[:4])


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


def test_the_fingerprint_covers_every_file_of_a_folder(tmp_path, tiny_encoder):
    folder = tmp_path / "gold"
    write_documents(folder, articles(2, seed=2), format="brat")
    config = run_config(tmp_path, tiny_encoder, corpora=[{"path": str(folder)}])
    found = [fingerprint(config)]
    for file in sorted(folder.iterdir()):
        file.write_bytes(file.read_bytes() + b"\n")
        found.append(fingerprint(config))
    assert len(set(found)) == len(found) >= 5
    assert fingerprint(config) == found[-1]


def test_the_types_to_exchange_must_be_types_that_the_corpus_may_have(model, ten):
    with pytest.raises(ConfigError, match=r"ten\.jsonl: `augment\.swap_types` names the type LOC"):
        augmented_corpus(model, ten, AugmentConfig(swap_types=("PERS", "LOC")))
    with pytest.raises(ConfigError, match="policy.labels` .* has; they have PERS, ORG, GPE$"):
        augmented_corpus(model, ten, AugmentConfig(swap_types=("PERSON",)))


def test_a_label_of_the_corpus_s_own_may_be_exchanged(tmp_path, model):
    path = write_corpus(tmp_path / "own.jsonl", [article([sentence("PER[ سامي ] قال")])])
    policy = AnnotationPolicy(labels={"PER": ("PERS",)})
    augment = AugmentConfig(swap_types=("PER", "GPE"))
    made = training_corpora(
        model, [CorpusConfig(path=path, policy=policy, augment=augment)], seed=1
    )
    assert made.notes == [f"{path}: no entity has the type GPE of `augment.swap_types`"]


def test_types_that_no_one_named_are_not_missed(tmp_path, model):
    path = write_corpus(tmp_path / "one.jsonl", [article([sentence("PERS[ سامي ] قال")])])
    assert augmented_corpus(model, path, AugmentConfig()).notes == []


def test_notes_count_what_the_corpus_holds_and_not_its_variants_or_further_cuts(tmp_path, model):
    deep = article([sentence("PERS[ سامي PERS[ الحداد ] ]"), *[sentence("قال سامي")] * 60])
    path = write_corpus(tmp_path / "deep.jsonl", [deep, deep])
    corpus = CorpusConfig(path=path, augment=AugmentConfig(copies=3), cuts=2)
    made = training_corpora(model, [corpus], seed=1)
    (note,) = made.notes
    assert f"{path}: 2 mentions have no row of tags" in note
    assert len(made.examples) > 2 * 4 * 2


def test_a_document_cut_in_several_ways_lengthens_no_epoch(model, tmp_path):
    long = write_corpus(tmp_path / "long.jsonl", [article([sentence("قال سامي")] * 600)])
    once = training_corpora(model, [CorpusConfig(path=long)], seed=1)
    cut = training_corpora(model, [CorpusConfig(path=long, cuts=4)], seed=1)
    assert len(once.examples) > 2
    assert cut.counts[0] >= 4 * once.counts[0]
    assert round(cut.counts[0] * cut.weights[0]) in range(once.counts[0], once.counts[0] + 2)
    firsts = {len(example.pieces.ids) for example in cut.examples}
    assert len(firsts) > len({len(example.pieces.ids) for example in once.examples})


def test_a_document_of_one_window_is_not_cut_further(model, ten):
    once = training_corpora(model, [CorpusConfig(path=ten)], seed=1)
    cut = training_corpora(model, [CorpusConfig(path=ten, cuts=2)], seed=1)
    assert cut.counts == [2 * len(once.examples)]
    for window, same in zip(cut.examples, once.examples * 2, strict=True):
        assert window.pieces.ids.tolist() == same.pieces.ids.tolist()
