"""Which characters the bundled document font holds, and 〓 for those that it does not."""

from bisect import bisect_right
from functools import cache
from importlib.resources import files
from typing import Any

from sekisho.domain.reporting.printable import SUBSTITUTE

_COVERAGE = files("sekisho.adapters.documents").joinpath("fonts/coverage.txt")
_INVISIBLE = frozenset("\n\u200b")


@cache
def _ranges() -> tuple[list[int], list[int]]:
    pairs = [line.split("-") for line in _COVERAGE.read_text(encoding="ascii").split()]
    return [int(first, 16) for first, _ in pairs], [int(last, 16) for _, last in pairs]


def is_held(char: str) -> bool:
    """Return True when the font can print `char`."""
    if char in _INVISIBLE:
        return True
    firsts, lasts = _ranges()
    position = bisect_right(firsts, ord(char)) - 1
    return position >= 0 and ord(char) <= lasts[position]


def substituted(value: Any, lacking: set[str]) -> Any:
    """Return `value` with every string's unprintable characters as 〓; the characters are added to `lacking`."""
    if isinstance(value, str):
        return _substituted(value, lacking)
    if isinstance(value, list):
        return [substituted(item, lacking) for item in value]
    if isinstance(value, dict):
        return {key: substituted(item, lacking) for key, item in value.items()}
    return value


def _substituted(text: str, lacking: set[str]) -> str:
    if text.isascii() and text.isprintable():
        return text
    missing = {char for char in text if not is_held(char)}
    if not missing:
        return text
    lacking |= missing
    return "".join(SUBSTITUTE if char in missing else char for char in text)
