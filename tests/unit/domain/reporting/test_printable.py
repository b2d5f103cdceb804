"""Text from strangers made printable."""

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from sekisho.domain.reporting.printable import printable


def test_printable_keeps_ordinary_text():
    for text in ("CAF00001", "給食（オークラ）", "彅・﨑・髙", "é ö", "a\nb"):
        assert printable(text) == text


def test_printable_shows_what_cannot_be_printed():
    assert printable("a\x00b") == "a〓b"
    assert printable("\ud800") == "〓"
    assert printable("gnp.\u202eexe") == "gnp.〓exe"


def test_printable_brings_line_ends_and_blanks_to_one_form():
    assert printable("a\r\nb\rc\u2028d\te\u200b") == "a\nb\nc\nd e"


@given(st.text(alphabet=st.characters(codec=None)))
def test_printable_leaves_nothing_that_breaks_a_document(text):
    made = printable(text)
    assert not any(unicodedata.category(char) in {"Cc", "Cs", "Cn", "Co"} for char in made.replace("\n", ""))
    assert printable(made) == made
    made.encode("utf-8")
