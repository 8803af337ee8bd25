"""Archives, with a real, if tiny and untrained model; ``tests/front`` kills a real process."""

from __future__ import annotations

import gzip
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from khabar.data.errors import ConfigError, FormatError
from khabar.data.jsonl import encode_document, read_jsonl
from khabar.data.parquet import write_parquet
from khabar.data.records import Document
from khabar.data.rejected import StrictRejected
from khabar.model.archive import ArchiveCounts, ArchiveOptions, find_inputs, predict_archive
from khabar.model.extractor import Extractor

WORDS = ("تونس", "سامي الحداد", "بنك لبنان", "قال", "زار عمان", "2023")
OPTIONS = ArchiveOptions(shard_articles=3)


class Killed(BaseException):
    """A stand-in for a kill: nothing handles it."""


class KilledAfter:
    """An extractor that is killed after so many documents."""

    def __init__(self, extractor: Extractor, documents: int) -> None:
        self.extractor = extractor
        self.left = documents

    def identity(self) -> str:
        return self.extractor.identity()

    def documents(
        self,
        documents: Iterable[Document],
        **options: Any,  # noqa: ANN401
    ) -> Iterator[Document]:
        for document in self.extractor.documents(documents, **options):
            if self.left == 0:
                raise Killed
            self.left -= 1
            yield document


@pytest.fixture(scope="module")
def extractor(tiny_khabar: Path) -> Extractor:
    return Extractor.load(tiny_khabar, "cpu")


@pytest.fixture
def inputs(tmp_path: Path) -> list[Path]:
    """Eleven articles in three files: JSON lines of which two are bad, Parquet, and plain text."""
    lines = [msgspec.json.encode({"id": f"j{n}", "text": word}) for n, word in enumerate(WORDS)]
    lines[1], lines[4] = b'{"text": 5}', b"{"
    (tmp_path / "a.jsonl").write_bytes(b"\n".join(lines))
    write_parquet(
        tmp_path / "b.parquet",
        [Document(id=f"p{n}", text=word) for n, word in enumerate(WORDS[:4])],
    )
    (tmp_path / "c.txt").write_text("وصل الوفد إلى تونس", encoding="utf-8")
    return [tmp_path / name for name in ("a.jsonl", "b.parquet", "c.txt")]


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def records(folder: Path) -> list[Document]:
    shards = sorted(folder.glob("part-*.jsonl"))
    return [document for shard in shards for document in read_jsonl(shard, StrictRejected())]


def errors(folder: Path) -> list[dict[str, object]]:
    lines = (folder / "errors.jsonl").read_bytes().splitlines()
    return [msgspec.json.decode(line) for line in lines]


def test_every_article_becomes_a_record_or_an_error_in_its_place(
    extractor: Extractor, inputs: list[Path], tmp_path: Path
):
    out = tmp_path / "out"
    steps: list[int] = []
    counts = predict_archive(extractor, inputs, out, OPTIONS, progress=steps.append)
    assert counts == ArchiveCounts(articles=11, records=9, errors=2, shards=4)
    assert sum(steps) == 11
    ids = [
        [document.id for document in read_jsonl(p, StrictRejected())]
        for p in sorted(out.glob("part-*"))
    ]
    assert ids == [["j0", "j2"], ["j3", "j5"], ["p0", "p1", "p2"], ["p3", "c"]]
    assert [(entry["path"], entry["line"]) for entry in errors(out)] == [
        (str(inputs[0]), 2),
        (str(inputs[0]), 5),
    ]
    assert all(entry["reason"] for entry in errors(out))


def test_records_are_what_the_extractor_gives(
    extractor: Extractor, inputs: list[Path], tmp_path: Path
):
    predict_archive(extractor, inputs, tmp_path / "out", ArchiveOptions(shard_articles=100))
    found = records(tmp_path / "out")
    bare = [Document(id=document.id, text=document.text) for document in found]
    expected = list(extractor.documents(bare))
    assert [encode_document(d) for d in found] == [encode_document(d) for d in expected]


@pytest.mark.parametrize("documents", range(10))
def test_a_run_killed_anywhere_ends_as_an_unbroken_one(
    documents: int, extractor: Extractor, inputs: list[Path], tmp_path: Path
):
    unbroken = predict_archive(extractor, inputs, tmp_path / "whole", OPTIONS)
    cut = tmp_path / "cut"
    if documents < unbroken.records:
        with pytest.raises(Killed):
            predict_archive(KilledAfter(extractor, documents), inputs, cut, OPTIONS)
        assert not (cut / "errors.jsonl").exists()
    done = len(list(cut.glob("part-*.jsonl")))
    counts = predict_archive(extractor, inputs, cut, OPTIONS)
    assert files(cut) == files(tmp_path / "whole")
    assert counts == msgspec.structs.replace(unbroken, earlier_shards=done)


def test_shards_that_are_there_are_not_predicted_again(
    extractor: Extractor, inputs: list[Path], tmp_path: Path
):
    first = predict_archive(extractor, inputs, tmp_path / "out", OPTIONS)
    idle = KilledAfter(extractor, 0)
    again = predict_archive(idle, inputs, tmp_path / "out", OPTIONS)
    assert again == msgspec.structs.replace(first, earlier_shards=4)


def test_a_file_that_breaks_off_is_one_error_and_the_others_go_on(
    extractor: Extractor, inputs: list[Path], tmp_path: Path
):
    broken = tmp_path / "b.jsonl.gz"
    broken.write_bytes(gzip.compress(b'{"text": "\xd8\xae\xd8\xa8\xd8\xb1"}\n' * 5)[:-6])
    counts = predict_archive(extractor, [broken, inputs[2]], tmp_path / "out", OPTIONS)
    assert counts.articles == counts.records + counts.errors
    assert (counts.errors, counts.broken_files) == (1, 1)
    assert records(tmp_path / "out")[-1].id == "c"
    (entry,) = errors(tmp_path / "out")
    assert entry["line"] is None
    assert str(entry["reason"]).startswith("is damaged, cut short or no .gz file")


def test_a_file_that_is_not_given_to_us_stops_the_run(
    extractor: Extractor, inputs: list[Path], tmp_path: Path
):
    """It may be there the next time, and then the articles after it would move to other shards."""
    held = tmp_path / "d.jsonl"
    held.mkdir()
    with pytest.raises(FormatError, match=r"d\.jsonl: cannot be read: Is a directory"):
        predict_archive(extractor, [held, *inputs], tmp_path / "out", OPTIONS)


@pytest.mark.parametrize(
    ("options", "difference"),
    [
        (ArchiveOptions(shard_articles=4), "its shard_articles is 3, not 4"),
        (ArchiveOptions(shard_articles=3, batch_tokens=64), "its batch_tokens is None, not 64"),
        (ArchiveOptions(shard_articles=3, types=("ORG",)), r"its types is None, not \('ORG',\)"),
        (
            ArchiveOptions(shard_articles=3, threshold={"ORG": 0.4}),
            r"its threshold is None, not \{.*\}",
        ),
        (ArchiveOptions(shard_articles=3, encoding="cp1256"), "its encoding is utf-8, not cp1256"),
    ],
)
def test_a_run_does_not_go_on_with_other_options(
    options: ArchiveOptions,
    difference: str,
    extractor: Extractor,
    inputs: list[Path],
    tmp_path: Path,
):
    predict_archive(extractor, inputs, tmp_path / "out", OPTIONS)
    with pytest.raises(
        ConfigError, match=rf"run\.json: this folder holds another run: {difference};"
    ):
        predict_archive(extractor, inputs, tmp_path / "out", options)


def test_a_run_does_not_go_on_with_other_inputs(
    extractor: Extractor, inputs: list[Path], tmp_path: Path
):
    out = tmp_path / "out"
    predict_archive(extractor, inputs, out, OPTIONS)
    with pytest.raises(ConfigError, match="it has 3 input files, not 2; go on with what"):
        predict_archive(extractor, inputs[:2], out, OPTIONS)
    with pytest.raises(ConfigError, match=r"its input .*a\.jsonl is now .*c\.txt"):
        predict_archive(extractor, inputs[::-1], out, OPTIONS)
    inputs[2].write_text("وصل", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"its input .*c\.txt had 33 bytes, now 6"):
        predict_archive(extractor, inputs, out, OPTIONS)


def test_a_run_does_not_go_on_with_another_model_or_precision(
    extractor: Extractor, tiny_khabar: Path, inputs: list[Path], tmp_path: Path
):
    other = Extractor.load(
        tiny_khabar, "cpu", "fp32" if "bfloat16" in extractor.identity() else "bf16"
    )
    predict_archive(extractor, inputs, tmp_path / "out", OPTIONS)
    with pytest.raises(ConfigError, match="its model is tiny .*, not tiny .* on cpu"):
        predict_archive(other, inputs, tmp_path / "out", OPTIONS)


def test_the_identity_tells_weights_apart(tiny_khabar: Path):
    first, second = (Extractor.load(tiny_khabar, "cpu") for _ in range(2))
    assert first.identity() == second.identity()
    second.model.tagger.bias.data[0] += 1
    assert first.identity() != second.identity()


def test_shards_of_nothing_known_are_not_taken_for_ours(
    extractor: Extractor, inputs: list[Path], tmp_path: Path
):
    (tmp_path / "part-00000.jsonl").touch()
    with pytest.raises(ConfigError, match=r"holds shards but no run\.json"):
        predict_archive(extractor, inputs, tmp_path, OPTIONS)


def test_a_strange_manifest_is_refused(extractor: Extractor, inputs: list[Path], tmp_path: Path):
    (tmp_path / "run.json").write_text("{}", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"run\.json: is not of a run of `khabar predict`"):
        predict_archive(extractor, inputs, tmp_path, OPTIONS)


def test_a_format_that_is_not_known_stops_the_run_before_it_begins(
    extractor: Extractor, inputs: list[Path], tmp_path: Path
):
    with pytest.raises(FormatError, match="the suffix '.csv' says no format"):
        predict_archive(extractor, [*inputs, tmp_path / "d.csv"], tmp_path / "out", OPTIONS)
    assert not (tmp_path / "out").exists()


def test_options_are_checked():
    with pytest.raises(FormatError, match="no text encoding is named 'arabic-1'"):
        ArchiveOptions(encoding="arabic-1")
    for options in ({"shard_articles": 0}, {"batch_tokens": 0}):
        with pytest.raises(ConfigError, match="must be at least 1"):
            ArchiveOptions(**options)


def test_patterns_name_files_each_once_but_no_results(tmp_path: Path):
    names = ("b.jsonl", "a.jsonl", "c[1].jsonl", "deep/d.jsonl", "out/part-00000.jsonl")
    for name in names:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    out = tmp_path / "out"

    def found(*patterns: str) -> list[str]:
        paths = find_inputs([str(tmp_path / pattern) for pattern in patterns], out)
        return [str(path.relative_to(tmp_path)) for path in paths]

    assert found("*.jsonl") == ["a.jsonl", "b.jsonl", "c[1].jsonl"]
    assert found("b.jsonl", "[ab].jsonl") == ["b.jsonl", "a.jsonl"]
    assert found("c[1].jsonl") == ["c[1].jsonl"]
    assert found("**/*.jsonl") == ["a.jsonl", "b.jsonl", "c[1].jsonl", "deep/d.jsonl"]
    for pattern in ("*.parquet", "deep", "out/*"):
        with pytest.raises(ConfigError, match=r"--input .*: names no file; correct the path"):
            found("a.jsonl", pattern)
