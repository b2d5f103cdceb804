"""How much room the cells of a report need, in multiples of the font size."""

from sekisho.adapters.documents.measuring import longest_word_em, width_em
from sekisho.adapters.documents.plain import Plain

SHORT_EM = 7.0
"""A marked word up to this width is kept on one line."""
SHAPE_EM = 1.3
"""A shape and the gap behind it."""


def unbreakable_em(cell: Plain) -> float:
    """Return the width that a cell needs at least: its longest word, or all of a short lead with its shape."""
    return max(longest_word_em(cell["text"]), lead_em(cell) if is_short(cell) else longest_word_em(cell["lead"]))


def lead_em(cell: Plain) -> float:
    """Return the width of the line that stands out, its shape included."""
    return width_em(cell["lead"]) + (SHAPE_EM if cell["shape"] else 0.0)


def is_short(cell: Plain) -> bool:
    """Return True for a marked word that is kept on one line."""
    return bool(cell["mark"]) and lead_em(cell) <= SHORT_EM
