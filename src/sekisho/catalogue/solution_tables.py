"""Loads the options that lower threats and the forms of connecting to clouds. A slip in the files stops at once."""

from collections import Counter
from collections.abc import Iterable
from functools import cache
from typing import Any

import yaml

from sekisho.catalogue.entries import Entry, string_of, text_of
from sekisho.catalogue.errors import CatalogueError
from sekisho.catalogue.reporting import load_report_knowledge
from sekisho.catalogue.threat_tables import EFFORTS, FOLDER, load_threats
from sekisho.domain.judgement.connection_forms import (
    ConnectionForm,
    FormKnowledge,
    Trait,
    Trial,
    Viewpoint,
    Weighing,
)
from sekisho.domain.judgement.level_schema import Certainty
from sekisho.domain.judgement.solutions import Kind, Option, SolutionKnowledge
from sekisho.domain.text import Text

SOLUTIONS, FORMS = "solutions.yaml", "forms.yaml"
WANTED_SOLUTIONS = ("iam", "pam", "iga", "edr", "uem", "sase", "xdr", "siem", "ndr")
WANTED_FORMS = 9


@cache
def load_solutions() -> SolutionKnowledge:
    """Return the bundled options.

    Raises:
        CatalogueError: the file contradicts itself or the threat catalogue; see the message.
    """
    return parse_solutions((FOLDER / SOLUTIONS).read_text(encoding="utf-8"))


def parse_solutions(document: str) -> SolutionKnowledge:
    """Return the options that `document` (YAML) holds.

    Raises:
        CatalogueError: it is no such catalogue.
    """
    try:
        known = _solutions(yaml.safe_load(document))
    except (yaml.YAMLError, KeyError, TypeError, AttributeError, ValueError) as error:
        raise CatalogueError(f"{SOLUTIONS}: {type(error).__name__}: {error}") from error
    problems = [*_wrong_options(known)]
    if problems:
        raise CatalogueError(f"{SOLUTIONS}: " + "; ".join(problems))
    return known


def _solutions(raw: Any) -> SolutionKnowledge:
    return SolutionKnowledge(
        version=string_of(raw["version"]),
        source=text_of(raw["source"]),
        layers={string_of(key): text_of(text) for key, text in raw["layers"].items()},
        solutions=tuple(_option(entry, Kind.SOLUTION) for entry in raw["solutions"]),
        own=tuple(_option(entry, Kind.OWN) for entry in raw["own"]),
        cut=_option(raw["cut"], Kind.CUT),
    )


def _option(raw: Entry, kind: Kind) -> Option:
    effort = raw["effort"]
    if not isinstance(effort, int) or isinstance(effort, bool) or effort not in EFFORTS:
        raise TypeError(f"an effort of 1 to 5 is wanted, not {effort!r}")
    return Option(
        id=string_of(raw["id"]),
        kind=kind,
        layer=string_of(raw.get("layer", "own")),
        title=text_of(raw["title"]),
        what=text_of(raw["what"]),
        needs=text_of(raw["needs"]) if "needs" in raw else Text("", ""),
        effort=effort,
        puts=tuple(map(string_of, raw["puts"])),
        helps=tuple(map(string_of, raw.get("helps", ()))),
        measure=str(raw.get("measure", "")),
        certainty=Certainty(raw.get("certainty", "own")),
    )


def _wrong_options(known: SolutionKnowledge) -> Iterable[str]:
    controls = {control.id for control in load_threats().controls}
    measures = {measure.id for measure in load_report_knowledge().measures}
    options = [*known.solutions, *known.own, known.cut]
    yield from (f"{name} stands twice" for name, times in Counter(o.id for o in options).items() if times > 1)
    if tuple(option.id for option in known.solutions) != WANTED_SOLUTIONS:
        yield f"the solutions must be {', '.join(WANTED_SOLUTIONS)}"
    for option in options:
        if option.layer not in known.layers:
            yield f"{option.id} lies in the unknown layer {option.layer}"
        if not option.puts:
            yield f"{option.id} puts nothing in place"
        named = (*option.puts, *option.helps)
        yield from (f"{option.id} names the unknown control {control}" for control in named if control not in controls)
        if option.measure and option.measure not in measures:
            yield f"{option.id} names the unknown measure {option.measure}"
    reached = {control for option in options for control in option.puts}
    yield from (f"nothing puts {control} in place" for control in sorted(controls - reached))


@cache
def load_forms() -> FormKnowledge:
    """Return the bundled forms of connection.

    Raises:
        CatalogueError: the file contradicts itself; see the message.
    """
    return parse_forms((FOLDER / FORMS).read_text(encoding="utf-8"))


def parse_forms(document: str) -> FormKnowledge:
    """Return the forms that `document` (YAML) holds.

    Raises:
        CatalogueError: it is no such catalogue.
    """
    try:
        known = _forms(yaml.safe_load(document))
    except (yaml.YAMLError, KeyError, TypeError, AttributeError, ValueError) as error:
        raise CatalogueError(f"{FORMS}: {type(error).__name__}: {error}") from error
    problems = [*_wrong_forms(known)]
    if problems:
        raise CatalogueError(f"{FORMS}: " + "; ".join(problems))
    return known


def _forms(raw: Any) -> FormKnowledge:
    return FormKnowledge(
        version=string_of(raw["version"]),
        source=text_of(raw["source"]),
        certainty=Certainty(raw["certainty"]),
        viewpoints={view: text_of(raw["viewpoints"][view.value]) for view in Viewpoint},
        traits=tuple(
            Trait(string_of(name), Certainty(entry["certainty"]), text_of(entry["says"]))
            for name, entry in raw["traits"].items()
        ),
        forms=tuple(_form(entry) for entry in raw["forms"]),
        weighing=tuple(_weighing(entry) for entry in raw["weighing"]),
    )


def _form(raw: Entry) -> ConnectionForm:
    return ConnectionForm(
        id=string_of(raw["id"]),
        number=int(raw["number"]),
        title=text_of(raw["title"]),
        views={view: text_of(raw["views"][view.value]) for view in Viewpoint},
        comment=text_of(raw["comment"]),
        trial=Trial(raw["poc"]),
        traits=tuple(map(string_of, raw["traits"])),
    )


def _weighing(raw: Entry) -> Weighing:
    points = raw["points"]
    if not isinstance(points, int) or isinstance(points, bool):
        raise TypeError(f"whole points are wanted, not {points!r}")
    return Weighing(
        trait=string_of(raw["trait"]),
        fact=string_of(raw["when"]["fact"]),
        answers=tuple(map(string_of, raw["when"]["is"])),
        points=points,
        because=text_of(raw["because"]),
    )


def _wrong_forms(known: FormKnowledge) -> Iterable[str]:
    traits = {trait.id for trait in known.traits}
    facts = {fact.key: fact for fact in load_threats().own_questions}
    if [form.number for form in known.forms] != list(range(1, WANTED_FORMS + 1)):
        yield f"{WANTED_FORMS} forms numbered from 1 are wanted"
    yield from (f"{name} stands twice" for name, times in Counter(f.id for f in known.forms).items() if times > 1)
    used = {trait for form in known.forms for trait in form.traits}
    yield from (f"unknown trait {trait}" for trait in sorted(used - traits))
    yield from (f"no form has the trait {trait}" for trait in sorted(traits - used))
    for rule in known.weighing:
        if rule.trait not in traits:
            yield f"a rule weighs the unknown trait {rule.trait}"
        if rule.fact not in facts:
            yield f"a rule asks for the unknown fact {rule.fact}"
        else:
            wrong = [answer for answer in rule.answers if not facts[rule.fact].option(answer)]
            yield from (f"{answer} is no option of {rule.fact}" for answer in wrong)
    weighed = {rule.trait for rule in known.weighing}
    yield from (f"no rule weighs the trait {trait}" for trait in sorted(traits - weighed))
