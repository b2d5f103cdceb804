"""Scores the threats of one hospital: the starting vector, lowered by the controls that are known to be in place.

A control lowers a threat only when it is surely there: "unknown" and "no" leave the score where it is. `best` is the
score if every unknown turned out well, so that a reader sees what asking is worth. Scores use no chances; they order
threats. Left out: how likely an attacker comes by.

Source: FY2023 research report, figure 7; CRSS of JASO TP-15002.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from sekisho.domain.judgement.crss import RiskLevel, Score, Vector
from sekisho.domain.judgement.fact_sources import FactSource
from sekisho.domain.judgement.level_schema import Combination
from sekisho.domain.judgement.predicates import input_outcome, joined, still_asked, unique
from sekisho.domain.judgement.threat_schema import (
    Assumption,
    Inputs,
    Leaf,
    Premise,
    Threat,
    ThreatControl,
    ThreatKnowledge,
)
from sekisho.domain.judgement.verdict import Evidence, Missing
from sekisho.domain.register.records import Register
from sekisho.domain.text import Text
from sekisho.domain.tri import Tri, all_of, any_of


@dataclass(frozen=True, slots=True)
class Found:
    """What some inputs give together: the outcome, a sentence for each that decided, the evidence, what is missing."""

    outcome: Tri
    said: Text
    evidence: tuple[Evidence, ...] = ()
    missing: tuple[Missing, ...] = ()


@dataclass(frozen=True, slots=True)
class ControlState:
    """Whether one control is in place, and on what that stands."""

    control: ThreatControl
    found: Found

    @property
    def outcome(self) -> Tri:
        """Return whether it is in place."""
        return self.found.outcome


@dataclass(frozen=True, slots=True)
class ThreatVerdict:
    """One threat at one hospital.

    `applies` NO means that the threat does not exist here (`absence` says why); UNKNOWN counts as existing. `vector`
    is what the known facts leave, `best` what would be left if every unknown control were in place. `witness` says by
    what the engine shows it (a line and how far it leads), "" where no engine ran.
    """

    threat: Threat
    version: str
    applies: Tri
    absence: Found
    vector: Vector
    best: Vector
    controls: tuple[ControlState, ...]
    witness: Text = Text("", "")  # noqa: RUF009  # an immutable value

    @property
    def rule_id(self) -> str:
        """Return how verdicts name the rule: "threat.VN-1"."""
        return f"threat.{self.threat.id}"

    @property
    def starting(self) -> Score:
        """Return the score before any control of the hospital."""
        return self.threat.vector.score

    @property
    def score(self) -> Score:
        """Return the score with what is known."""
        return self.vector.score

    @property
    def best_score(self) -> Score:
        """Return the score if every unknown turned out well."""
        return self.best.score

    @property
    def risk(self) -> Decimal:
        """Return the exact risk that remains; 0 where the threat does not exist."""
        return Decimal(0) if self.applies is Tri.NO else self.score.risk

    @property
    def level(self) -> RiskLevel | None:
        """Return the level of what remains, None where the threat does not exist."""
        return None if self.applies is Tri.NO else self.score.level

    @property
    def lowered_by(self) -> tuple[ControlState, ...]:
        """Return the controls in place."""
        return tuple(state for state in self.controls if state.outcome is Tri.YES)

    @property
    def could_be_lowered_by(self) -> tuple[ControlState, ...]:
        """Return the controls that are missing or of which nobody knows."""
        return tuple(state for state in self.controls if state.outcome is not Tri.YES)

    @property
    def missing(self) -> tuple[Missing, ...]:
        """Return what is still to be asked, each once."""
        return unique((*self.absence.missing, *(m for state in self.controls for m in state.found.missing)))


@dataclass(frozen=True, slots=True)
class SharedFinding:
    """One attack that several paths have in common, found once."""

    id: str
    title: Text
    threats: tuple[str, ...]
    outcome: Tri
    """Whether what stands against it is in place; NO and UNKNOWN make it a finding."""
    said: Text
    risk: Decimal


@dataclass(frozen=True, slots=True)
class AssumptionVerdict:
    """One assumption. `outcome` NO: it is broken, and the scores of `assumption.understates` say less than the truth."""

    assumption: Assumption
    version: str
    found: Found

    @property
    def rule_id(self) -> str:
        """Return how verdicts name the rule: "assumption.rooms-locked"."""
        return f"assumption.{self.assumption.id}"

    @property
    def outcome(self) -> Tri:
        """Return whether it holds."""
        return self.found.outcome

    @property
    def said(self) -> Text:
        """Return in a sentence what follows."""
        sentence = _ASSUMED[self.outcome]
        return joined([sentence.filled(threats="・".join(self.assumption.understates)), self.found.said])


@dataclass(frozen=True, slots=True)
class LeafState:
    """One leaf of the fault tree: whether the attack still has it, and the controls that would take it away."""

    leaf: Leaf
    holds: Tri
    missing: tuple[ThreatControl, ...]


@dataclass(frozen=True, slots=True)
class PathState:
    """One branch of the fault tree: care stops by this path when all its leaves hold. `cut` is its cheapest cut set."""

    path: str
    title: Text
    open: Tri
    leaves: tuple[LeafState, ...]
    cut: tuple[ThreatControl, ...]


@dataclass(frozen=True, slots=True)
class ThreatsVerdict:
    """Everything about the threats of one hospital. `threats` in the order of the catalogue."""

    version: str
    source: Text
    threats: tuple[ThreatVerdict, ...]
    shared: tuple[SharedFinding, ...]
    assumptions: tuple[AssumptionVerdict, ...]
    paths: tuple[PathState, ...]
    premise: Premise

    @property
    def by_risk(self) -> tuple[ThreatVerdict, ...]:
        """Return the threats, the greatest risk first; equal ones in the order of the catalogue."""
        return tuple(sorted(self.threats, key=lambda verdict: -verdict.risk))

    @property
    def broken(self) -> tuple[AssumptionVerdict, ...]:
        """Return the assumptions that are known not to hold."""
        return tuple(verdict for verdict in self.assumptions if verdict.outcome is Tri.NO)

    @property
    def total(self) -> Decimal:
        """Return the sum of all risks, for comparing one hospital with itself. No unit of its own."""
        return sum((verdict.risk for verdict in self.threats), Decimal(0))

    def threat(self, threat_id: str) -> ThreatVerdict:
        """Return the verdict on one threat.

        Raises:
            KeyError: no such threat.
        """
        for verdict in self.threats:
            if verdict.threat.id == threat_id:
                return verdict
        raise KeyError(threat_id)

    @property
    def states(self) -> Mapping[str, ControlState]:
        """Return the state of each control that some threat names, by its id."""
        return {state.control.id: state for verdict in self.threats for state in verdict.controls}


def judge_threats(
    register: Register,
    sources: Sequence[FactSource],
    knowledge: ThreatKnowledge,
    *,
    witnesses: Mapping[str, Text] | None = None,
) -> ThreatsVerdict:
    """Return the verdict on every threat, assumption and path.

    `sources` answer the facts, in any order: the strongest that knows is believed. `witnesses` are sentences of the
    engine by the id of the access path.
    """
    judge = _Judge(register, sources, knowledge)
    states = {control.id: judge.control(control) for control in knowledge.controls}
    shown = witnesses or {}
    threats = tuple(judge.threat(threat, states, shown.get(threat.path)) for threat in knowledge.threats)
    return ThreatsVerdict(
        version=knowledge.version,
        source=knowledge.source,
        threats=threats,
        shared=tuple(_shared(knowledge, threats)),
        assumptions=tuple(judge.assumption(assumption) for assumption in knowledge.assumptions),
        paths=tuple(_path_state(path.id, knowledge, states) for path in knowledge.paths),
        premise=knowledge.premise,
    )


@dataclass(frozen=True, slots=True)
class _Judge:
    """One hospital's facts, asked rule by rule."""

    register: Register
    sources: Sequence[FactSource]
    knowledge: ThreatKnowledge

    def control(self, control: ThreatControl) -> ControlState:
        return ControlState(control, self.found(control.inputs, control.combination))

    def assumption(self, assumption: Assumption) -> AssumptionVerdict:
        found = self.found(assumption.inputs, assumption.combination)
        return AssumptionVerdict(assumption, self.knowledge.version, found)

    def threat(self, threat: Threat, states: Mapping[str, ControlState], witness: Text | None) -> ThreatVerdict:
        absence = self._absence(threat)
        controls = tuple(states[control] for control in threat.controls)
        lowered = [state.control for state in controls if state.outcome is Tri.YES]
        possible = [state.control for state in controls if state.outcome is not Tri.NO]
        return ThreatVerdict(
            threat=threat,
            version=self.knowledge.version,
            applies=~absence.outcome,
            absence=absence,
            vector=lowered_by(threat.vector, lowered),
            best=lowered_by(threat.vector, possible),
            controls=controls,
            witness=witness or _NOTHING,
        )

    def _absence(self, threat: Threat) -> Found:
        """Return whether the threat does not exist here: one of its lists holds as a whole."""
        found = [self.found(inputs, Combination.ALL) for inputs in threat.absent_when]
        outcome = any_of(one.outcome for one in found)
        deciding = [one for one in found if one.outcome is outcome]
        return Found(
            outcome,
            joined([one.said for one in deciding][:1]),
            unique(evidence for one in deciding for evidence in one.evidence),
            unique(missing for one in deciding for missing in one.missing) if outcome is Tri.UNKNOWN else (),
        )

    def found(self, inputs: Inputs, combination: Combination) -> Found:
        given = [input_outcome(needed, self.knowledge, self.register, self.sources) for needed in inputs]
        combine = all_of if combination is Combination.ALL else any_of
        outcome = combine(one.outcome for one in given)
        return Found(
            outcome,
            joined(unique(one.said for one in given if one.outcome is outcome)),
            unique(evidence for one in given for evidence in one.evidence),
            still_asked(outcome, given),
        )


def lowered_by(vector: Vector, controls: Iterable[ThreatControl]) -> Vector:
    """Return the vector with `controls` in place. Their order does not matter: no metric has both caps and steps short
    of its best value that could overtake each other (`catalogue.threat_tables` sees to it).
    """
    moves = [move for control in controls for move in control.moves]
    for move in sorted(moves, key=lambda move: move.cap is not None):
        vector = move.applied(vector)
    return vector


def _shared(knowledge: ThreatKnowledge, threats: Sequence[ThreatVerdict]) -> Iterable[SharedFinding]:
    for name, title in knowledge.shared.items():
        having = [verdict for verdict in threats if verdict.threat.shares == name and verdict.applies is not Tri.NO]
        if having:
            named = [control for control in having[0].threat.controls if control not in having[0].threat.own_controls]
            states = [state for state in having[0].controls if state.control.id in named]
            outcome = all_of(state.outcome for state in states)
            said = joined([state.found.said for state in states if state.outcome is outcome])
            ids = tuple(verdict.threat.id for verdict in having)
            yield SharedFinding(name, title, ids, outcome, said, max(verdict.risk for verdict in having))


def _path_state(path_id: str, knowledge: ThreatKnowledge, states: Mapping[str, ControlState]) -> PathState:
    path = knowledge.path(path_id)
    leaves = []
    for rule in path.leaves:
        outcomes = [states[control].outcome for control in rule.controls]
        away = all_of(outcomes) if rule.combination is Combination.ALL else any_of(outcomes)
        lacking = [states[control].control for control in rule.controls if states[control].outcome is not Tri.YES]
        if rule.combination is Combination.ANY:
            lacking = sorted(lacking, key=lambda control: (control.effort, control.id))[:1]
        leaves.append(LeafState(rule.leaf, ~away, () if away is Tri.YES else tuple(lacking)))
    is_open = all_of(leaf.holds for leaf in leaves)
    cuts = [leaf.missing for leaf in leaves if leaf.holds is not Tri.NO]
    cheapest = min(cuts, key=lambda cut: (sum(control.effort for control in cut), len(cut)), default=())
    return PathState(path_id, path.title, is_open, tuple(leaves), cheapest if is_open is not Tri.NO else ())


_NOTHING = Text("", "")
_ASSUMED = {
    Tri.YES: Text("前提どおりです。", "As assumed."),
    Tri.NO: Text(
        "前提が崩れています。{threats} の点数は、本当の危険より低く出ています。",
        "The assumption does not hold: the scores of {threats} say less than the truth.",
    ),
    Tri.UNKNOWN: Text(
        "前提どおりかどうか、まだ分かっていません。崩れていれば {threats} の点数は低すぎます。",
        "It is not known whether this holds. If not, the scores of {threats} are too low.",
    ),
}
