"""The page: what stands in its HTML, and what a real browser makes of it."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from khabar.data.page import build_page, page_title
from khabar.data.records import Document, Entity, Relation
from khabar.data.words import split_words
from tests.chromium import Dom, rendered
from tests.marked import marked

NEWS = marked(
    "لقاء في العاصمة\n\n"
    "التقى ⟨1:OCC|وزير ⟨2:ORG|الدفاع ⟨3:NORP|العماني⟩⟩⟩ ⟨4:PERS|سامي الحداد⟩ أمس نظيرته "
    "⟨5:PERS|ليلى منصور⟩ في ⟨6:GPE|تونس⟩ ، ثم زار ⟨7:FAC|مطار ⟨8:GPE|صفاقس⟩⟩ .\n"
    "وتعمل ⟨9:PERS|منصور⟩ في ⟨10:ORG|بنك الساحل⟩ منذ ⟨11:DATE|عام 2019⟩ .",
    "4 Personal.has_occupation 1",
    "4 Administration.manager_of 2",
    "5 Location.lives_in 6",
    "7 Location.located_in 8",
    "9 Affiliation.employee_of 10",
    "4 Location.lives_in 8",
    id="news",
)
RELATIONS = len(NEWS.relations)
HOSTILE = (
    "\"'><img src=x onerror=alert(1)></script><script>alert(1)</script>&amp;<!--\u2028\u202e\0"
)
TAGS = (
    "html head meta title style noscript body header strong span button div main details summary "
    "label input i bdi code b output article section svg h1 h2 p footer select option ol li table "
    "thead tbody tr th td nav a small script"
)


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Dom:
    """The news in a browser."""
    return rendered(NEWS.to_html(), tmp_path_factory.mktemp("drawn"))


def scored(document: Document, score: float) -> Document:
    """Return the document with that score for the first entity and relation, 0.9 for the others."""
    replace = msgspec.structs.replace
    return replace(
        document,
        entities=tuple(
            replace(e, score=0.9 if at else score) for at, e in enumerate(document.entities)
        ),
        relations=tuple(
            replace(r, score=0.9 if at else score) for at, r in enumerate(document.relations)
        ),
    )


def hostile() -> Document:
    entity = Entity(
        id=HOSTILE, type=HOSTILE, start=0, end=len(HOSTILE), text=HOSTILE, cluster=HOSTILE
    )
    relation = Relation(id=HOSTILE, type=HOSTILE, head=HOSTILE, tail=HOSTILE)
    return Document(
        id=HOSTILE,
        text=HOSTILE,
        entities=(entity,),
        relations=(relation,),
        meta={HOSTILE: HOSTILE},
    )


def shown_lines(dom: Dom) -> list[str]:
    return [e.text for e in dom.elements if e.tag in {"p", "h1"} and "alone" not in e.classes]


# The HTML


def test_a_page_reads_from_right_to_left_and_asks_no_network_for_anything():
    page = NEWS.to_html()
    assert '<html lang="ar" dir="rtl">' in page
    assert "default-src 'none'" in page
    links = re.findall(r"""(?:https?:|//)[^\s"'<>]+""", re.sub(r"//[ ].*|/\*.*?\*/", "", page))
    assert links == ["http://www.w3.org/2000/svg"]  # a name, which nothing loads
    assert "url(" not in page
    assert "@import" not in page


def test_the_text_stands_in_the_page_without_its_script():
    assert "\n".join(shown_lines(Dom(NEWS.to_html()))) == NEWS.text


def test_a_nested_word_is_one_element_with_all_its_layers():
    runs = {e.text: e.attributes["data-layers"] for e in Dom(NEWS.to_html()).of("span", "run")}
    places = {entity.text: place for place, entity in enumerate(NEWS.entities)}
    people, ministry = places["العماني"], places["الدفاع العماني"]
    post = places["وزير الدفاع العماني"]
    assert runs["العماني"] == f"{people}:1 {ministry}:2 {post}:3"
    assert runs["وزير"] == f"{post}:3"


def test_mentions_of_one_thing_share_a_row():
    document = marked("⟨1:GPE|تونس⟩ ⟨2:GPE|تونس⟩ ⟨3:ORG|تونس⟩")
    rows = [e for e in Dom(document.to_html()).of("tr") if "data-group" in e.attributes]
    assert len(rows) == 2
    entities = tuple(msgspec.structs.replace(e, cluster="c1") for e in document.entities)
    grouped = msgspec.structs.replace(document, entities=entities)
    rows = [e for e in Dom(grouped.to_html()).of("tr") if "data-group" in e.attributes]
    assert len(rows) == 1


def test_known_types_have_arabic_names_and_unknown_ones_keep_theirs():
    page = Dom(
        marked("⟨1:PERS|سامي⟩ ⟨2:VESSEL|أمل⟩", "1 Location.lives_in 2", "1 sails 2").to_html()
    )
    assert {e.text.split()[0] for e in page.of("label", "chip")} == {"شخص", "VESSEL"}
    assert {e.text for e in page.of("bdi", "label")} == {"يعيش في", "sails"}


def test_a_line_without_arabic_reads_from_left_to_right():
    lines = [e for e in Dom(Document(id="1", text="قال\nReuters said").to_html()).of("p")]
    assert [line.attributes.get("dir") for line in lines[:2]] == [None, "ltr"]


def test_a_headline_is_a_short_first_line_set_apart():
    assert [e.text for e in Dom(NEWS.to_html()).of("h1")] == ["لقاء في العاصمة"]
    assert Dom(Document(id="1", text="قال\nثم").to_html()).of("h1") == []
    assert Dom(Document(id="1", text=f"{'قال ' * 60}\n\nثم").to_html()).of("h1") == []


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("عنوان\nخبر", "عنوان"),
        (" -- \n\t\n سطر   أول ", "سطر أول"),
        ("كلمة " * 40, "كلمة " * 17 + "كلمة…"),
        ("؟!", "the id"),
    ],
)
def test_a_title_is_the_first_line_that_says_something(text: str, title: str):
    assert page_title(Document(id="the id", text=text)) == title


def test_several_documents_have_a_list_and_one_has_none():
    other = Document(id="other", text="خبر آخر")
    page = Dom(build_page([NEWS, other]))
    links = [e for e in page.of("a") if "data-article" in e.attributes]
    assert [e.text.split(" · ")[0] for e in links] == ["لقاء في العاصمةnews", "خبر آخرother"]
    assert ["hidden" in e.attributes for e in page.of("article")] == [False, True]
    assert Dom(NEWS.to_html()).of("nav") == []


def test_a_page_of_no_document_says_so():
    assert "لا مقالات" in build_page([])


# Escaping


def test_nothing_of_a_document_becomes_an_element_or_an_attribute():
    page = Dom(build_page([hostile(), hostile()]))
    assert {e.tag for e in page.elements} <= set(TAGS.split())
    assert len(page.of("script")) == 1
    assert not [name for e in page.elements for name in e.attributes if name.startswith("on")]
    assert page.of("script")[0].text.count("alert") == 0


def test_a_name_turns_nothing_round_but_the_text_keeps_its_marks():
    document = marked("⟨1:PERS|سامي\u202e⟩ قال\u2067", id="\u202eid")
    page = Dom(document.to_html())
    names = [e.text for tag in ("bdi", "title", "a") for e in page.of(tag)]
    assert not [name for name in names if re.search("[\u202a-\u202e\u2066-\u2069]", name)]
    assert shown_lines(page) == ["سامي\u202e قال\u2067"]


def test_what_no_page_can_hold_is_replaced():
    page = Document(id="a\ud800", text="\0قال\x1b\ud800\ufffe\tثم").to_html()
    assert shown_lines(Dom(page)) == ["\ufffdقال\ufffd\ufffd\ufffd\tثم"]
    page.encode()


@settings(max_examples=40, deadline=None)
@given(st.from_type(Document))
def test_any_document_has_a_page_with_its_text_and_all_that_is_marked(document: Document):
    page = Dom(document.to_html())
    assert len([e for e in page.of("li") if "data-relation" in e.attributes]) == len(
        document.relations
    )
    assert len(page.of("button", "mention")) == len(document.entities)
    unprintable = "[\x00-\x08\x0a-\x1f\x7f-\x9f\ufdd0-\ufdef\ufffe\uffff]"
    lines = re.split("\r\n|[\n\r\v\f\x85\u2028\u2029]", document.text)
    assert shown_lines(page) == [re.sub(unprintable, "\ufffd", line) for line in lines]


# A notebook


def test_a_notebook_shows_the_page_in_a_frame_that_cannot_reach_it():
    frame = Dom(hostile()._repr_html_())
    assert [e.tag for e in frame.elements] == ["iframe"]
    assert frame.elements[0].attributes["sandbox"] == "allow-scripts"
    assert frame.elements[0].attributes["srcdoc"] == hostile().to_html()


# A real browser


def test_every_relation_is_drawn_once_as_an_arc(drawn: Dom):
    arcs = drawn.of("path")
    assert len(arcs) == RELATIONS
    assert len({e.attributes["d"] for e in arcs}) == RELATIONS
    numbers = [float(n) for e in arcs for n in re.findall(r"-?[\d.]+", e.attributes["d"])]
    assert min(numbers) >= 0
    assert max(numbers) > 100


def test_words_are_whole_in_the_browser_and_the_text_is_untouched(tmp_path: Path):
    page = rendered(NEWS.to_html(), tmp_path, pixels=500)
    assert len(page.of("path")) == RELATIONS
    words = {NEWS.text[start:end] for start, end in split_words(NEWS.text)}
    runs = [e.text for e in page.of("span", "run") if "space" not in e.classes]
    assert runs
    assert set(runs) <= words
    assert "\n".join(shown_lines(page)) == NEWS.text


def test_the_address_filters_types(tmp_path: Path):
    page = rendered(NEWS.to_html(), tmp_path, "#type=PERS,GPE")
    assert len(page.of("path")) == 2  # the two of a person and a country
    rows = [e for e in page.of("tr") if "data-group" in e.attributes]
    shown = {e.text for e in rows if "hidden" not in e.attributes}
    assert len(shown) == 5
    painted = [e for e in page.of("span", "run") if "var(--band" in e.attributes["style"]]
    assert "وزير" not in [e.text for e in painted]
    assert "تونس" in [e.text for e in painted]


def test_the_address_filters_scores_and_relation_types(tmp_path: Path):
    document = scored(NEWS, 0.4)
    sure = rendered(document.to_html(), tmp_path, "#score=0.5")
    assert len(sure.of("path")) == RELATIONS - 1
    chosen = rendered(document.to_html(), tmp_path, "#relation=Location.lives_in")
    assert len(chosen.of("path")) == 2


def test_the_graph_holds_what_is_related_and_names_the_others(drawn: Dom):
    nodes = [e.text for e in drawn.of("g", "node")]
    assert len(nodes) == len(set(nodes))
    assert {"سامي الحداد", "صفاقس", "بنك الساحل", "وزير الدفاع العماني"} <= set(nodes)
    assert len(drawn.of("g", "edge")) == RELATIONS
    assert [e.text for e in drawn.of("p", "alone")] == ["بلا علاقة مذكورة: العماني"]


def test_the_address_chooses_an_article(tmp_path: Path):
    page = rendered(build_page([Document(id="1", text="خبر"), NEWS]), tmp_path, "#article=2")
    assert ["hidden" in e.attributes for e in page.of("article")] == [True, False]
    assert len(page.of("path")) == RELATIONS


def test_a_hostile_document_runs_nothing_and_is_drawn(tmp_path: Path):
    loud = HOSTILE.replace("alert(1)", "document.title=1").replace("\0", "")
    document = msgspec.structs.replace(hostile(), text=loud, entities=(), relations=())
    word = Entity(id="1", type=loud, start=0, end=len(loud), text=loud)
    link = Relation(id=loud, type=loud, head="1", tail="1")
    document = msgspec.structs.replace(document, entities=(word,), relations=(link,))
    page = rendered(document.to_html(), tmp_path)
    assert page.of("title")[0].text != "1"
    assert len(page.of("path")) == 1


def test_a_thing_goes_by_its_fullest_name_without_particles():
    text = "قال سامي الحداد إنه سافر. وأضاف الحداد أن الحداد عاد."
    starts = [(4, 15), (32, 38), (42, 48)]
    document = Document(
        id="1",
        text=text,
        entities=tuple(
            Entity(id=str(n), type="PERS", start=s, end=e, text=text[s:e], cluster="c1")
            for n, (s, e) in enumerate(starts)
        ),
    )
    page = document.to_html()
    table = page[page.index('<section class="entities"') :]
    assert table.count("<tr data-group=") == 1
    assert '<th scope="row"><bdi>سامي الحداد</bdi></th>' in table
