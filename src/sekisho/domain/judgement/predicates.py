"""Applies one rule of the level catalogue to one hospital: outcome, reasons, what is missing, what would help."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from sekisho.domain.facts import Unknown, known
from sekisho.domain.judgement.fact_sources import FactReading, FactSource, readings_of
from sekisho.domain.judgement.level_schema import (
    Combination,
    Fact,
    FactInput,
    LevelRules,
    PredicateRule,
    RegisterInput,
)
from sekisho.domain.judgement.line_paths import PATH_MEASURES
from sekisho.domain.judgement.register_measures import MEASURES, Measurement
from sekisho.domain.judgement.verdict import Evidence, Missing, PredicateVerdict
from sekisho.domain.register.records import Register
from sekisho.domain.text import Text
from sekisho.domain.tri import Tri, all_of, any_of

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class InputOutcome:
    """What one input of a rule gave. `said` is a sentence about it, for the reasons."""

    outcome: Tri
    said: Text
    evidence: tuple[Evidence, ...]
    missing: tuple[Missing, ...] = ()


class Questions(Protocol):
    """Whatever knows the questions by their keys: a level catalogue, the questions behind the threats."""

    def fact(self, key: str) -> Fact:
        """Return the question with `key`."""
        ...


def apply_predicate(
    rule: PredicateRule, rules: LevelRules, register: Register, sources: Sequence[FactSource]
) -> PredicateVerdict:
    """Return the verdict of `rule`. Unknown inputs make it UNKNOWN unless the known ones decide it."""
    inputs = [input_outcome(needed, rules, register, sources) for needed in rule.inputs]
    combine = all_of if rule.combination is Combination.ALL else any_of
    outcome = combine(given.outcome for given in inputs)
    missing = still_asked(outcome, inputs)
    return PredicateVerdict(
        rule_id=rule.id,
        version=rule.version,
        title=rule.title,
        outcome=outcome,
        because=_because(rule, outcome, inputs),
        remedy=_remedy(rule, outcome, missing),
        evidence=unique(evidence for given in inputs for evidence in given.evidence),
        missing=missing,
        source=rule.source,
    )


def input_outcome(
    needed: FactInput | RegisterInput, questions: Questions, register: Register, sources: Sequence[FactSource]
) -> InputOutcome:
    """Return what one input of a rule gives. The strongest source that knows an answer is believed."""
    if isinstance(needed, RegisterInput):
        return _of_measurement((MEASURES | PATH_MEASURES)[needed.measure](register))
    fact = questions.fact(needed.fact)
    readings = [_understood(fact, reading) for reading in readings_of(fact.key, sources)]
    return _of_readings(fact, needed.accept, sorted(readings, key=lambda reading: isinstance(reading.value, Unknown)))


def _of_measurement(measured: Measurement) -> InputOutcome:
    return InputOutcome(measured.outcome, measured.said, (measured.evidence,), measured.missing)


def _of_readings(fact: Fact, accept: tuple[str, ...], readings: Sequence[FactReading]) -> InputOutcome:
    evidence = tuple(_evidence(fact, reading) for reading in readings)
    answer = known(readings[0].value) if readings else None
    if answer is None:
        return InputOutcome(Tri.UNKNOWN, _NOTHING, evidence, (Missing(fact.key, fact.question),))
    said = _ANSWERED.filled(question=fact.question, answer=_label(fact, answer))
    return InputOutcome(Tri.of(answer in accept), said, evidence)


def _understood(fact: Fact, reading: FactReading) -> FactReading:
    """Return `reading`, its value Unknown when it is no option of the fact: a misspelt answer proves nothing."""
    if known(reading.value) is None or fact.option(reading.value):
        return reading
    return FactReading(Unknown(), reading.basis, reading.source, reading.witness, reading.remark)


def _evidence(fact: Fact, reading: FactReading) -> Evidence:
    remark = reading.value.reason if isinstance(reading.value, Unknown) else reading.remark
    value = _label(fact, known(reading.value))
    if remark:
        value = Text(f"{value.ja}（{remark}）", f"{value.en} ({remark})")
    return Evidence(fact.question, value, reading.source, reading.witness)


def _label(fact: Fact, answer: str | None) -> Text:
    option = fact.option(answer)
    return option.label if option else UNKNOWN_LABEL


def still_asked(outcome: Tri, inputs: Iterable[InputOutcome]) -> tuple[Missing, ...]:
    """Return what is still to be asked; nothing once the rule is met, whatever the rest would say."""
    if outcome is Tri.YES:
        return ()
    return unique(missing for given in inputs if given.outcome is Tri.UNKNOWN for missing in given.missing)


def _because(rule: PredicateRule, outcome: Tri, inputs: Iterable[InputOutcome]) -> Text:
    """Return the rule's sentence for `outcome`, then what the deciding inputs said."""
    reasons = [] if outcome is Tri.YES else [given.said for given in inputs if given.outcome is outcome]
    return joined([rule.because.of(outcome), *reasons])


def _remedy(rule: PredicateRule, outcome: Tri, missing: Sequence[Missing]) -> Text:
    """Return what to do: nothing when met, the measure when not, first the questions when unknown."""
    if outcome is Tri.YES:
        return Text("", "")
    if outcome is Tri.NO:
        return rule.remedy
    questions = joined([asked.question for asked in missing])
    return _FIND_OUT.filled(questions=questions, remedy=rule.remedy)


def joined(sentences: Iterable[Text]) -> Text:
    """Return `sentences` as one paragraph."""
    said = [sentence for sentence in sentences if sentence.ja]
    return Text("".join(sentence.ja for sentence in said), " ".join(sentence.en for sentence in said))


def unique(values: Iterable[T]) -> tuple[T, ...]:
    """Return `values`, each once, in their order."""
    return tuple(dict.fromkeys(values))


UNKNOWN_LABEL = Text("不明", "Unknown")
_NOTHING = Text("", "")
"""An open question needs no sentence among the reasons: it stands among what is missing."""
_ANSWERED = Text("「{question}」の答えは「{answer}」です。", "“{question}” was answered “{answer}”.")
_FIND_OUT = Text(
    "まず確かめてください：{questions}満たしていなかったときは、{remedy}",
    "First find out: {questions} If it is not met: {remedy}",
)
