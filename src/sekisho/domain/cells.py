"""Text for spreadsheet cells that no program takes for a formula."""

import re

_STARTS_A_FORMULA = re.compile(r"^[\s\x00-\x20]*[=+\-@＝＋－＠]")
_NOT_PRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def neutral(text: str) -> str:
    """Return `text` for a CSV cell: with an apostrophe before what Excel would calculate.

    A lone dash stays as it is: it means "none" and calculates nothing.
    """
    clean = printable(text)
    return f"'{clean}" if _STARTS_A_FORMULA.match(clean) and clean.strip() not in {"-", "－"} else clean


def printable(text: str) -> str:
    """Return `text` without characters that a workbook's XML cannot hold; each is shown as U+FFFD."""
    return _NOT_PRINTABLE.sub("\ufffd", text)
