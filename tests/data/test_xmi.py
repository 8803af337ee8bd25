import re
import zipfile
from pathlib import Path
from xml.etree import ElementTree

import msgspec
import pytest
from cassis import Cas, TypeSystem, load_cas_from_xmi, load_dkpro_core_typesystem, load_typesystem
from hypothesis import given, settings
from hypothesis import strategies as st

from khabar.data.errors import ConfigError, FormatError
from khabar.data.records import Document, Entity, Relation
from khabar.data.rejected import Rejected, StrictRejected
from khabar.data.xmi import missing_from_xmi, read_xmi, write_xmi

TEXT = "😀 قالَ  وزيـر الصحّة:\r\n\n\tوفرنسا 👨‍🌾 هنا"
DOCUMENT = Document(
    id="خبر 1/2",
    text=TEXT,
    entities=(
        Entity(id="a", type="OCC", start=8, end=20, text=TEXT[8:20], score=1 / 3, cluster="c1"),
        Entity(id="b", type="ORG", start=14, end=20, text="الصحّة"),
        Entity(id="c", type="ORG", start=14, end=20, text="الصحّة"),
        Entity(id="d", type="GPE", start=26, end=31, text="فرنسا"),
        Entity(id="e", type="X", start=32, end=35, text="👨‍🌾"),
    ),
    relations=(
        Relation(id="r2", type="Affiliation.employee_of", head="a", tail="b", score=0.1),
        Relation(id="r1", type="x", head="e", tail="a"),
    ),
)
ENTITY = "{http:///webanno/custom.ecore}Entity"
NAMED = "de.tudarmstadt.ukp.dkpro.core.api.ner.type.NamedEntity"


def save(path: Path, cas: Cas) -> Path:
    cas.to_xmi(path)
    cas.typesystem.to_xml(path.with_name("TypeSystem.xml"))
    return path


def test_documents_come_back_equal_from_a_folder_and_one_file(tmp_path: Path):
    other = Document(id="2", text="نص")
    write_xmi(tmp_path / "folder", [DOCUMENT, other])
    files = sorted(file.name for file in (tmp_path / "folder").iterdir())
    assert files == ["2.xmi", "TypeSystem.xml", "خبر 1%2F2.xmi"]
    assert list(read_xmi(tmp_path / "folder", StrictRejected())) == [other, DOCUMENT]
    write_xmi(tmp_path / "x.xmi", [DOCUMENT])
    (read,) = read_xmi(tmp_path / "x.xmi", StrictRejected())
    assert read == msgspec.structs.replace(DOCUMENT, id="x")
    assert missing_from_xmi(msgspec.structs.replace(DOCUMENT, meta={"a": "b"})) == {"meta.a": 1}


def storable(document: Document) -> Document:
    """What our layers have a place for, in the order in which they are read."""
    ordered = sorted(document.entities, key=lambda entity: (entity.start, -entity.end))
    return msgspec.structs.replace(document, id="x", entities=tuple(ordered), meta={})


@settings(max_examples=60)
@given(st.from_type(Document).map(storable))
def test_any_document_comes_back_equal_or_holds_what_xml_cannot(tmp_path_factory, document):
    path = tmp_path_factory.getbasetemp() / "any" / "x.xmi"
    try:
        write_xmi(path, [document])
    except FormatError as error:
        assert "is a character that XML cannot hold" in str(error)  # noqa: PT017 - or none
        return
    assert list(read_xmi(path, StrictRejected())) == [document]


def test_offsets_count_utf_16_units_as_java_does(tmp_path: Path):
    """Read by a program that knows of no code points: slices of the text in UTF-16."""
    write_xmi(tmp_path / "x.xmi", [DOCUMENT])
    root = ElementTree.parse(tmp_path / "x.xmi").getroot()
    (sofa,) = root.iter("{http:///uima/cas.ecore}Sofa")
    assert sofa.attrib["sofaString"] == TEXT
    units = TEXT.encode("utf-16-le")
    found = [
        units[2 * int(e.attrib["begin"]) : 2 * int(e.attrib["end"])].decode("utf-16-le")
        for e in root.iter(ENTITY)
    ]
    assert found == [entity.text for entity in DOCUMENT.entities]


def test_the_real_library_reads_words_sentences_and_relations(tmp_path: Path):
    write_xmi(tmp_path / "x.xmi", [DOCUMENT])
    types = load_typesystem(tmp_path / "TypeSystem.xml")
    cas = load_cas_from_xmi(tmp_path / "x.xmi", typesystem=types)
    segmentation = "de.tudarmstadt.ukp.dkpro.core.api.segmentation.type"
    tokens = [token.get_covered_text() for token in cas.select(f"{segmentation}.Token")]
    assert tokens == ["😀", "قالَ", "وزيـر", "الصحّة", ":", "وفرنسا", "👨", "🌾", "هنا"]
    assert [s.get_covered_text() for s in cas.select(f"{segmentation}.Sentence")] == [TEXT]
    arcs = cas.select("webanno.custom.Relation")
    found = {(a.value, a.Governor.id, a.Dependent.id, a.begin == a.Dependent.begin) for a in arcs}
    assert found == {("Affiliation.employee_of", "a", "b", True), ("x", "e", "a", True)}


def other_projects_cas() -> Cas:
    """Layers of DKPro and of a project's own, as the real library makes them."""
    types = load_dkpro_core_typesystem()
    span, arc = types.create_type("custom.Span"), types.create_type("custom.Relation")
    note = types.create_type("webanno.custom.Note", supertypeName="uima.cas.AnnotationBase")
    for layer, feature in ((span, "label"), (arc, "label"), (note, "value")):
        types.create_feature(layer, feature, "uima.cas.String")
    for role in ("Governor", "Dependent"):
        types.create_feature(arc, role, "uima.tcas.Annotation")
    cas = Cas(types)
    cas.sofa_string = "زار 😀 سالم عمان"
    person = types.get_type(NAMED)(begin=6, end=10, value="PERS", identifier="Q1")
    place = types.get_type(NAMED.replace("NamedEntity", "Location"))(begin=11, end=15, value="GPE")
    event = span(begin=0, end=3, label="EVENT")
    cas.add_all([person, place, event, note(value="n")])
    cas.add(arc(begin=0, end=3, Governor=person, Dependent=event, label="agent"))
    return cas


def test_a_file_of_other_layers_is_read(tmp_path: Path):
    (document,) = read_xmi(save(tmp_path / "a.xmi", other_projects_cas()), StrictRejected())
    assert document.text == "زار 😀 سالم عمان"
    assert [(e.type, e.text) for e in document.entities] == [
        ("EVENT", "زار"),
        ("PERS", "سالم"),
        ("GPE", "عمان"),
    ]
    (relation,) = document.relations
    assert (relation.type, document.entity(relation.head).text) == ("agent", "سالم")
    assert document.entity(relation.tail).text == "زار"


def test_a_zip_as_inception_exports_it_is_read(tmp_path: Path):
    write_xmi(tmp_path / "folder", [DOCUMENT])
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as packed:
        for file in (tmp_path / "folder").iterdir():
            packed.write(file, file.name)
    assert list(read_xmi(tmp_path / "a.zip", StrictRejected())) == [DOCUMENT]


def test_a_bad_file_is_rejected_and_the_others_are_read(tmp_path: Path):
    folder = tmp_path / "folder"
    write_xmi(folder, [msgspec.structs.replace(DOCUMENT, id=id) for id in "abcdef"])
    whole = (folder / "f.xmi").read_text("utf-8")
    token = re.findall(r'Token xmi:id="([0-9]+)"', whole)[0]
    changes = {
        "a": whole[:300],
        "b": whole.replace('value="OCC"', ""),
        "c": whole.replace('Governor="', 'sofaGovernor="'),
        "d": re.sub('Governor="[0-9]+"', f'Governor="{token}"', whole),
        "e": whole.replace("custom:Entity", "custom:Other"),
    }
    for name, xml in changes.items():
        (folder / f"{name}.xmi").write_text(xml, "utf-8")
    rejected = Rejected()
    assert [document.id for document in read_xmi(folder, rejected)] == ["f"]
    reasons = {Path(entry.path).stem: entry.reason for entry in rejected.entries}
    assert reasons["a"].startswith("is damaged, or no XMI of the types beside it")
    assert reasons["b"] == f"the entity {TEXT[8:20]!r} at 8 has no type; give it one, or delete it"
    assert "unexpected keyword argument 'sofaGovernor'" in reasons["c"]
    assert re.match("the Governor of the relation [0-9]+ is no entity; mend or", reasons["d"])
    assert "custom.Other" in reasons["e"]


def test_an_offset_inside_a_character_is_rejected(tmp_path: Path):
    document = Document(
        id="x", text="😀", entities=(Entity(id="1", type="X", start=0, end=1, text="😀"),)
    )
    write_xmi(tmp_path / "x.xmi", [document])
    xml = (
        (tmp_path / "x.xmi")
        .read_text("utf-8")
        .replace('begin="0" end="2" v', 'begin="0" end="1" v')
    )
    (tmp_path / "x.xmi").write_text(xml, "utf-8")
    rejected = Rejected()
    assert list(read_xmi(tmp_path / "x.xmi", rejected)) == []
    assert "Not mapping external offset [1]" in rejected.entries[0].reason


def test_types_that_are_missing_or_damaged_are_an_error(tmp_path: Path):
    write_xmi(tmp_path / "x.xmi", [DOCUMENT])
    (tmp_path / "TypeSystem.xml").write_text("<types")
    with pytest.raises(FormatError, match=r"TypeSystem\.xml: is damaged or describes no types"):
        list(read_xmi(tmp_path / "x.xmi", Rejected()))
    (tmp_path / "TypeSystem.xml").unlink()
    with pytest.raises(FormatError, match=r"TypeSystem\.xml: cannot be read: .*; export it along"):
        list(read_xmi(tmp_path / "x.xmi", Rejected()))
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as packed:
        packed.write(tmp_path / "x.xmi", "x.xmi")
    with pytest.raises(FormatError, match=r"a\.zip: holds no TypeSystem\.xml"):
        list(read_xmi(tmp_path / "a.zip", Rejected()))
    (tmp_path / "a.zip").write_text("no zip")
    with pytest.raises(FormatError, match=r"a\.zip: is damaged or no zip file"):
        list(read_xmi(tmp_path / "a.zip", Rejected()))


@pytest.mark.parametrize(
    ("document", "sign"),
    [
        (Document(id="x", text="أ\x0b"), r"U\+000B at 1 of 'أ\\x0b'"),
        (Document(id="x", text="\ud800"), r"U\+D800 at 0"),
        (Document(id="x\x00", text="أ"), r"U\+0000 at 1"),
    ],
)
def test_what_xml_cannot_hold_is_not_written(tmp_path: Path, document: Document, sign: str):
    with pytest.raises(FormatError, match=sign + ".* is a character that XML cannot hold; repl"):
        write_xmi(tmp_path / "x.xmi", [document])


def test_without_cassis_one_sentence_says_what_to_install(tmp_path: Path, monkeypatch):
    monkeypatch.setattr("khabar.data.optional.find_spec", lambda name: None)
    sentence = r"XMI needs cassis: pip install 'khabar\[inception\]'"
    with pytest.raises(ConfigError, match=sentence):
        write_xmi(tmp_path / "a", [DOCUMENT])
    with pytest.raises(ConfigError, match=sentence):
        list(read_xmi(tmp_path / "a", Rejected()))


def test_a_type_system_of_a_users_own_is_kept(tmp_path: Path):
    TypeSystem().to_xml(tmp_path / "TypeSystem.xml")
    with pytest.raises(FormatError, match="belongs to other files; name another folder"):
        write_xmi(tmp_path / "x.xmi", [DOCUMENT])
