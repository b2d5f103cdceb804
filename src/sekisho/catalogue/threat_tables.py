"""Loads the threat catalogue: questions, controls, threats, assumptions. A slip in the files stops at once."""

from collections import Counter
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from sekisho.catalogue.entries import Entry, fact_of, input_of, inputs_of, string_of, text_of
from sekisho.catalogue.errors import CatalogueError
from sekisho.catalogue.levels import load_level_rules
from sekisho.domain.judgement.crss import Vector
from sekisho.domain.judgement.level_schema import Certainty, Combination, Fact, FactInput, RegisterInput
from sekisho.domain.judgement.line_paths import PATH_MEASURES
from sekisho.domain.judgement.register_measures import MEASURES
from sekisho.domain.judgement.threat_schema import (
    METRICS,
    AccessPath,
    Assumption,
    Leaf,
    LeafRule,
    Move,
    Premise,
    Threat,
    ThreatControl,
    ThreatKnowledge,
)
from sekisho.domain.text import Text

FOLDER = files("sekisho.catalogue") / "threats"
NAMES = ("questions.yaml", "controls.yaml", "threats.yaml", "assumptions.yaml")
THREATS = 17
EFFORTS = range(1, 6)


@cache
def load_threats() -> ThreatKnowledge:
    """Return the bundled threat catalogue.

    Raises:
        CatalogueError: the files contradict themselves or each other; see the message.
    """
    return parse_threats({name: (FOLDER / name).read_text(encoding="utf-8") for name in NAMES})


def parse_threats(documents: Mapping[str, str]) -> ThreatKnowledge:
    """Return the threat catalogue that `documents` (YAML by file name) hold.

    Raises:
        CatalogueError: they are none, or their parts do not fit together.
    """
    try:
        raw = {name: yaml.safe_load(documents[name]) for name in NAMES}
        knowledge = _knowledge(raw)
    except (yaml.YAMLError, KeyError, TypeError, AttributeError, ValueError) as error:
        raise CatalogueError(f"threats: {type(error).__name__}: {error}") from error
    problems = [*_repeated(knowledge), *_dangling(knowledge), *_odd(knowledge)]
    if problems:
        raise CatalogueError("threats: " + "; ".join(problems))
    return knowledge


def _knowledge(raw: Mapping[str, Any]) -> ThreatKnowledge:
    threats, assumed, asked = raw["threats.yaml"], raw["assumptions.yaml"], raw["questions.yaml"]
    own = tuple(fact_of(entry, asked["spellings"]) for entry in asked["facts"])
    computed = tuple(fact_of(entry, asked["spellings"]) for entry in asked["computed"])
    versions = [string_of(raw[name]["version"]) for name in NAMES]
    return ThreatKnowledge(
        version="+".join(dict.fromkeys(versions)),
        source=text_of(threats["source"]),
        questions=(*load_level_rules().facts, *own, *computed),
        own_questions=own,
        controls=tuple(_control(entry) for entry in raw["controls.yaml"]["controls"]),
        threats=tuple(_threat(entry) for entry in threats["threats"]),
        paths=tuple(_path(entry) for entry in threats["paths"]),
        shared=_texts(threats["shared"]),
        assets=_texts(threats["assets"]),
        goals=_texts(threats["goals"]),
        assumptions=tuple(_assumption(entry) for entry in assumed["assumptions"]),
        premise=Premise(
            int(assumed["premise"]["number"]),
            text_of(assumed["premise"]["title"]),
            text_of(assumed["premise"]["meaning"]),
        ),
    )


def _texts(raw: Mapping[str, Entry]) -> dict[str, Text]:
    return {string_of(key): text_of(text) for key, text in raw.items()}


def _control(raw: Entry) -> ThreatControl:
    combination, inputs = inputs_of(raw)
    return ThreatControl(
        id=string_of(raw["id"]),
        title=text_of(raw["title"]),
        combination=combination,
        inputs=inputs,
        moves=tuple(_move(metric, to) for metric, to in raw["moves"].items()),
        effort=_effort(raw["effort"]),
        remedy=text_of(raw["remedy"]),
        certainty=Certainty(raw.get("certainty", "own")),
        source=text_of(raw["source"]),
    )


def _move(metric: object, to: object) -> Move:
    # YAML reads an unquoted N, Y or NO as a truth value in some dialects; a letter is wanted here.
    _field, kind = METRICS[string_of(metric)]
    return Move(string_of(metric)) if to == "step" else Move(string_of(metric), kind(string_of(to)))


def _effort(raw: object) -> int:
    if not isinstance(raw, int) or isinstance(raw, bool) or raw not in EFFORTS:
        raise TypeError(f"an effort of 1 to 5 is wanted, not {raw!r}")
    return raw


def _threat(raw: Entry) -> Threat:
    named, added = tuple(raw["controls"]), tuple(raw.get("added", ()))
    return Threat(
        id=string_of(raw["id"]),
        path=string_of(raw["path"]),
        who=text_of(raw["who"]),
        when=text_of(raw["when"]),
        why=text_of(raw["why"]),
        what=text_of(raw["what"]),
        assets=tuple(map(string_of, raw["assets"])),
        goals=tuple(map(string_of, raw["goals"])),
        vector=Vector.parse(string_of(raw["vector"])),
        certainty=Certainty(raw.get("certainty", "own")),
        controls=tuple(map(string_of, (*named, *added))),
        own_controls=frozenset(added),
        absent_when=tuple(tuple(map(input_of, inputs)) for inputs in raw.get("absent_when", ())),
        shares=str(raw.get("shares", "")),
    )


def _path(raw: Entry) -> AccessPath:
    leaves = []
    for leaf in Leaf:
        combination = Combination.ALL if "all" in raw[leaf.value] else Combination.ANY
        leaves.append(LeafRule(leaf, combination, tuple(map(string_of, raw[leaf.value][combination.value]))))
    return AccessPath(string_of(raw["id"]), text_of(raw["title"]), tuple(leaves))


def _assumption(raw: Entry) -> Assumption:
    combination, inputs = inputs_of(raw)
    return Assumption(
        id=string_of(raw["id"]),
        number=int(raw["number"]),
        title=text_of(raw["title"]),
        combination=combination,
        inputs=inputs,
        understates=tuple(map(string_of, raw["understates"])),
        remedy=text_of(raw["remedy"]),
    )


def _repeated(known: ThreatKnowledge) -> Iterable[str]:
    ids = [
        *(fact.key for fact in known.questions),
        *(control.id for control in known.controls),
        *(threat.id for threat in known.threats),
        *(f"path {path.id}" for path in known.paths),
        *(f"assumption {assumption.id}" for assumption in known.assumptions),
        *(f"assumption number {assumption.number}" for assumption in known.assumptions),
    ]
    yield from (f"{name} stands twice" for name, times in Counter(ids).items() if times > 1)


def _dangling(known: ThreatKnowledge) -> Iterable[str]:
    """Yield each reference that leads nowhere, and each control that nothing uses."""
    controls, threats, paths = _ids(known.controls), _ids(known.threats), _ids(known.paths)
    for threat in known.threats:
        yield from (f"{threat.id} names the unknown control {c}" for c in threat.controls if c not in controls)
        yield from (f"{threat.id} names the unknown asset {a}" for a in threat.assets if a not in known.assets)
        yield from (f"{threat.id} names the unknown goal {g}" for g in threat.goals if g not in known.goals)
        if threat.path not in paths:
            yield f"{threat.id} stands on the unknown path {threat.path}"
        if threat.shares and threat.shares not in known.shared:
            yield f"{threat.id} shares the unknown finding {threat.shares}"
    for path in known.paths:
        named = {control for rule in path.leaves for control in rule.controls}
        yield from (f"{path.id} names the unknown control {control}" for control in sorted(named - controls))
    for assumption in known.assumptions:
        yield from (f"{assumption.id} names the unknown threat {t}" for t in assumption.understates if t not in threats)
    used = {control for threat in known.threats for control in threat.controls}
    yield from (f"no threat uses the control {control}" for control in sorted(controls - used))
    yield from _wrong_inputs(known)


def _ids(entries: Iterable[ThreatControl] | Iterable[Threat] | Iterable[AccessPath]) -> set[str]:
    return {entry.id for entry in entries}


def _wrong_inputs(known: ThreatKnowledge) -> Iterable[str]:
    facts = {fact.key: fact for fact in known.questions}
    for owner, inputs, may_be_no in _all_inputs(known):
        if not inputs:
            yield f"{owner} has no input"
        for needed in inputs:
            if isinstance(needed, RegisterInput):
                if needed.measure not in MEASURES | PATH_MEASURES:
                    yield f"{owner} uses the unknown measure {needed.measure}"
            elif needed.fact not in facts:
                yield f"{owner} uses the unknown fact {needed.fact}"
            else:
                yield from _wrong_acceptance(owner, needed, facts[needed.fact], may_be_no)


def _all_inputs(known: ThreatKnowledge) -> Iterable[tuple[str, tuple[FactInput | RegisterInput, ...], bool]]:
    """Yield every list of inputs with its owner, and whether a "no" may satisfy it: only what a threat needs to be."""
    yield from ((control.id, control.inputs, False) for control in known.controls)
    yield from ((assumption.id, assumption.inputs, False) for assumption in known.assumptions)
    yield from ((threat.id, inputs, True) for threat in known.threats for inputs in threat.absent_when)


def _wrong_acceptance(owner: str, needed: FactInput, fact: Fact, may_be_no: bool) -> Iterable[str]:
    if not needed.accept:
        yield f"{owner} accepts no answer of {fact.key}"
    yield from (f"{owner} accepts {c}, no option of {fact.key}" for c in needed.accept if not fact.option(c))
    if "no" in needed.accept and not may_be_no:
        yield f"{owner} is satisfied by a “no” of {fact.key}"


def _odd(known: ThreatKnowledge) -> Iterable[str]:
    if len(known.threats) != THREATS:
        yield f"{THREATS} threats are wanted, not {len(known.threats)}"
    for control in known.controls:
        if not control.moves:
            yield f"{control.id} moves nothing"
        for move in control.moves:
            members = list(METRICS[move.metric][1])
            steps = any(other.metric == move.metric and other.cap is None for c in known.controls for other in c.moves)
            if steps and move.cap is not None and move.cap is not members[-1]:
                # A cap short of the best value and a step on one metric would depend on their order.
                yield f"{control.id} caps {move.metric} where another control moves it by steps"
    yield from (f"{fact.key} cannot be answered “no”" for fact in known.own_questions if not fact.option("no"))
