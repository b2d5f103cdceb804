"""Widths against the bundled font itself, and line breaking."""

from functools import cache
from pathlib import Path

import pytest
from fontTools.ttLib import TTFont
from hypothesis import given
from hypothesis import strategies as st

import sekisho.adapters.documents as documents
from sekisho.domain.drawing.metrics import ELLIPSIS, printable, shorten, text_width, wrap

FONTS = Path(documents.__file__).parent / "fonts"
JAPANESE = "回線終端装置設置場所本部棟サーバールーム電子カルテ検査ｱｲｳー〜①⑳ABCxyz0123456789 .-/()"
PUNCTUATION = "「」（）、。・"


@cache
def font(weight: str) -> tuple[dict[int, str], dict[str, tuple[int, int]], int]:
    loaded = TTFont(FONTS / f"BIZUDPGothic-{weight}.ttf")
    return loaded.getBestCmap(), loaded["hmtx"].metrics, loaded["head"].unitsPerEm


def real_width(text: str, weight: str) -> float:
    names, metrics, em = font(weight)
    return sum(metrics[names[ord(char)]][0] for char in text) / em


@pytest.mark.parametrize("weight", ["Regular", "Bold"])
def test_text_width_is_never_less_than_in_the_bundled_font(weight: str) -> None:
    names, _, _ = font(weight)
    # Beyond the letters of Japanese and Latin text a font may hold anything; names are made of these.
    blocks = (
        range(0x20, 0x7F),
        range(0x3041, 0x30FF),
        range(0x4E00, 0x9FFF),
        range(0xFF01, 0xFF9F),
        range(0x2460, 0x2474),
    )
    for code in (code for block in blocks for code in block if code in names):
        assert text_width(chr(code), 1000) >= real_width(chr(code), weight) * 1000 - 1.5, chr(code)


@given(st.text(JAPANESE, max_size=60))
def test_text_width_is_at_most_a_fifth_too_large(text: str) -> None:
    assert text_width(text, 1) <= max(real_width(text, "Regular"), real_width(text, "Bold")) * 1.2 + 0.6


@pytest.mark.parametrize(
    ("text", "ems"), [("", 0), ("あ", 1), ("回線", 2), ("ｱ", 0.5), ("a\u0301", 0.66), ("①", 1), ("𠮷", 1), ("🏥", 1)]
)
def test_text_width_counts_full_and_half_width(text: str, ems: float) -> None:
    assert text_width(text, 10) == pytest.approx(ems * 10)


@given(st.text(max_size=300), st.floats(20, 300), st.floats(6, 20), st.integers(1, 6))
def test_wrap_never_exceeds_width_or_lines(text: str, width: float, size: float, lines: int) -> None:
    broken = wrap(printable(text), width, size, lines)
    assert len(broken) <= lines
    assert all(text_width(line, size) <= width + 1e-6 for line in broken)


@given(st.text(JAPANESE + PUNCTUATION, max_size=120))
def test_wrap_loses_nothing_when_there_are_lines_enough(text: str) -> None:
    text = printable(text)
    assert "".join(wrap(text, 80, 8, 1000)).replace(" ", "") == text.replace(" ", "")


def test_wrap_keeps_latin_words_whole() -> None:
    assert wrap("Allied Telesis AT-AR4050S", 112, 8, 3) == ("Allied Telesis", "AT-AR4050S")


def test_wrap_splits_a_word_that_no_line_can_hold() -> None:
    assert "".join(wrap("x" * 50, 60, 8, 20)) == "x" * 50


@pytest.mark.parametrize(
    "text", ["本部棟のサーバールーム、一番", "検査（ＬＩＳ）のための回線", "アイウエオカキクケコッテ"]
)
@pytest.mark.parametrize("width", range(40, 100, 8))
def test_wrap_starts_no_line_with_a_closing_mark(text: str, width: int) -> None:
    lines = wrap(text, width, 8, 10)
    assert not any(line[0] in "、。）ーッ" for line in lines[1:])
    assert not any(line[-1] == "（" for line in lines[:-1])


def test_wrap_marks_what_it_leaves_out() -> None:
    lines = wrap("とても長い名前の医療法人社団", 50, 8, 2)
    assert len(lines) == 2
    assert lines[-1].endswith(ELLIPSIS)


def test_shorten_gives_nothing_where_not_even_the_ellipsis_fits() -> None:
    assert shorten("回線", 3, 8) == ""


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("  本部棟　3F \n サーバ\t室 ", "本部棟 3F サーバ 室"),
        ("a\x00b\x07", "a�b�"),
        ("x\ud800y", "x�y"),
        ("\u202egnp.exe", "gnp.exe"),
        ("ゼ\u200bロ", "ゼロ"),
        ("e" + "\u0301" * 50, "é\u0301\u0301"),
        ("か\u3099", "が"),
        ("𠮷野家🏥", "𠮷野家🏥"),
    ],
)
def test_printable_leaves_only_what_can_be_drawn(raw: str, shown: str) -> None:
    assert printable(raw) == shown


def test_printable_cuts_a_name_without_end() -> None:
    assert len(printable("あ" * 1_000_000)) == 2000
