"""Makes what a service says safe to keep and to show: bounded, and with control characters written out.

A banner may hold terminal escapes that repaint a screen, marks that reorder a line, or a megabyte of nothing. They are
evidence and are not hidden: "\\x1b[2J" is written as those characters, so that whoever reads it sees what was sent. The
raw file keeps the bytes.
"""

import unicodedata

LINE = 300
"""Characters of one value."""
OUTPUT = 4000
"""Characters of the whole output of one check."""
CUT = "…"

_REORDERING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c")
_HIDDEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def visible(text: str, limit: int = OUTPUT, *, lines: bool = True) -> str:
    """Return `text` with at most `limit` characters of it, "…" after a cut, and each unprintable one written out.

    With `lines` line ends stay; without, any run of white space is one blank.
    """
    is_cut = len(text) > limit
    kept = text[:limit]
    if not lines:
        kept = " ".join(kept.split())
    if not (kept.isascii() and kept.isprintable()):
        kept = "".join(_written(char) for char in kept.replace("\r\n", "\n"))
    return kept + CUT if is_cut else kept


def visible_line(text: str, limit: int = LINE) -> str:
    """Return `text` on one line, as `visible` does."""
    return visible(text, limit, lines=False)


def _written(char: str) -> str:
    if char == "\n":
        return char
    if char == "\t":
        return " "
    if char in _REORDERING or unicodedata.category(char) in _HIDDEN:
        code = ord(char)
        return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
    return char
