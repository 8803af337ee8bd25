from hypothesis import given
from hypothesis import strategies as st

from khabar.data.records import Document
from khabar.data.rewrite import Edit, rewrite
from tests.marked import marked

DOCUMENT = marked(
    "قال ⟨1:OCC|وزير ⟨2:ORG|خارجية ⟨3:GPE|مصر⟩⟩⟩ في ⟨4:GPE|تونس⟩ أمس", "1 works_in 3", id="a"
)


@st.composite
def documents_with_edits(draw: st.DrawFn) -> tuple[Document, list[Edit]]:
    document = draw(st.from_type(Document))
    edges = {edge for entity in document.entities for edge in (entity.start, entity.end)}
    places = st.sampled_from(sorted(edges | {0})) | st.integers(0, len(document.text))
    cuts = sorted(draw(st.sets(places, max_size=8)))
    stretches = list(zip(cuts, cuts[1:], strict=False))
    chosen = draw(st.lists(st.sampled_from(stretches), unique=True)) if stretches else []
    return document, [Edit(start, end, draw(st.text(max_size=3))) for start, end in chosen]


def test_what_surrounds_an_edit_grows_with_it_and_what_follows_moves():
    edited = rewrite(DOCUMENT, [Edit(16, 19, "السودان"), Edit(0, 3, "ذ")])
    assert edited == marked(
        "ذ ⟨1:OCC|وزير ⟨2:ORG|خارجية ⟨3:GPE|السودان⟩⟩⟩ في ⟨4:GPE|تونس⟩ أمس", "1 works_in 3", id="a"
    )


def test_an_edit_may_touch_a_mention():
    document = marked("و⟨1:GPE|تونس⟩، ⟨2:GPE|عمان⟩⟨3:GPE|قطر⟩")
    edits = [Edit(0, 1, "ثم "), Edit(5, 6, " و"), Edit(7, 11, "لبنان")]
    assert rewrite(document, edits) == marked("ثم ⟨1:GPE|تونس⟩ و ⟨2:GPE|لبنان⟩⟨3:GPE|قطر⟩")


def test_an_edit_that_would_cut_or_erase_a_mention_is_left_out():
    """The first reaches into a mention, the second out of one, the third leaves nothing of it."""
    edits = [Edit(2, 6, "x"), Edit(17, 21, "x"), Edit(23, 27, "")]
    assert rewrite(DOCUMENT, edits) == DOCUMENT


@given(documents_with_edits())
def test_an_edited_document_is_what_editing_letter_by_letter_gives(
    drawn: tuple[Document, list[Edit]],
):
    document, edits = drawn
    edges = {edge for entity in document.entities for edge in (entity.start, entity.end)}
    letters = list(document.text)
    for start, end, text in edits:
        if text and not edges & set(range(start + 1, end)):
            letters[start:end] = [text, *[""] * (end - start - 1)]
    edited = rewrite(document, edits)
    assert edited.text == "".join(letters)
    assert [(e.start, e.text) for e in edited.entities] == [
        (len("".join(letters[: e.start])), "".join(letters[e.start : e.end]))
        for e in document.entities
    ]
    assert [(e.id, e.type, e.score, e.cluster) for e in edited.entities] == [
        (e.id, e.type, e.score, e.cluster) for e in document.entities
    ]
    assert (edited.id, edited.relations, edited.meta) == (
        document.id,
        document.relations,
        document.meta,
    )
