"""Loads what the report knows: measures, meanings of ports, glossary. Each file is checked when it is read."""

from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from typing import Any, TypeVar

import yaml

from sekisho.catalogue.errors import CatalogueError
from sekisho.domain.diagnosis.meanings import PortMeaning
from sekisho.domain.reporting.knowledge import Measure, ReportKnowledge, Term
from sekisho.domain.text import Text

_FOLDER = files("sekisho.catalogue")
Entry = TypeVar("Entry", Measure, PortMeaning)
_CERTAINTIES = {"✔", "◇", "✎"}


@cache
def load_report_knowledge() -> ReportKnowledge:
    """Return the bundled measures, meanings of ports and glossary.

    Raises:
        CatalogueError: an entry is incomplete, doubled or out of range.
    """
    measures = _read("measures/measures.yaml")
    ports = _read("ports.yaml")
    return ReportKnowledge(
        measures=_unique([_measure(entry) for entry in measures["measures"]]),
        measures_version=measures["version"],
        ports=_unique([_port(entry) for entry in ports["ports"]]),
        other_port=_port(ports["other"]),
        ports_version=ports["version"],
        glossary=tuple(Term(_text(e, "term"), _text(e, "meaning")) for e in _read("glossary.yaml")["terms"]),
    )


def _read(name: str) -> Any:
    return yaml.safe_load((_FOLDER / name).read_text(encoding="utf-8"))


def _measure(entry: dict[str, Any]) -> Measure:
    measure = Measure(
        id=entry["id"],
        triggers=tuple(entry["triggers"]),
        title=_text(entry, "title"),
        what=_text(entry, "what"),
        who=_text(entry, "who"),
        effort=entry["effort"],
        effect=entry["effect"],
        source=entry["source"],
        certainty=entry["certainty"],
    )
    _require(bool(measure.triggers), measure.id, "triggers")
    _require(measure.effort in range(1, 6), measure.id, "effort")
    _require(measure.effect in range(1, 6), measure.id, "effect")
    _require(measure.certainty in _CERTAINTIES, measure.id, "certainty")
    return measure


def _port(entry: dict[str, Any]) -> PortMeaning:
    _require(entry["urgency"] in range(1, 4), entry["id"], "urgency")
    return PortMeaning(
        id=entry["id"],
        ports=tuple(entry["ports"]),
        service=_text(entry, "service"),
        meaning=_text(entry, "meaning"),
        ask=_text(entry, "ask"),
        urgency=entry["urgency"],
        services=tuple(entry.get("services", ())),
    )


def _text(entry: dict[str, Any], key: str) -> Text:
    both = entry[key]
    complete = isinstance(both, dict) and all(
        isinstance(both.get(tongue), str) and both[tongue] for tongue in ("ja", "en")
    )
    _require(complete, entry.get("id", str(both)), key)
    return Text(both["ja"], both["en"])


def _unique(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    by_id: dict[str, Entry] = {}
    for entry in entries:
        _require(entry.id not in by_id, entry.id, "id")
        by_id[entry.id] = entry
    return tuple(by_id.values())


def _require(holds: bool, entry: str, what: str) -> None:
    if not holds:
        raise CatalogueError(f"{entry}: {what}")
