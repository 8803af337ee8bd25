from __future__ import annotations

from khabar.eval.errors import Example, Marked, analyse_entities, in_context, pick_examples
from khabar.eval.pairs import pair_documents
from khabar.eval.tokens import tokenize
from tests.marked import marked


def spoken(example: Example) -> list[tuple[str, str]]:
    return [(mark.role, example.text[mark.start : mark.end]) for mark in example.marked]


def test_counts_and_examples_of_a_case_worked_by_hand(nested):
    gold = marked("⟨1:PERS|زيد⟩ في ⟨2:GPE|تونس⟩ مع ⟨3:ORG|بنك مصر⟩ و⟨4:PERS|عمرو⟩ أمس")
    found = marked("⟨1:PERS|زيد⟩ في ⟨2:ORG|تونس⟩ مع ⟨3:ORG|بنك⟩ مصر وعمرو ⟨4:GPE|أمس⟩")
    errors = analyse_entities(pair_documents([gold], [found], nested))
    assert errors.correct == 1
    assert {kind.kind: kind.count for kind in errors.kinds} == {
        "missed": 1, "spurious": 1, "wrong type": 1, "wrong layer": 0, "wrong boundary": 1,
    }  # fmt: skip
    assert errors.by_type["PERS"]["correct"] == errors.by_type["PERS"]["missed"] == 1
    assert errors.by_type["GPE"]["wrong type"] == errors.by_type["GPE"]["spurious"] == 1
    assert [(e.kind, e.gold, e.predicted, spoken(e)) for e in errors.examples] == [
        ("wrong type", "GPE", "ORG", [("gold", "تونس"), ("predicted", "تونس")]),
        ("wrong boundary", "ORG", "ORG", [("gold", "بنك مصر"), ("predicted", "بنك")]),
        ("missed", "PERS", None, [("gold", "وعمرو")]),
        ("spurious", None, "GPE", [("predicted", "أمس")]),
    ]


def test_a_long_text_is_cut_at_words_and_the_marks_move_along():
    text = " ".join(["قبل"] * 30 + ["زيد\nعمرو"] + ["بعد"] * 30)
    start = text.index("زيد")
    mark = Marked(role="gold", type="PERS", start=start, end=start + 8)
    cut, (moved,) = in_context(marked(text), tokenize(text, "words"), [mark])
    assert cut == "… " + "قبل " * 12 + "زيد عمرو" + " بعد" * 12 + " …"
    assert cut[moved.start : moved.end] == "زيد عمرو"


def test_a_short_text_stays_whole():
    text = "« زيد »"
    mark = Marked(role="gold", type="PERS", start=2, end=5)
    assert in_context(marked(text), tokenize(text, "words"), [mark]) == (text, (mark,))


def test_a_mark_without_a_token_is_shown_all_the_same():
    text = "\u200f"
    mark = Marked(role="gold", type="PERS", start=0, end=1)
    assert in_context(marked(text), tokenize(text, "words"), [mark]) == (text, (mark,))


def test_examples_are_picked_from_every_confusion_the_frequent_ones_first(nested):
    gold = [marked("⟨1:PERS|زيد⟩", id=str(n)) for n in range(5)]
    gold.append(marked("⟨1:GPE|مصر⟩", id="5"))
    found = [marked("⟨1:ORG|زيد⟩", id=str(n)) for n in range(5)] + [marked("⟨1:ORG|مصر⟩", id="5")]
    errors = analyse_entities(pair_documents(gold, found, nested))
    picked = pick_examples(errors, limit=3)
    assert list(picked) == ["wrong type"]
    assert [(e.document, e.gold) for e in picked["wrong type"]] == [
        ("0", "PERS"), ("5", "GPE"), ("1", "PERS"),
    ]  # fmt: skip
    assert errors.without_examples().examples == ()
