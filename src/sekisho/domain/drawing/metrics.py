"""How wide text is, and where it breaks, without a font at hand.

The widths are those of BIZ UDPGothic, the font that Sekisho bundles, the wider of its regular and bold cut; a font that
stands in for it (Noto Sans CJK, Meiryo) has narrower letters but full-width brackets and stops, so those count in full.
An estimate is never too small: what fits here fits on paper.
"""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

ELLIPSIS = "…"
LINE_HEIGHT = 1.2
"""Distance of two base lines, in font sizes."""
REPLACEMENT = "�"
"""Stands where a character cannot be printed."""
MAX_CHARACTERS = 2000
"""No name is longer than this; what is, is somebody's mistake or mischief."""

# Thousandths of the font size for U+0020 to U+007E.
_ASCII = (
    *(333, 370, 520, 940, 800, 1000, 910, 320, 505, 510, 500, 840, 330, 480, 330, 500),
    *(760, 630, 760, 760, 760, 760, 760, 760, 760, 760, 340, 340, 840, 840, 840, 800),
    *(980, 780, 770, 810, 850, 700, 670, 860, 840, 440, 560, 760, 610, 1000, 840, 880),
    *(760, 900, 760, 730, 700, 860, 760, 1000, 820, 740, 750, 550, 500, 550, 500, 305),
    *(500, 660, 730, 640, 730, 690, 510, 670, 720, 320, 400, 660, 360, 960, 720, 700),
    *(730, 730, 490, 590, 490, 720, 600, 900, 620, 640, 580, 540, 440, 540, 500),
)
_NOT_AT_START = frozenset("、。，．・：；？！ー）］｝」』】〉》々ぁぃぅぇぉっゃゅょァィゥェォッャュョ,.:;?!)]}%…")
_NOT_AT_END = frozenset("（［｛「『【〈《([{")
_VOICING = frozenset("\u3099\u309a")
"""Combining voicing marks, which the font sets as characters of their own."""
_TOKEN = re.compile(r"[!-~]+| |[^!-~ ]")
_PLAIN = re.compile(r"[\x20-\x7e\u3041-\u3096\u309b-\u30ff\u4e00-\u9fa0\uff01-\uff9f]*")


def printable(value: str) -> str:
    """Return `value` on one line with only characters that can be drawn.

    White space of any kind becomes one space; control characters, lone surrogates and unassigned code points become
    U+FFFD; invisible direction marks and heaps of combining marks, which would draw outside their box, are dropped.
    """
    return _short_printable(value) if len(value) <= 80 else _printable(value)


def _printable(value: str) -> str:
    cut = " ".join(value[:MAX_CHARACTERS].split())
    if _PLAIN.fullmatch(cut):
        return cut
    kept: list[str] = []
    marks = 0
    for char in unicodedata.normalize("NFC", cut):
        category = unicodedata.category(char)
        marks = marks + 1 if category in {"Mn", "Me"} else 0
        if category in {"Cc", "Cs", "Cn", "Co"}:
            kept.append(REPLACEMENT)
        elif category not in {"Cf", "Zl", "Zp"} and marks <= 2:
            kept.append(char)
    return " ".join("".join(kept).split())


@lru_cache(maxsize=16384)
def _short_printable(value: str) -> str:
    """Return what `_printable` returns; makers, places and carriers come again on every line."""
    return _printable(value)


@lru_cache(maxsize=16384)
def _character_width(char: str) -> int:
    """Return the width of `char` in thousandths of the font size."""
    code = ord(char)
    if 0x20 <= code <= 0x7E:
        return _ASCII[code - 0x20]
    if char not in _VOICING and unicodedata.category(char) in {"Mn", "Me", "Cf"}:
        return 0
    return 500 if unicodedata.east_asian_width(char) == "H" else 1000


@lru_cache(maxsize=16384)
def _short_width(text: str) -> int:
    return sum(map(_character_width, text))


def _width(text: str) -> int:
    """Return the width in thousandths of the font size; only short texts, which come again, are remembered."""
    return _short_width(text) if len(text) <= 80 else sum(map(_character_width, text))


def text_width(text: str, size: float) -> float:
    """Return how wide `text` is at most when set in `size`, in the unit of `size`."""
    return _width(text) * size / 1000


def shorten(text: str, width: float, size: float) -> str:
    """Return `text`, or as much of its start as fits into `width` together with an ellipsis ("" when nothing does)."""
    if text_width(text, size) <= width:
        return text
    room = width - text_width(ELLIPSIS, size)
    if room < 0:
        return ""
    taken, used = 0, 0.0
    for char in text:
        used += _character_width(char) * size / 1000
        if used > room:
            break
        taken += 1
    return text[:taken].rstrip() + ELLIPSIS


@lru_cache(maxsize=4096)
def wrap(text: str, width: float, size: float, max_lines: int) -> tuple[str, ...]:
    """Break `text` into at most `max_lines` lines of at most `width`; the last one ends in "…" when text is left over.

    Latin words and numbers stay whole where a line can hold them; no line starts with a closing mark or ends with an
    opening one.
    """
    if not text or max_lines < 1:
        return ()
    if text_width(text, size) <= width:
        return (text,)
    lines: list[str] = []
    for line, rest in _lines(text, width, size):
        if len(lines) == max_lines - 1:
            lines.append(shorten(line + rest, width, size))
            break
        lines.append(line.rstrip())
    return tuple(line for line in lines if line)


def _lines(text: str, width: float, size: float) -> Iterator[tuple[str, str]]:
    """Yield each line with all text after it."""
    tokens = _tokens(text, width, size)
    start = 0
    while start < len(tokens):
        end, used = start, 0.0
        while end < len(tokens) and used + (wide := text_width(tokens[end], size)) <= width:
            used += wide
            end += 1
        end = _better_break(tokens, start, max(end, start + 1))
        yield "".join(tokens[start:end]), "".join(tokens[end:])
        start = end
        while start < len(tokens) and tokens[start] == " ":
            start += 1


def _tokens(text: str, width: float, size: float) -> list[str]:
    """Return the pieces between which a line may break: words, and single characters of words that are too long."""
    tokens: list[str] = []
    for token in _TOKEN.findall(text):
        tokens.extend(token if text_width(token, size) > width else (token,))
    return tokens


def _better_break(tokens: list[str], start: int, end: int) -> int:
    """Return `end`, or up to three places earlier where Japanese typesetting would rather break."""
    for place in range(end, max(start, end - 3), -1):
        starts_badly = place < len(tokens) and tokens[place][0] in _NOT_AT_START
        if not starts_badly and tokens[place - 1][-1] not in _NOT_AT_END:
            return place
    return end
