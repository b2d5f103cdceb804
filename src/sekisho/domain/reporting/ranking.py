"""Which measures first: urgency × effect ÷ effort, the six best to the front, all others kept for the annex."""

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from sekisho.domain.judgement.level import LevelVerdict
from sekisho.domain.judgement.verdict import PredicateVerdict
from sekisho.domain.reporting.findings import Finding
from sekisho.domain.reporting.knowledge import Measure, ReportKnowledge
from sekisho.domain.text import Text
from sekisho.domain.tri import Tri

FIRST = 6
RULES_VERSION = "1.0"

_ANYBODY = Text("システム担当者と保守会社", "The IT desk with the maintenance company")


@dataclass(frozen=True, slots=True)
class Proposal:
    """A measure with the findings that call for it. `score` = urgency × effect ÷ effort."""

    measure: Measure
    calls: tuple[Finding, ...]

    @property
    def urgency(self) -> int:
        """Return the urgency of the most urgent call."""
        return max(finding.urgency for finding in self.calls)

    @property
    def score(self) -> Fraction:
        """Return how much sooner than others this should be done."""
        return Fraction(self.urgency * self.measure.effect, self.measure.effort)


def proposals(found: Iterable[Finding], knowledge: ReportKnowledge, level: LevelVerdict) -> tuple[Proposal, ...]:
    """Return one proposal per measure that some finding calls for, best first; ties go to urgency, then to the id.

    A predicate that no measure of the catalogue answers brings its own remedy, so that no gap goes unanswered.
    """
    calls: dict[str, list[Finding]] = {}
    for finding in found:
        calls.setdefault(finding.rule_id, []).append(finding)
    answered = {trigger for measure in knowledge.measures for trigger in measure.triggers}
    measures = (*knowledge.measures, *(_own_remedy(v) for v in _open_predicates(level) if v.rule_id not in answered))
    proposed = [
        Proposal(measure, tuple(finding for trigger in measure.triggers for finding in calls.get(trigger, ())))
        for measure in measures
    ]
    return tuple(sorted((p for p in proposed if p.calls), key=lambda p: (-p.score, -p.urgency, p.measure.id)))


def _open_predicates(level: LevelVerdict) -> list[PredicateVerdict]:
    return [verdict for control in level.controls for verdict in control.predicates if verdict.outcome is not Tri.YES]


def _own_remedy(verdict: PredicateVerdict) -> Measure:
    return Measure(
        id=f"remedy.{verdict.rule_id}",
        triggers=(verdict.rule_id,),
        title=verdict.title,
        what=verdict.remedy,
        who=_ANYBODY,
        effort=3,
        effect=3,
        source=verdict.source.ja,
        certainty="◇",
    )
