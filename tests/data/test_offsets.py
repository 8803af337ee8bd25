import pytest
from hypothesis import given
from hypothesis import strategies as st

from khabar.data.errors import FormatError
from khabar.data.offsets import Claim, ClaimError, Utf16, settle

TEXT = "\U0001f534 قالَ عـمر \U0001f600 أمس"


def utf16_length(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


@given(st.text(st.sampled_from("ا\u064e\u0640 \n\U0001f600\U00010000\uffff")))
def test_units_are_those_of_utf_16_and_come_back(text: str):
    units = Utf16(text)
    for offset in range(len(text) + 1):
        assert units.units(offset) == utf16_length(text[:offset])
        assert units.code_points(units.units(offset)) == offset
    assert units.differs == (utf16_length(text) != len(text))


def test_half_a_character_is_no_offset():
    with pytest.raises(
        FormatError, match="the offset 1 lies inside a character that is two UTF-16"
    ):
        Utf16(TEXT).code_points(1)


def claim(said: str | None, shift: int = 0) -> Claim:
    start = TEXT.index("عـمر") + shift
    return Claim("T1", ((start, start + 4),), said)


def test_what_is_said_to_stand_there_decides_the_unit():
    here = claim("عـمر").pieces
    assert settle(TEXT, [claim("عـمر")]) == [here]
    assert settle(TEXT, [claim("عـمر", shift=1)]) == [here]
    assert settle(TEXT, [claim(None, shift=1)]) == [claim(None, shift=1).pieces]


def test_all_claims_are_in_one_unit():
    silent = Claim("T2", ((len(TEXT) - 1, len(TEXT) + 2),), None)
    assert settle(TEXT, [claim("عـمر", shift=1), silent])[1] == ((len(TEXT) - 3, len(TEXT)),)
    with pytest.raises(ClaimError) as error:
        settle(TEXT, [claim("عـمر"), claim("عـمر", shift=1)])
    assert error.value.index == 1


def test_spaces_do_not_count_in_what_is_said():
    text = "جامعة\nالدول"
    assert settle(text, [Claim("T1", ((0, 11),), "جامعة الدول")]) == [((0, 11),)]


@pytest.mark.parametrize("text", ["قال عمر", "\U0001f600 قال"])
def test_a_claim_that_no_unit_bears_out_is_told(text: str):
    with pytest.raises(
        ClaimError, match=r"T1 says 'زيد' of 0 to 3, where the text has '.*'; correct"
    ):
        settle(text, [Claim("T1", ((0, 3),), "زيد")])
    with pytest.raises(ClaimError, match="T1 says 'زيد' of 1 to 3"):
        settle(text, [Claim("T1", ((1, 3),), "زيد")])
