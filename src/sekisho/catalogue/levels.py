"""Loads the level catalogue: questions, rules and grades, checked so that a slip in the file stops at once."""

from collections import Counter
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files

import yaml

from sekisho.catalogue.entries import Entry, fact_of, inputs_of, string_of, text_of
from sekisho.catalogue.errors import CatalogueError
from sekisho.domain.judgement.level import Control
from sekisho.domain.judgement.level_schema import (
    Because,
    Certainty,
    ControlRule,
    Effort,
    Fact,
    FactInput,
    LevelRules,
    PredicateRule,
    RegisterInput,
)
from sekisho.domain.judgement.register_measures import MEASURES

NAME = "level/level_1.yaml"
"""The file inside this package."""


@cache
def load_level_rules() -> LevelRules:
    """Return the bundled level catalogue.

    Raises:
        CatalogueError: the file contradicts itself; see the message.
    """
    return parse_level_rules((files("sekisho.catalogue") / NAME).read_text(encoding="utf-8"))


def parse_level_rules(document: str) -> LevelRules:
    """Return the level catalogue that `document` (YAML) holds.

    Raises:
        CatalogueError: it is not one, or its parts do not fit together.
    """
    try:
        rules = _rules(yaml.safe_load(document))
    except (yaml.YAMLError, KeyError, TypeError, AttributeError, ValueError) as error:
        raise CatalogueError(f"{NAME}: {type(error).__name__}: {error}") from error
    problems = [*_repeated(rules), *_dangling(rules), *_ungraded(rules), *_misfiled(rules)]
    if problems:
        raise CatalogueError(f"{NAME}: " + "; ".join(problems))
    return rules


def _rules(raw: Entry) -> LevelRules:
    spellings: Mapping[str, Iterable[str]] = raw["spellings"]
    return LevelRules(
        version=string_of(raw["rules_version"]),
        effective_from=string_of(raw["effective_from"]),
        source=text_of(raw["source"]),
        certainty=Certainty(raw["certainty"]),
        facts=tuple(fact_of(entry, spellings, Control(entry["control"])) for entry in raw["facts"]),
        predicates=tuple(_predicate(entry) for entry in raw["predicates"]),
        controls=tuple(_control(entry) for entry in raw["controls"]),
    )


def _predicate(raw: Entry) -> PredicateRule:
    combination, inputs = inputs_of(raw)
    because = raw["because"]
    return PredicateRule(
        id=string_of(raw["id"]),
        version=string_of(raw["version"]),
        control=Control(raw["control"]),
        combination=combination,
        inputs=inputs,
        title=text_of(raw["title"]),
        because=Because(yes=text_of(because["yes"]), no=text_of(because["no"]), unknown=text_of(because["unknown"])),
        remedy=text_of(raw["remedy"]),
        effort=Effort(raw["effort"]),
        certainty=Certainty(raw["certainty"]),
        source=text_of(raw["source"]),
    )


def _control(raw: Entry) -> ControlRule:
    return ControlRule(
        control=Control(raw["control"]),
        title=text_of(raw["title"]),
        partial=tuple(raw["partial"]),
        full=tuple(raw["full"]),
    )


def _repeated(rules: LevelRules) -> Iterable[str]:
    counted = Counter([*(fact.key for fact in rules.facts), *(rule.id for rule in rules.predicates)])
    yield from (f"{key} stands twice" for key, times in counted.items() if times > 1)
    if [rule.control for rule in rules.controls] != list(Control):
        yield f"controls must be {[control.value for control in Control]}, in this order"


def _dangling(rules: LevelRules) -> Iterable[str]:
    """Yield each reference that leads nowhere, and each fact that no rule uses."""
    facts = {fact.key: fact for fact in rules.facts}
    used = set()
    for rule in rules.predicates:
        if not rule.inputs:
            yield f"{rule.id} has no input"
        for needed in rule.inputs:
            if isinstance(needed, RegisterInput):
                if needed.measure not in MEASURES:
                    yield f"{rule.id} uses the unknown measure {needed.measure}"
            elif needed.fact not in facts:
                yield f"{rule.id} uses the unknown fact {needed.fact}"
            else:
                used.add(needed.fact)
                yield from _wrong_acceptance(rule, needed, facts[needed.fact])
    yield from (f"no rule uses the fact {key}" for key in facts if key not in used)


def _wrong_acceptance(rule: PredicateRule, needed: FactInput, fact: Fact) -> Iterable[str]:
    if not needed.accept:
        yield f"{rule.id} accepts no answer of {fact.key}"
    yield from (f"{rule.id} accepts {c}, no option of {fact.key}" for c in needed.accept if not fact.option(c))
    if "no" in needed.accept:
        yield f"{rule.id} is satisfied by a “no” of {fact.key}"
    if not fact.option("no"):
        yield f"{fact.key} cannot be answered “no”"


def _ungraded(rules: LevelRules) -> Iterable[str]:
    known = {rule.id: rule for rule in rules.predicates}
    graded = [rule_id for control in rules.controls for rule_id in control.predicates]
    yield from (f"controls name the unknown rule {rule_id}" for rule_id in graded if rule_id not in known)
    yield from (f"no control uses the rule {rule_id}" for rule_id in known if rule_id not in graded)
    for control in rules.controls:
        if not control.full or not control.partial:
            yield f"{control.control.value} needs rules for both partial and full"
        wrong = [i for i in control.predicates if i in known and known[i].control is not control.control]
        yield from (f"{rule_id} belongs to another control than {control.control.value}" for rule_id in wrong)


def _misfiled(rules: LevelRules) -> Iterable[str]:
    prefixes = {rule.id: f"level.{rule.control.value}." for rule in rules.predicates}
    yield from (f"{rule_id} must begin with {p}" for rule_id, p in prefixes.items() if not rule_id.startswith(p))
