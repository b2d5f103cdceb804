"""What to do next: how much risk each solution, each own measure and the proved changes remove, for how much effort.

The order is that of doing: the first has the most risk removed per effort, the second the most of what then remains,
and so on; ties go to less effort, then to the order of the catalogue. Risk is the sum of the CRSS scores of the threats
that exist; it compares one hospital with itself and has no meaning beyond. Effort and effect are own estimates.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from fractions import Fraction

from sekisho.domain.judgement.crss import Score, Vector
from sekisho.domain.judgement.level_schema import Certainty
from sekisho.domain.judgement.threat_schema import ThreatControl, ThreatKnowledge
from sekisho.domain.judgement.threats import ControlState, ThreatsVerdict, ThreatVerdict, lowered_by
from sekisho.domain.text import Text
from sekisho.domain.tri import Tri


class Kind(Enum):
    """What an option is."""

    SOLUTION = "solution"
    """A product to buy and run."""
    OWN = "own"
    """What needs no product, or one that is there already."""
    CUT = "cut"
    """The smallest changes that the network engine proved."""


@dataclass(frozen=True, slots=True)
class Option:
    """Something that can be done. `puts` are the controls it puts in place, `helps` those it only brings nearer.

    `effort` counts from 1 to 5; `measure` is the id of the report's measure that says the same, "" for none.
    """

    id: str
    kind: Kind
    layer: str
    title: Text
    what: Text
    needs: Text
    effort: int
    puts: tuple[str, ...]
    helps: tuple[str, ...] = ()
    measure: str = ""
    certainty: Certainty = Certainty.OWN


@dataclass(frozen=True, slots=True)
class SolutionKnowledge:
    """One version of the catalogue of options. `cut` is the template of the option made of proved changes."""

    version: str
    source: Text
    layers: dict[str, Text]
    solutions: tuple[Option, ...]
    own: tuple[Option, ...]
    cut: Option


@dataclass(frozen=True, slots=True)
class Lowering:
    """One threat before and after."""

    threat: str
    before: Score
    after: Score

    @property
    def removed(self) -> Decimal:
        """Return by how much the exact score falls."""
        return self.before.risk - self.after.risk


@dataclass(frozen=True, slots=True)
class NextMeasure:
    """One option in its place. `lowers` counts from what the measures before it leave; `alone` what it removes first.

    `unknown` are controls it puts in place of which nobody knows whether they are there already: ask before spending.
    """

    option: Option
    lowers: tuple[Lowering, ...]
    alone: Decimal
    unknown: tuple[ThreatControl, ...]

    @property
    def removed(self) -> Decimal:
        """Return the risk removed, all threats together."""
        return sum((lowering.removed for lowering in self.lowers), Decimal(0))

    @property
    def per_effort(self) -> Fraction:
        """Return the risk removed per unit of effort."""
        return Fraction(self.removed) / self.option.effort

    @property
    def because(self) -> Text:
        """Return in words why it stands where it does."""
        most = sorted(self.lowers, key=lambda lowering: -lowering.removed)[:_NAMED]
        named = [f"{one.threat} {one.before.shown}→{one.after.shown}" for one in most]
        more = len(self.lowers) - len(named)
        threats = Text(
            "、".join(named) + (f" ほか{more}件" if more else ""),
            ", ".join(named) + (f" and {more} more" if more else ""),
        )
        said = _BECAUSE.filled(
            removed=f"{self.removed:.1f}",
            effort=self.option.effort,
            ratio=f"{float(self.per_effort):.1f}",
            threats=threats,
        )
        if not self.unknown:
            return said
        ask = _ASK_FIRST.filled(
            ja="、".join(control.title.ja for control in self.unknown), en=", ".join(c.title.en for c in self.unknown)
        )
        return Text(said.ja + ask.ja, f"{said.en} {ask.en}")


def lowerings(
    verdict: ThreatsVerdict, option: Option, knowledge: ThreatKnowledge, done: Iterable[str] = ()
) -> tuple[Lowering, ...]:
    """Return what an option does to each threat that exists, the controls `done` being in place already."""
    return _Scores(verdict, knowledge).lowerings(option, frozenset(done))


class _Scores:
    """The scores of one hospital's threats with more controls in place; each is computed once."""

    def __init__(self, verdict: ThreatsVerdict, knowledge: ThreatKnowledge) -> None:
        self._threats = [one for one in verdict.threats if one.applies is not Tri.NO]
        self._there = {one.threat.id: frozenset(state.control.id for state in one.lowered_by) for one in self._threats}
        self._named = {one.threat.id: frozenset(one.threat.controls) for one in self._threats}
        self._controls = {control.id: control for control in knowledge.controls}
        self._known: dict[tuple[str, frozenset[str]], Score] = {}

    def lowerings(self, option: Option, done: frozenset[str]) -> tuple[Lowering, ...]:
        puts, found = frozenset(option.puts), []
        for threat in self._threats:
            if not puts & self._named[threat.threat.id]:
                continue
            then, after = self._score(threat, done), self._score(threat, done | puts)
            if after.risk < then.risk:
                found.append(Lowering(threat.threat.id, then, after))
        return tuple(found)

    def _score(self, threat: ThreatVerdict, done: frozenset[str]) -> Score:
        name = threat.threat.id
        in_place = self._there[name] | (done & self._named[name])
        known = self._known.get((name, in_place))
        if known is None:
            controls = [self._controls[control] for control in sorted(in_place)]
            known = self._known[name, in_place] = lowered_by(threat.threat.vector, controls).score
        return known


def next_measures(
    verdict: ThreatsVerdict,
    knowledge: ThreatKnowledge,
    options: Sequence[Option],
    *,
    limit: int = 12,
) -> tuple[NextMeasure, ...]:
    """Return what to do first, second, ... until nothing is left that lowers a score, at most `limit`."""
    scores, states = _Scores(verdict, knowledge), verdict.states
    left, done, chosen = list(options), frozenset[str](), list[NextMeasure]()
    while left and len(chosen) < limit:
        measures = [_measure(option, scores, states, done) for option in left]
        best = max(measures, key=lambda measure: (measure.per_effort, -measure.option.effort))
        if not best.lowers:
            break
        chosen.append(best)
        left.remove(best.option)
        done |= frozenset(best.option.puts)
    return tuple(chosen)


def _measure(option: Option, scores: _Scores, states: Mapping[str, ControlState], done: frozenset[str]) -> NextMeasure:
    alone = sum((lowering.removed for lowering in scores.lowerings(option, frozenset())), Decimal(0))
    unknown = tuple(
        states[control].control
        for control in option.puts
        if control in states and states[control].outcome is Tri.UNKNOWN and control not in done
    )
    return NextMeasure(option, scores.lowerings(option, done), alone, unknown)


@dataclass(frozen=True, slots=True)
class Effect:
    """One cell of solutions by threats: the score before any control of a hospital, and with the option alone."""

    option: str
    threat: str
    before: Score
    after: Score


def effects(knowledge: ThreatKnowledge, options: Iterable[Option]) -> tuple[Effect, ...]:
    """Return which option lowers which threat by itself, wherever: the table of solutions by threats."""
    found = []
    for option in options:
        for threat in knowledge.threats:
            controls = [knowledge.control(control) for control in option.puts if control in threat.controls]
            after: Vector = lowered_by(threat.vector, controls)
            if after.score.risk < threat.vector.score.risk:
                found.append(Effect(option.id, threat.id, threat.vector.score, after.score))
    return tuple(found)


_NAMED = 3
_BECAUSE = Text(
    "危険の合計を {removed} 下げ、手間は {effort} です（1あたり {ratio}）。{threats}。",
    "Lowers the sum of risks by {removed} for an effort of {effort} ({ratio} each): {threats}.",
)
_ASK_FIRST = Text(
    "もう出来ているかもしれません。先に確かめてください：{ja}。", "It may be in place already; ask first: {en}."
)
