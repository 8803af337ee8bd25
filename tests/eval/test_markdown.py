from __future__ import annotations

from khabar.eval.errors import Example, Marked
from khabar.eval.markdown import example_row, report_markdown, table_lines
from khabar.eval.sections import Provenance, report_sections


def test_headings_tables_and_examples_are_there(analysis):
    text = report_markdown(analysis, Provenance(system="news", data="dev"))
    lines = text.splitlines()
    assert lines[0] == "# news on dev"
    assert [line[3:] for line in lines if line.startswith("## ")] == [
        section.title for section in report_sections(analysis)
    ]
    assert "2 documents, schema nested, extents compared in words." in lines
    assert any(line.startswith("| entity strict, all layers | 42.9 |") for line in lines)
    (missed,) = [line for line in lines if line.startswith("| gold: مصر |")]
    assert missed.endswith("| b | تحد ليبيا دولة مصر |")


def test_rows_of_a_table_have_as_many_cells_as_their_head(analysis):
    text = report_markdown(analysis, Provenance(system="a|b", data="dev"))
    blocks = [block for block in text.split("\n\n") if block.startswith("|")]
    assert len(blocks) > 15
    for block in blocks:
        widths = {line.replace("\\|", "").count("|") for line in block.splitlines()}
        assert len(widths) == 1, block


def test_a_bar_in_a_text_does_not_end_its_cell():
    mark = Marked(role="gold", type="T", start=0, end=3)
    row = example_row(Example(kind="x", document="1", text="أ|ب", marked=(mark,), gold="T"))
    assert list(table_lines(("a",) * 5, (row,)))[2] == "| gold: أ\\|ب | T |  | 1 | أ\\|ب |"
