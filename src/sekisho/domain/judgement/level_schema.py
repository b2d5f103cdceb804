"""The shape of the level catalogue: facts that a clerk can answer, rules made of them, and grades made of rules.

The catalogue (`catalogue/level/`) fills these types; the questionnaire on screen, the case file and the judgement are
made from them, so that a question and the rule that uses its answer cannot part.
"""

import unicodedata
from dataclasses import dataclass
from enum import Enum

from sekisho.domain.judgement.level import Control
from sekisho.domain.text import Text
from sekisho.domain.tri import Tri


class Certainty(Enum):
    """How sure an entry is: read in the named source, inferred from it, or our own proposal to be confirmed."""

    READ = "read"
    DERIVED = "derived"
    OWN = "own"


class Effort(Enum):
    """What meeting a rule costs a hospital: a talk and a sheet of paper, a vendor's visit, or equipment and a plan."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"

    @property
    def rank(self) -> int:
        """Return 0 for the least effort."""
        return list(Effort).index(self)


@dataclass(frozen=True, slots=True)
class FactOption:
    """One possible answer. `spellings` are other ways in which people write it in a file."""

    code: str
    label: Text
    spellings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Fact:
    """One question about the hospital's controls. "I do not know" is always a possible answer.

    `control` is the one that the answer decides on; None for questions that bear on threats only. `evidence` says
    where the answer can be found.
    """

    key: str
    control: Control | None
    question: Text
    help: Text
    evidence: Text
    options: tuple[FactOption, ...]
    certainty: Certainty
    source: Text

    def option(self, code: object) -> FactOption | None:
        """Return the option with `code`, or None."""
        return next((option for option in self.options if option.code == code), None)

    def option_written(self, written: str) -> FactOption | None:
        """Return the option that a person means by `written`: its code, a label or a known spelling."""
        folded = folded_spelling(written)
        for option in self.options:
            if folded in {folded_spelling(way) for way in (option.code, *option.spellings)}:
                return option
        labels = ((option, folded_spelling(label)) for option in self.options for label in _labels(option))
        return next((option for option, label in labels if label == folded), None)


@dataclass(frozen=True, slots=True)
class FactInput:
    """True when the answer of `fact` is one of `accept`."""

    fact: str
    accept: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RegisterInput:
    """What a measure of the register says (`register_measures.MEASURES`)."""

    measure: str


class Combination(Enum):
    """Whether a rule needs every input or one of them."""

    ALL = "all"
    ANY = "any"


@dataclass(frozen=True, slots=True)
class Because:
    """Why a rule came out as it did, one sentence per outcome."""

    yes: Text
    no: Text
    unknown: Text

    def of(self, outcome: Tri) -> Text:
        """Return the sentence for `outcome`."""
        return {Tri.YES: self.yes, Tri.NO: self.no, Tri.UNKNOWN: self.unknown}[outcome]


@dataclass(frozen=True, slots=True)
class PredicateRule:
    """One rule. `remedy` says what to do when it is not met; `version` rises whenever its meaning changes."""

    id: str
    version: str
    control: Control
    combination: Combination
    inputs: tuple[FactInput | RegisterInput, ...]
    title: Text
    because: Because
    remedy: Text
    effort: Effort
    certainty: Certainty
    source: Text


@dataclass(frozen=True, slots=True)
class ControlRule:
    """A control is FULL (○) when all rules of `full` hold, else PARTIAL (△) when all of `partial` do, else NONE (×)."""

    control: Control
    title: Text
    partial: tuple[str, ...]
    full: tuple[str, ...]

    @property
    def predicates(self) -> tuple[str, ...]:
        """Return the rule ids of both lists, each once."""
        return tuple(dict.fromkeys((*self.partial, *self.full)))


@dataclass(frozen=True, slots=True)
class LevelRules:
    """One version of the whole level catalogue, the controls in the order of the level table."""

    version: str
    effective_from: str
    source: Text
    certainty: Certainty
    facts: tuple[Fact, ...]
    predicates: tuple[PredicateRule, ...]
    controls: tuple[ControlRule, ...]

    def fact(self, key: str) -> Fact:
        """Return the fact with `key`.

        Raises:
            KeyError: no such fact.
        """
        for fact in self.facts:
            if fact.key == key:
                return fact
        raise KeyError(key)

    def predicate(self, rule_id: str) -> PredicateRule:
        """Return the rule with `rule_id`.

        Raises:
            KeyError: no such rule.
        """
        for predicate in self.predicates:
            if predicate.id == rule_id:
                return predicate
        raise KeyError(rule_id)


def folded_spelling(written: str) -> str:
    """Return `written` without the differences that people do not mean: width, case, spaces."""
    return "".join(unicodedata.normalize("NFKC", written).casefold().split())


def _labels(option: FactOption) -> tuple[str, str]:
    return option.label.ja, option.label.en
