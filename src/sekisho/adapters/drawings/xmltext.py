"""Text and numbers as XML may hold them. What strangers typed into a register ends up here."""

import re
from xml.sax.saxutils import escape

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def xml_text(value: str) -> str:
    """Return `value` for use between tags; characters that XML 1.0 has no place for become U+FFFD."""
    return escape(_NOT_XML.sub("�", value))


def xml_attribute(value: str) -> str:
    """Return `value` for use inside double quotes, on one line."""
    return escape(_NOT_XML.sub("�", value), {'"': "&quot;", "\n": " ", "\t": " ", "\r": " "})


def xml_label(value: str) -> str:
    """Return `value` for use inside double quotes, its line breaks kept."""
    return escape(_NOT_XML.sub("�", value), {'"': "&quot;", "\n": "&#10;", "\t": " ", "\r": ""})


def xml_number(value: float) -> str:
    """Return `value` with at most two decimals and no needless zeros."""
    return f"{round(value, 2):g}" if abs(value) < 1e5 else f"{value:.0f}"
