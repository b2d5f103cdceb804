"""Lays the nested tables of an nmap script (`<script><table><elem>`) flat, bounded in number, depth and length."""

from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING

from sekisho.domain.diagnosis.results import ScriptOutput
from sekisho.domain.diagnosis.strangers import visible, visible_line

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

MAX_SCRIPTS = 60
"""Scripts kept for one port; a run of ours has a dozen."""
MAX_ELEMENTS = 1500
"""Elements kept for one script; a server with every cipher in four versions of TLS has about 700."""
MAX_DEPTH = 8
LEFT_OUT = frozenset({"pem", "modulus"})
"""Long, and of no use beside the fingerprint; the raw file keeps them."""


def script_output(script: "Element") -> ScriptOutput:
    """Return one `script` element as a value."""
    return ScriptOutput(
        id=visible_line(script.get("id", ""), 80),
        output=visible(script.get("output", "")),
        elements=tuple(islice(_elements(script, "", 0), MAX_ELEMENTS)),
    )


def _elements(parent: "Element", path: str, depth: int) -> Iterator[tuple[str, str]]:
    for position, part in enumerate(parent):
        key = part.get("key", "")
        name = path + (visible_line(key, 80).replace("/", "|") if key else str(position))
        if part.tag == "elem" and key not in LEFT_OUT:
            yield name, visible_line(part.text or "")
        elif part.tag == "table" and depth < MAX_DEPTH:
            yield from _elements(part, f"{name}/", depth + 1)
