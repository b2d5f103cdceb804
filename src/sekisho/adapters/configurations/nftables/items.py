"""The elements of the JSON that `nft -j list ruleset` prints, one after another, with their lines.

A long ruleset repeats few expressions ("ct state established", an interface, a server): expressions that say the same
become one object, so that what is found out about one holds for all and memory stays small.

Source: libnftables-json(5).
"""

import json
import marshal
import re
from dataclasses import dataclass

from sekisho.adapters.configurations.nftables.values import Json
from sekisho.adapters.configurations.notes import Notes
from sekisho.domain.network.configuration import Bearing
from sekisho.domain.text import Text

NOT_JSON = Text(
    "nftablesのJSONとして読めませんでした。「nft -j list ruleset」の出力を、そのまま渡してください。",
    "This cannot be read as nftables JSON. Please give the output of “nft -j list ruleset” as it is.",
)
_BROKEN = Text(
    "ファイルがここで壊れているか、途中までになっています。この先の規則が分からないため、通信の可否を「不明」として扱います。",
    "The file is damaged or breaks off here. What follows is not known, so what it could decide counts as unknown.",
)
_PLAIN_MARSHAL = 2
"""The last way of writing values as bytes that does not depend on which of them are the same object."""
_BETWEEN = re.compile(r"[ \t\r\n,]*")


@dataclass(frozen=True, slots=True)
class Item:
    """One element of the JSON: its line, its kind and its content."""

    line: int
    kind: str
    value: dict[str, Json]

    @property
    def expressions(self) -> list[Json]:
        """Return the expressions of a rule."""
        found = self.value.get("expr")
        return found if isinstance(found, list) else []


def items_of(text: str, notes: Notes) -> tuple[list[Item], bool]:
    """Return the elements of the outermost list with their lines, and whether the file is whole."""
    start = text.find("[")
    if start < 0 or '"nftables"' not in text[:start]:
        notes.unparsed(1, "(…)", NOT_JSON, Bearing.FILTER)
        return [], False
    decoder = json.JSONDecoder()
    items: list[Item] = []
    known: dict[bytes, Json] = {}
    at, line, counted = start + 1, 1, 0
    while True:
        at = _end_of_blanks(text, at)
        line += text.count("\n", counted, at)
        counted = at
        if at < len(text) and text[at] == "]":
            return items, True
        try:
            value, at = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            notes.unparsed(line, "(…)", _BROKEN, Bearing.FILTER)
            return items, False
        items.append(_item(line, value, known))


def _end_of_blanks(text: str, at: int) -> int:
    found = _BETWEEN.match(text, at)
    return found.end() if found else at


def _item(line: int, value: Json, known: dict[bytes, Json]) -> Item:
    if not (isinstance(value, dict) and len(value) == 1):
        return Item(line, "?", {})
    kind, inner = next(iter(value.items()))
    if not isinstance(inner, dict):
        return Item(line, kind, {})
    if kind == "rule" and isinstance(inner.get("expr"), list):
        inner["expr"] = _shared(inner["expr"], known)
    return Item(line, kind, inner)


def _shared(expressions: list[Json], known: dict[bytes, Json]) -> list[Json]:
    """Return `expressions`, each as the first object that says the same."""
    try:
        return [known.setdefault(marshal.dumps(one, _PLAIN_MARSHAL), one) for one in expressions]
    except ValueError:  # nested too deep
        return expressions
