"""Search in the widths that people type and data is stored in."""

import pytest

from sekisho.foundation.ui.list_search import every_word_found, spellings


@pytest.mark.parametrize(
    ("typed", "stored"),
    [("１０．０", "10.0"), ("10.0", "１０．０"), ("ﾙｰﾀ", "ルータ"), ("CAF", "ＣＡＦ"), ("北館", "北館")],
)
def test_spellings_hold_the_other_width(typed: str, stored: str) -> None:
    assert stored in spellings(typed)


def test_spellings_begin_with_what_was_typed_and_never_repeat() -> None:
    assert spellings("北館") == ["北館"]
    assert spellings("a")[0] == "a"


def test_every_word_found_asks_for_each_word_in_any_field() -> None:
    condition = every_word_found(["北", "館"], ["name", "place"])
    text = str(condition)
    assert text.count("OR") == 2
    assert text.startswith("(AND: (OR: ('name__icontains', '北')")
