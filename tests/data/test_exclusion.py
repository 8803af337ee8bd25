from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from khabar.data.errors import ConfigError, FormatError
from khabar.data.exclusion import exclude, sequences, shares
from khabar.data.formats import read_documents, write_documents
from khabar.data.records import Document
from tests.marked import marked

UNSEEN = "وصل الوفد إلى مدينة السلام\nصباح أمس بالطائرة ."


def columns(*sentences: str, separator: str = "\t") -> str:
    return "".join(
        "".join(f"{token}{separator}O\n" for token in sentence.split()) + "\n"
        for sentence in sentences
    )


@pytest.fixture
def of(tmp_path: Path) -> Path:
    write_documents(tmp_path / "test.conll", [Document(id="t", text=UNSEEN)])
    return tmp_path / "test.conll"


def write(path: Path, content: str) -> Path:
    path.write_bytes(content.encode())
    return path


def test_of_columns_the_sentences_that_share_a_sequence_go_and_other_lines_stay(of, tmp_path):
    """Also one that is cut elsewhere, and one in another spelling."""
    first, cut, spelt = (
        "هطل المطر",
        "مدينة السلام صباح أمس بالطائرة",
        "قالوا «وصـل الوفد الي مدينه السلام»",
    )
    last = "وصل الوفد إلى مدينة أخرى"
    source = write(
        tmp_path / "a.txt",
        f"\ufeff\u200eعاجل\tB-X-Y\r\n\r\n\r\n{columns(first, cut, spelt)}\n$#$ O\n{columns(last)}",
    )
    excluded = exclude(source, tmp_path / "b.txt", of)
    assert (excluded.unit, excluded.kept, excluded.dropped) == ("sentences", 3, 2)
    assert (tmp_path / "b.txt").read_bytes().decode() == (
        f"\u200eعاجل\tB-X-Y\r\n\r\n\r\n{columns(first)}\n$#$ O\n{columns(last)}"
    )


def test_none_is_left(of, tmp_path):
    shared = sequences([UNSEEN], 5)
    source = write(tmp_path / "a.conll", columns(*UNSEEN.split("\n"), "هطل المطر", UNSEEN))
    exclude(source, tmp_path / "b.conll", of)
    (left,) = read_documents(tmp_path / "b.conll")
    assert left.text == "صباح أمس بالطائرة .\nهطل المطر"
    assert not any(shares(line, shared) for line in left.text.split("\n"))
    again = exclude(tmp_path / "b.conll", tmp_path / "c.conll", of)
    assert (again.kept, again.dropped) == (2, 0)
    assert (tmp_path / "c.conll").read_bytes() == (tmp_path / "b.conll").read_bytes()


def test_of_other_formats_documents_go(of, tmp_path):
    other = marked("قال ⟨1:PERS|سامي⟩", id="b")
    documents = [Document(id="a", text=f"عاجل: {UNSEEN}"), other]
    write_documents(tmp_path / "a.jsonl", documents)
    excluded = exclude(tmp_path / "a.jsonl", tmp_path / "b.conll", of)
    assert (excluded.unit, excluded.kept, excluded.dropped) == ("documents", 1, 1)
    (left,) = read_documents(tmp_path / "b.conll")
    assert left.entities == other.entities
    assert not excluded.left_out
    write_documents(tmp_path / "c.jsonl", [Document(id="a", text="خبر", meta={"source": "نشرة"})])
    assert exclude(tmp_path / "c.jsonl", tmp_path / "d.conll", of).left_out


def test_the_length_of_a_sequence_decides(of, tmp_path):
    source = write(tmp_path / "a.conll", columns("الوفد إلى مدينة"))
    dropped = [exclude(source, tmp_path / "b", of, words=words).dropped for words in (2, 3, 4)]
    assert dropped == [1, 1, 0]


@given(st.lists(st.sampled_from("أب"), max_size=9), st.lists(st.sampled_from("أب"), max_size=9))
def test_sharing_is_what_a_search_through_all_places_finds(first, second):
    def places(words: list[str]) -> list[list[str]]:
        return [words[start : start + 3] for start in range(len(words) - 2)]

    slow = any(place in places(second) for place in places(first))
    assert shares(" ".join(first), sequences([" ".join(second)], 3)) == slow


@pytest.mark.parametrize(
    ("unseen", "words", "message"),
    [("خبر O\n", 5, r"test\.conll: holds no sequence of 5 words"), ("خبر O\n", 0, "at least one")],
)
def test_what_would_exclude_nothing_is_refused(unseen, words, message, tmp_path):
    source = write(tmp_path / "a.conll", columns("هطل المطر"))
    of = write(tmp_path / "test.conll", unseen)
    with pytest.raises(ConfigError, match=message):
        exclude(source, tmp_path / "b.conll", of, words=words)
    assert not (tmp_path / "b.conll").exists()


def test_a_bad_line_leaves_the_old_target(of, tmp_path):
    source = write(tmp_path / "a.conll", columns("هطل المطر") + "أمس\n")
    target = write(tmp_path / "b.conll", "قديم O\n")
    with pytest.raises(FormatError, match=r"a\.conll:4: has no label after 'أمس'"):
        exclude(source, target, of)
    assert target.read_text(encoding="utf-8") == "قديم O\n"
