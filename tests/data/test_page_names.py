"""Labels and colours: all of the shipped schema, and readable ones."""

from __future__ import annotations

import pytest

from khabar.data.page_names import relation_label, shipped_names, type_style
from khabar.data.schema import load_schema

WHITE, BLACK = "#ffffff", "#14171c"
"""The grounds of the text in page.css, light and dark."""


def luminance(colour: str) -> float:
    """Return a colour's relative luminance (WCAG 2.2)."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    low, high = sorted([luminance(one), luminance(other)])
    return (high + 0.05) / (low + 0.05)


def test_contrast_is_what_the_guideline_says():
    assert contrast("#ffffff", "#000000") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


def test_every_type_of_the_shipped_schema_has_a_label():
    schema, names = load_schema("wojood"), shipped_names()
    assert set(schema.entities) <= set(names.entities)
    assert set(schema.relations) <= set(names.relations)


@pytest.mark.parametrize("type", shipped_names().entities)
def test_every_colour_stands_out_from_its_ground(type: str):
    style = type_style(type)
    assert contrast(style.light, WHITE) >= 4.5
    assert contrast(style.dark, BLACK) >= 4.5


def test_an_unknown_type_keeps_its_name_and_always_has_the_same_colour():
    assert type_style("VESSEL").label == "VESSEL"
    assert type_style("VESSEL") == type_style("VESSEL")
    assert relation_label("sails_to") == "sails_to"
