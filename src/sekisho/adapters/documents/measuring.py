"""How wide text is in the document font, near enough to give columns their widths before anything is set.

Typst does not break inside a word; an address or an identifier wider than its column would run into the next one. So
columns grow to their longest word as far as the table allows, and longer words get places to break.
"""

import unicodedata
from collections.abc import Sequence
from functools import lru_cache

BREAK = "\u200b"
"""Zero width space: a place to break that prints nothing."""

# Advance widths of U+0020 to U+007E in BIZ UDPGothic Bold, in hundredths of an em; the regular face is a little narrower.
_LATIN = (
    *(33, 37, 52, 94, 80, 100, 91, 32, 50, 51, 50, 84, 33, 48, 33, 50, 76, 63, 76, 76, 76, 76, 76, 76, 76, 76, 34, 34),
    *(84, 84, 84, 80, 98, 78, 77, 81, 85, 70, 67, 86, 84, 44, 56, 76, 61, 100, 84, 88, 76, 90, 76, 73, 70, 86, 76, 100),
    *(82, 74, 75, 55, 50, 55, 50, 31, 50, 66, 73, 64, 73, 69, 51, 67, 72, 32, 40, 66, 36, 96, 72, 70, 73, 73, 49, 59),
    *(49, 72, 60, 90, 62, 64, 58, 54, 44, 54, 50),
)
_OTHER_EM = 0.7
"""Near enough for accented letters and half-width kana."""


@lru_cache(maxsize=65_536)
def width_em(text: str) -> float:
    """Return the width of `text` on one line, in multiples of the font size."""
    return sum(map(_char_em, text))


def _char_em(char: str) -> float:
    if " " <= char <= "~":
        return _LATIN[ord(char) - 32] / 100
    return 1.0 if unicodedata.east_asian_width(char) in "WFA" else _OTHER_EM


def longest_word_em(text: str) -> float:
    """Return the width of the longest part of `text` that cannot be broken."""
    return max((width_em(word) for word in _words(text)), default=0.0)


def column_widths(
    hints: Sequence[float], longest_em: Sequence[float], *, total: float, em: float, padding: float
) -> list[float]:
    """Return column widths that sum to `total`, in its unit, close to `hints` and wide enough for the longest words.

    No column takes more than a third of the table for a word; `with_breaks` mends what is still too wide.
    """
    shares = [hint * total / sum(hints) for hint in hints]
    needs = [min(word * em + padding, total / 3) for word in longest_em]
    lacking = sum(max(0.0, need - share) for need, share in zip(needs, shares, strict=True))
    spare = sum(max(0.0, share - need) for need, share in zip(needs, shares, strict=True))
    if lacking == 0:
        return shares
    given = min(1.0, spare / lacking)
    taken = min(1.0, lacking / spare) if spare else 0.0
    return [
        share + (need - share) * given if need > share else share - (share - need) * taken
        for need, share in zip(needs, shares, strict=True)
    ]


def with_breaks(text: str, room_em: float) -> str:
    """Return `text` with places to break in every word wider than `room_em`."""
    if longest_word_em(text) <= room_em:
        return text
    pieces: list[str] = []
    run = 0.0
    for char in text:
        width = _char_em(char)
        if char.isspace() or _is_wide(char):
            run = 0.0
        elif run + width > room_em:
            pieces.append(BREAK)
            run = 0.0
        run += width
        pieces.append(char)
    return "".join(pieces)


def lines_needed(text: str, room_em: float) -> int:
    """Return about how many lines `text` takes in a column `room_em` wide."""
    room = max(room_em, 1.0)
    return sum(1 + int(width_em(line) / room) for line in text.split("\n"))


def _words(text: str) -> list[str]:
    """Split where a line may break: at spaces and around wide characters."""
    return "".join(" " if char.isspace() or _is_wide(char) else char for char in text).split()


def _is_wide(char: str) -> bool:
    """Return True for characters between which a line may break; a row of dashes or arrows may not."""
    return not char.isascii() and unicodedata.east_asian_width(char) in "WF"
