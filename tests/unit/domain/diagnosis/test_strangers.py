"""What services say, made safe to keep and to show."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sekisho.domain.diagnosis.strangers import CUT, visible, visible_line


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("SSH-2.0-OpenSSH_9.2", "SSH-2.0-OpenSSH_9.2"),
        ("\x1b[2J\x1b[1;1Hroot#", "\\x1b[2J\\x1b[1;1Hroot#"),
        ("a\x00b\x07c", "a\\x00b\\x07c"),
        ("user\u202egnp.exe", "user\\u202egnp.exe"),
        ("zero\u200bwidth", "zero\\u200bwidth"),
        ("日本語の名乗り", "日本語の名乗り"),
        ("\x9b31m", "\\x9b31m"),
        ("\ud800", "\\ud800"),
        ("tab\there", "tab here"),
    ],
)
def test_visible_line_writes_control_characters_out(said: str, shown: str) -> None:
    assert visible_line(said) == shown


def test_visible_keeps_lines_and_visible_line_does_not() -> None:
    assert visible("one\r\ntwo\nthree") == "one\ntwo\nthree"
    assert visible_line("one\r\ntwo\n\n three ") == "one two three"


def test_visible_is_bounded_whatever_is_said() -> None:
    shown = visible("A" * 10_000_000, 100)
    assert shown == "A" * 100 + CUT


@given(st.text())
def test_visible_line_leaves_nothing_that_moves_a_cursor_or_reorders(said: str) -> None:
    shown = visible_line(said, 200)
    assert not [char for char in shown if unicodedata.category(char) in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}]
    assert len(shown) <= 200 * 10 + 1


@given(st.text(alphabet=st.characters(categories=["L", "N", "P"])))
def test_visible_changes_nothing_of_plain_text(said: str) -> None:
    assert visible(said, len(said) + 1) == said
