"""Judges the network security level 1 to 3 of one hospital from everything that is known of it.

The level is what the known facts prove; `best_possible` is what it would be if every unknown turned out well. Neither
ever counts an unknown as satisfied. Left out: proofs from device configurations; an engine that gives them hands
itself in as one more `FactSource` of basis PROVEN, and the rules stay as they are.

Source: FY2023 research report, figure 5.
"""

from collections.abc import Sequence

from sekisho.domain.judgement.declarations import Declarations
from sekisho.domain.judgement.fact_sources import DeclaredFacts, FactSource, ObservedFacts
from sekisho.domain.judgement.level import Control, ControlVerdict, Grade, LevelVerdict
from sekisho.domain.judgement.level_schema import ControlRule, LevelRules
from sekisho.domain.judgement.predicates import apply_predicate
from sekisho.domain.judgement.verdict import PredicateVerdict
from sekisho.domain.register.records import Register
from sekisho.domain.survey.observations import SurveyObservations
from sekisho.domain.text import Text
from sekisho.domain.tri import Tri, all_of

NEEDED: dict[int, tuple[Control, ...]] = {
    1: (),
    2: (Control.EXTERNAL, Control.MEDIA),
    3: (Control.EXTERNAL, Control.MEDIA, Control.INTERNAL),
}
"""The controls that must be FULL for each level."""


def judge_level(
    register: Register,
    declarations: Declarations,
    survey: SurveyObservations,
    rules: LevelRules,
    *,
    proven: Sequence[FactSource] = (),
) -> LevelVerdict:
    """Return the level with every rule's verdict.

    `proven` are sources that outrank what was seen on site and what was declared.
    """
    observed = ObservedFacts(survey, frozenset(line.number for line in register.lines))
    sources = (*proven, observed, DeclaredFacts(declarations))
    verdicts = {rule.id: apply_predicate(rule, rules, register, sources) for rule in rules.predicates}
    controls = {rule.control: _judge_control(rule, verdicts) for rule in rules.controls}
    level = _highest_level({control: verdict.at_least for control, verdict in controls.items()})
    best = _highest_level({control: verdict.at_most for control, verdict in controls.items()})
    return LevelVerdict(
        level=level,
        best_possible=best,
        urgent=controls[Control.EXTERNAL].at_most is Grade.NONE,
        controls=tuple(controls.values()),
        nearest_miss=_nearest_miss(level, rules, verdicts),
        rules_version=rules.version,
        notes=_notes(level, controls, rules),
    )


def _judge_control(rule: ControlRule, verdicts: dict[str, PredicateVerdict]) -> ControlVerdict:
    full = all_of(verdicts[rule_id].outcome for rule_id in rule.full)
    partial = all_of(verdicts[rule_id].outcome for rule_id in rule.partial)
    at_least = _grade(full is Tri.YES, partial is Tri.YES)
    at_most = _grade(full is not Tri.NO, partial is not Tri.NO)
    return ControlVerdict(
        control=rule.control,
        grade=at_least if at_least is at_most else Grade.UNKNOWN,
        predicates=tuple(verdicts[rule_id] for rule_id in rule.predicates),
        at_least=at_least,
        at_most=at_most,
    )


def _grade(is_full: bool, is_partial: bool) -> Grade:
    if is_full:
        return Grade.FULL
    return Grade.PARTIAL if is_partial else Grade.NONE


def _highest_level(grades: dict[Control, Grade]) -> int:
    return max(level for level, needed in NEEDED.items() if all(grades[control] is Grade.FULL for control in needed))


def _nearest_miss(level: int, rules: LevelRules, verdicts: dict[str, PredicateVerdict]) -> tuple[PredicateVerdict, ...]:
    """Return the rules that are not met and that `level + 1` needs: all of them, since it needs each.

    What separates the hospital from the internet comes first, then least effort; at equal effort a known NO before
    an unknown, then the order of the catalogue.
    """
    first = next(control.partial for control in rules.controls if control.control is Control.EXTERNAL)
    needed = NEEDED.get(level + 1, ())
    ids = [rule_id for control in rules.controls if control.control in needed for rule_id in control.full]
    unmet = [verdicts[rule_id] for rule_id in ids if verdicts[rule_id].outcome is not Tri.YES]

    def order(verdict: PredicateVerdict) -> tuple[bool, int, bool]:
        rank = rules.predicate(verdict.rule_id).effort.rank
        return verdict.rule_id not in first, rank, verdict.outcome is Tri.UNKNOWN

    return tuple(sorted(unmet, key=order))


def _notes(level: int, controls: dict[Control, ControlVerdict], rules: LevelRules) -> tuple[Text, ...]:
    notes = []
    external = controls[Control.EXTERNAL]
    if external.at_most is Grade.NONE:
        notes.append(_URGENT)
    elif external.at_least is Grade.NONE:
        notes.append(_SEPARATION_NOT_PROVEN)
    if controls[Control.INTERNAL].at_least is Grade.FULL and level < 3:
        behind = [rule for rule in rules.controls if controls[rule.control].at_least is not Grade.FULL]
        notes.append(_INSIDE_BEFORE_OUTSIDE.filled(controls=_listed([rule.title for rule in behind])))
    return tuple(notes)


def _listed(titles: Sequence[Text]) -> Text:
    return Text("と".join(title.ja for title in titles), " and ".join(title.en for title in titles))


_URGENT = Text(
    "要緊急確認：診療のネットワークとインターネットが分かれていません。レベルの話より先に、今日、保守会社に確かめてください。",
    "Check urgently: the medical network is not apart from the internet. Before anything else, ask the maintenance "
    "company today.",
)
_SEPARATION_NOT_PROVEN = Text(
    "診療のネットワークがインターネットから分かれていることを、まだ確かめられていません。最初に確かめてください。",
    "It is not yet established that the medical network is apart from the internet. Find this out first.",
)
_INSIDE_BEFORE_OUTSIDE = Text(
    "院内の仕切りはできていますが、{controls}が○にならないため、レベル1になります。そちらを整えるとレベル3です。",
    "The inside is well divided, but {controls} is not complete, which makes it level 1. Completing that gives level 3.",
)
