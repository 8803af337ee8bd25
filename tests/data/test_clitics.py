import pytest
from hypothesis import given
from hypothesis import strategies as st

from khabar.data.clitics import join_clitics, split_clitics

KNOWN = {"فرنسا", "الكويت", "التحالف", "اللاذقية", "ليبيا", "لبنان", "بغداد", "مجلس الأمن"}
CLITICS = ("", "و", "ف", "ب", "ل", "ك", "وب", "ول", "وك", "فب", "فل")


@pytest.mark.parametrize(
    ("mention", "clitic", "bare"),
    [
        ("وفرنسا", "و", "فرنسا"),
        ("بالكويت", "ب", "الكويت"),
        ("وبالكويت", "وب", "الكويت"),
        ("للتحالف", "ل", "التحالف"),
        ("وللتحالف", "ول", "التحالف"),
        ("للاذقية", "ل", "اللاذقية"),
        ("لليبيا", "ل", "ليبيا"),
        ("ولبنان", "و", "لبنان"),
        ("لمجلس الأمن", "ل", "مجلس الأمن"),
    ],
)
def test_particles_are_what_stands_before_a_known_name(mention: str, clitic: str, bare: str):
    assert split_clitics(mention, KNOWN) == (clitic, bare)
    assert join_clitics(clitic, bare) == mention


@pytest.mark.parametrize("mention", ["بغداد", "ليبيا", "وهران", "فلسطين", "للكرملين", "و", ""])
def test_a_first_letter_belongs_to_the_name_where_the_rest_is_no_known_one(mention: str):
    assert split_clitics(mention, KNOWN) == ("", mention)


@given(st.sampled_from(CLITICS), st.text("التحبوفكس ", min_size=1, max_size=6))
def test_what_is_joined_splits_again(clitic: str, name: str):
    """Of letters that are particles, too, so that a name may look as if it had some."""
    assert split_clitics(join_clitics(clitic, name), {name}) == (clitic, name)
