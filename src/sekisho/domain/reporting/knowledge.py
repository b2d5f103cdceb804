"""What the report knows beside the hospital's own facts: measures, meanings of ports, glossary. The catalogue fills it."""

from dataclasses import dataclass

from sekisho.domain.diagnosis.meanings import PortMeaning
from sekisho.domain.text import Text


@dataclass(frozen=True, slots=True)
class Measure:
    """One measure. It is proposed when a predicate or a finding that it names in `triggers` calls for it.

    A trigger is the id of a predicate of the level catalogue or of a finding rule (`findings.py`). `effect` and
    `effort` count from 1 (little) to 5 (much); `certainty` is the mark of the domain facts (✔ ◇ ✎).
    """

    id: str
    triggers: tuple[str, ...]
    title: Text
    what: Text
    who: Text
    effort: int
    effect: int
    source: str
    certainty: str


@dataclass(frozen=True, slots=True)
class Term:
    """One entry of the glossary."""

    term: Text
    meaning: Text


@dataclass(frozen=True, slots=True)
class ReportKnowledge:
    """All of it, with the version of each part. `other_port` speaks of ports that have no entry of their own."""

    measures: tuple[Measure, ...]
    measures_version: str
    ports: tuple[PortMeaning, ...]
    other_port: PortMeaning
    ports_version: str
    glossary: tuple[Term, ...]

    def port(self, name: str) -> PortMeaning:
        """Return what is known of "443/tcp"."""
        return next((port for port in self.ports if name in port.ports), self.other_port)
