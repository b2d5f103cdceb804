"""Nine ways of connecting to cloud services: what the research says of each, and which suit one hospital.

The research gives words from four viewpoints and no ratings. The advisor weighs traits that follow from those words
against a hospital's situation, by rules of our own that each give their reason; its order is Sekisho's, not the
research's, and says so.

Source: FY2023 research report, figure 8.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from sekisho.domain.facts import known
from sekisho.domain.judgement.fact_sources import FactSource, readings_of
from sekisho.domain.judgement.level_schema import Certainty
from sekisho.domain.judgement.predicates import Questions
from sekisho.domain.judgement.verdict import Missing
from sekisho.domain.text import Text


class Viewpoint(Enum):
    """From whose side, and what about."""

    USE = "use"
    KEEP = "keep"
    OFFER = "offer"
    GUARD = "guard"


class Trial(Enum):
    """Whether the research meant to try the form out."""

    CANDIDATE = "candidate"
    OUT = "out"


@dataclass(frozen=True, slots=True)
class Trait:
    """What is so about a form."""

    id: str
    certainty: Certainty
    says: Text


@dataclass(frozen=True, slots=True)
class ConnectionForm:
    """One way, in our words for what the research says."""

    id: str
    number: int
    title: Text
    views: dict[Viewpoint, Text]
    comment: Text
    trial: Trial
    traits: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Weighing:
    """An own rule: what a trait counts where the answer to `fact` is one of `answers`."""

    trait: str
    fact: str
    answers: tuple[str, ...]
    points: int
    because: Text


@dataclass(frozen=True, slots=True)
class FormKnowledge:
    """One version of the forms. `certainty` is that of the words; the weighing is always our own."""

    version: str
    source: Text
    certainty: Certainty
    viewpoints: dict[Viewpoint, Text]
    traits: tuple[Trait, ...]
    forms: tuple[ConnectionForm, ...]
    weighing: tuple[Weighing, ...]

    @property
    def asked(self) -> tuple[str, ...]:
        """Return the facts that the advisor asks for."""
        return tuple(dict.fromkeys(rule.fact for rule in self.weighing))


@dataclass(frozen=True, slots=True)
class FormAdvice:
    """One form for one hospital. `points` are Sekisho's own and only order the forms; `reasons` say where from.

    `open` are rules that would speak with an answer that is missing: their points are not counted.
    """

    form: ConnectionForm
    points: int
    reasons: tuple[Weighing, ...]
    open: tuple[Weighing, ...]


@dataclass(frozen=True, slots=True)
class Advice:
    """The forms, best first; `missing` would make it surer. `needed` is False when no cloud service is planned."""

    version: str
    needed: bool | None
    ranked: tuple[FormAdvice, ...]
    missing: tuple[Missing, ...]
    note: Text


def advise(sources: Sequence[FactSource], knowledge: FormKnowledge, questions: Questions) -> Advice:
    """Return the forms for a hospital's situation. Equal points keep the order: candidates of the research, then number."""
    answers = {fact: _answer(fact, sources, questions) for fact in knowledge.asked}
    ranked = [_advice(form, knowledge, answers) for form in knowledge.forms]
    ranked.sort(key=lambda advice: (-advice.points, advice.form.trial is not Trial.CANDIDATE, advice.form.number))
    services = answers.get("cloud_services")
    return Advice(
        version=knowledge.version,
        needed=None if services is None else services != "no",
        ranked=tuple(ranked),
        missing=tuple(Missing(f, questions.fact(f).question) for f, answer in answers.items() if answer is None),
        note=_OWN_ORDER if any(answers.values()) else _NOTHING_KNOWN,
    )


def _answer(fact: str, sources: Sequence[FactSource], questions: Questions) -> str | None:
    readings = readings_of(fact, sources)
    answer = known(readings[0].value) if readings else None
    return answer if answer is not None and questions.fact(fact).option(answer) else None


def _advice(form: ConnectionForm, knowledge: FormKnowledge, answers: dict[str, str | None]) -> FormAdvice:
    rules = [rule for rule in knowledge.weighing if rule.trait in form.traits]
    reasons = tuple(rule for rule in rules if answers[rule.fact] in rule.answers)
    still_open = tuple(rule for rule in rules if answers[rule.fact] is None)
    return FormAdvice(form, sum(rule.points for rule in reasons), reasons, still_open)


_OWN_ORDER = Text(
    "順位は、病院の答えをもとに Sekisho が付けたものです。研究報告書は言葉だけで、点数も順位も付けていません。",
    "The order is Sekisho's, from your answers; the research gives words only, neither ratings nor an order.",
)
_NOTHING_KNOWN = Text(
    "病院の答えがまだないため、順位は付いていません（研究で試すことになっていた方式を先に並べています）。",
    "Nothing is answered yet, so there is no order but that forms meant to be tried out stand first.",
)
