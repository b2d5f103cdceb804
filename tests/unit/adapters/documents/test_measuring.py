"""Column widths, places to break, and the characters of the font."""

from hypothesis import given
from hypothesis import strategies as st

from sekisho.adapters.documents.glyphs import is_held, substituted
from sekisho.adapters.documents.measuring import BREAK, column_widths, longest_word_em, width_em, with_breaks


def test_words_are_as_wide_as_the_font_makes_them():
    assert width_em("漢字") == 2.0
    assert 7.0 < width_em("CAF0000001") < 8.0
    assert longest_word_em("NEC UNIVERGE IX2215") == width_em("UNIVERGE")


def test_columns_grow_to_their_longest_word():
    widths = column_widths([1, 1, 8], [10, 1, 1], total=100, em=2, padding=2)
    assert round(sum(widths), 6) == 100
    assert widths[0] >= 22


@given(st.lists(st.tuples(st.floats(1, 50), st.floats(0, 500)), min_size=1, max_size=10))
def test_columns_always_fill_the_table(columns):
    widths = column_widths([c[0] for c in columns], [c[1] for c in columns], total=174, em=2.8, padding=2.4)
    assert abs(sum(widths) - 174) < 1e-6
    assert min(widths) > 0


@given(st.text(max_size=200), st.floats(2, 30))
def test_places_to_break_change_no_character(text, room):
    clean = text.replace(BREAK, "")
    assert with_breaks(clean, room).replace(BREAK, "") == clean


def test_places_to_break_stand_only_where_a_word_does_not_fit():
    assert with_breaks("CAF0000001", 10) == "CAF0000001"
    assert max(width_em(part) for part in with_breaks("x" * 500, 10).split(BREAK)) <= 10
    assert max(width_em(part) for part in with_breaks("–" * 300, 10).split(BREAK)) <= 10


def test_glyphs_know_what_the_font_holds():
    assert all(is_held(char) for char in "漢字かなカナABC①㈱髙﨑〓○×▲？－\n")
    assert not any(is_held(char) for char in "𠮷😀ع")


def test_glyphs_replace_in_every_string_and_remember_what():
    lacking: set[str] = set()
    assert substituted({"a": ["𠮷", 1, {"b": "ok"}]}, lacking) == {"a": ["〓", 1, {"b": "ok"}]}
    assert lacking == {"𠮷"}
