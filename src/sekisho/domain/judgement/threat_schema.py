"""The shape of the threat catalogue: threats with their starting vectors, controls that lower them, assumptions, paths.

`catalogue/threats/` fills these types. A control is judged like a rule of the level catalogue: from facts and measures
of the register, each with its source.

Source: FY2023 research report, figure 7; JASO TP-15002 for the form (who, when, why, where, what).
"""

from dataclasses import dataclass, replace
from enum import Enum

from sekisho.domain.judgement.crss import (
    AccessComplexity,
    AccessVector,
    Authentication,
    Effect,
    Metric,
    Vector,
)
from sekisho.domain.judgement.level_schema import Certainty, Combination, Fact, FactInput, RegisterInput
from sekisho.domain.text import Text

METRICS: dict[str, tuple[str, type[Metric]]] = {
    "AV": ("vector", AccessVector),
    "AC": ("complexity", AccessComplexity),
    "Au": ("authentication", Authentication),
    "C": ("confidentiality", Effect),
    "I": ("integrity", Effect),
    "A": ("availability", Effect),
}
"""The metrics as the catalogue writes them: field of `Vector` and its type, whose members stand worst first."""


@dataclass(frozen=True, slots=True)
class Move:
    """How a control moves one metric: to `cap` when it is worse, or one step better when `cap` is None."""

    metric: str
    cap: Metric | None = None

    def applied(self, vector: Vector) -> Vector:
        """Return the vector after the move; never a worse one."""
        name, kind = METRICS[self.metric]
        members: list[Metric] = list(kind)
        now = members.index(getattr(vector, name))
        then = min(now + 1, len(members) - 1) if self.cap is None else max(now, members.index(self.cap))
        # The type of the metric is that of the field: both come from METRICS.
        return replace(vector, **{name: members[then]})  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class ThreatControl:
    """What lowers threats. `effort` counts from 1 (a talk and a sheet of paper) to 5 (equipment and a project)."""

    id: str
    title: Text
    combination: Combination
    inputs: tuple[FactInput | RegisterInput, ...]
    moves: tuple[Move, ...]
    effort: int
    remedy: Text
    certainty: Certainty
    source: Text

    def applied(self, vector: Vector) -> Vector:
        """Return the vector with this control in place."""
        for move in self.moves:
            vector = move.applied(vector)
        return vector


Inputs = tuple[FactInput | RegisterInput, ...]


@dataclass(frozen=True, slots=True)
class Threat:
    """One threat. It does not exist where all inputs of one of `absent_when` hold. `shares` names a common finding.

    `own_controls` are among `controls` and were added to the table by us.
    """

    id: str
    path: str
    who: Text
    when: Text
    why: Text
    what: Text
    assets: tuple[str, ...]
    goals: tuple[str, ...]
    vector: Vector
    certainty: Certainty
    controls: tuple[str, ...]
    own_controls: frozenset[str]
    absent_when: tuple[Inputs, ...] = ()
    shares: str = ""


class Leaf(Enum):
    """What an attack needs on its path, one after another."""

    ENTRY = "entry"
    BREAK_IN = "break_in"
    SPREAD = "spread"


@dataclass(frozen=True, slots=True)
class LeafRule:
    """A leaf falls away with all of `controls` in place, or with one of them when `combination` is ANY."""

    leaf: Leaf
    combination: Combination
    controls: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AccessPath:
    """One of the five ways in, with the leaves of its branch of the fault tree."""

    id: str
    title: Text
    leaves: tuple[LeafRule, ...]


@dataclass(frozen=True, slots=True)
class Assumption:
    """What the list of threats takes for granted. `understates` are the threats that are worse where it is broken."""

    id: str
    number: int
    title: Text
    combination: Combination
    inputs: Inputs
    understates: tuple[str, ...]
    remedy: Text


@dataclass(frozen=True, slots=True)
class Premise:
    """How the model counts; nothing that a hospital could break."""

    number: int
    title: Text
    meaning: Text


@dataclass(frozen=True, slots=True)
class ThreatKnowledge:
    """One version of the whole threat catalogue.

    `questions` are those of the level catalogue, its own, and those that only the engine answers; `own_questions` are
    the ones that people are asked beside the level catalogue's.
    """

    version: str
    source: Text
    questions: tuple[Fact, ...]
    own_questions: tuple[Fact, ...]
    controls: tuple[ThreatControl, ...]
    threats: tuple[Threat, ...]
    paths: tuple[AccessPath, ...]
    shared: dict[str, Text]
    assets: dict[str, Text]
    goals: dict[str, Text]
    assumptions: tuple[Assumption, ...]
    premise: Premise

    def fact(self, key: str) -> Fact:
        """Return the question with `key`.

        Raises:
            KeyError: no such question.
        """
        for fact in self.questions:
            if fact.key == key:
                return fact
        raise KeyError(key)

    def control(self, control_id: str) -> ThreatControl:
        """Return the control with that id.

        Raises:
            KeyError: no such control.
        """
        for control in self.controls:
            if control.id == control_id:
                return control
        raise KeyError(control_id)

    def path(self, path_id: str) -> AccessPath:
        """Return the access path with that id.

        Raises:
            KeyError: no such path.
        """
        for path in self.paths:
            if path.id == path_id:
                return path
        raise KeyError(path_id)
