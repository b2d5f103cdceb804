"""The threat catalogue loads, gives the published starting scores, and refuses to load when its parts do not fit."""

from collections import Counter
from decimal import Decimal

import pytest

from sekisho.catalogue.errors import CatalogueError
from sekisho.catalogue.threat_tables import FOLDER, NAMES, load_threats, parse_threats
from sekisho.domain.judgement.crss import rounded
from sekisho.domain.judgement.level_schema import Certainty

DOCUMENTS = {name: (FOLDER / name).read_text(encoding="utf-8") for name in NAMES}
STARTING = {
    "NW-1": ("5.69", "II"), "NW-2": ("7.58", "III"), "EP-1": ("6.56", "II"), "EP-2": ("4.56", "II"),
    "EP-3": ("3.20", "I"), "RA-1": ("6.82", "II"), "RA-2": ("8.51", "III"), "RA-3": ("6.82", "II"),
    "RA-4": ("9.03", "III"), "RA-5": ("10.00", "III"), "VN-1": ("9.03", "III"), "VN-2": ("10.00", "III"),
    "VN-3": ("6.30", "II"), "VN-4": ("8.18", "III"), "EX-1": ("6.30", "II"), "EX-2": ("9.33", "III"),
    "EX-3": ("10.00", "III"),
}  # fmt: skip


def test_threats_have_the_scores_and_levels_of_the_table() -> None:
    found = {
        threat.id: (str(rounded(threat.vector.score.risk, "0.01")), threat.vector.score.level.value)
        for threat in load_threats().threats
    }
    assert found == STARTING


def test_threats_stand_on_the_five_paths_in_their_numbers() -> None:
    counted = Counter(threat.path for threat in load_threats().threats)
    assert list(counted.values()) == [2, 3, 5, 4, 3]
    assert [path.id for path in load_threats().paths] == list(counted)


def test_threats_carry_that_their_vectors_are_our_own() -> None:
    assert {threat.certainty for threat in load_threats().threats} == {Certainty.OWN}
    assert {control.certainty for control in load_threats().controls} == {Certainty.OWN}


def test_exposed_device_is_one_attack_on_three_paths() -> None:
    assert [threat.id for threat in load_threats().threats if threat.shares] == ["RA-5", "VN-2", "EX-3"]


def test_threats_speak_plainly_in_both_languages() -> None:
    known = load_threats()
    for threat in known.threats:
        assert threat.what.ja.endswith("。"), threat.id
        assert threat.what.en.endswith("."), threat.id
        assert all(text.ja and text.en for text in (threat.who, threat.when, threat.why))
    for rule in (*known.controls, *known.assumptions):
        assert rule.remedy.ja.endswith("ください。"), rule.id
        assert rule.remedy.en.endswith("."), rule.id
    for fact in known.own_questions:
        assert fact.question.ja.endswith("か。"), fact.key
        assert fact.question.en.endswith("?"), fact.key


def test_assumptions_are_the_seven_and_the_premise() -> None:
    known = load_threats()
    assert [assumption.number for assumption in known.assumptions] == [1, 2, 3, 4, 5, 6, 7]
    assert known.premise.number == 8


def test_questions_never_take_a_level_question_twice() -> None:
    known = load_threats()
    assert len({fact.key for fact in known.questions}) == len(known.questions)
    assert all(fact.control is None for fact in known.own_questions)


def broken(name: str, old: str, new: str) -> dict[str, str]:
    assert old in DOCUMENTS[name], old
    return DOCUMENTS | {name: DOCUMENTS[name].replace(old, new, 1)}


@pytest.mark.parametrize(
    ("name", "old", "new", "says"),
    [
        ("threats.yaml", "vector: AMN/CNN", "vector: AMN/CN", "NotAVector"),
        ("threats.yaml", "id: NW-2", "id: NW-1", "NW-1 stands twice"),
        ("threats.yaml", "controls: [hole-closed]", "controls: [hole-shut]", "unknown control hole-shut"),
        ("threats.yaml", "path: endpoint", "path: endpoints", "unknown path endpoints"),
        ("threats.yaml", "shares: exposed-device", "shares: exposed", "unknown finding exposed"),
        ("threats.yaml", "assets: [A1]", "assets: [A9]", "unknown asset A9"),
        ("threats.yaml", "goals: [G1]", "goals: [G4]", "unknown goal G4"),
        ("threats.yaml", "{register: no_staff_line}", "{register: no_lines}", "unknown measure no_lines"),
        ("threats.yaml", "who: {ja: 第三者, en: An outsider}", "who: {ja: 第三者}", "KeyError"),
        ("threats.yaml", "spread: {any: [department-control", "spread: {any: [departments", "unknown control departments"),
        ("controls.yaml", "moves: {AC: step}", "moves: {AC: X}", "ValueError"),
        ("controls.yaml", "moves: {AC: step}", "moves: {XX: step}", "KeyError"),
        ("controls.yaml", "moves: {AC: step}", "moves: {}", "moves nothing"),
        ("controls.yaml", "moves: {AC: H}", "moves: {AC: M}", "caps AC where another control moves it by steps"),
        ("controls.yaml", "effort: 3", "effort: 6", "TypeError"),
        ("controls.yaml", "effort: 3", "effort: yes", "TypeError"),
        ("controls.yaml", "fact: usb_enforced", "fact: usb_blocked", "unknown fact usb_blocked"),
        ("controls.yaml", 'fact: usb_enforced, accept: ["yes"]', 'fact: usb_enforced, accept: ["no"]', "satisfied by a “no”"),
        ("controls.yaml", 'fact: usb_enforced, accept: ["yes"]', "fact: usb_enforced, accept: [often]", "no option of usb_enforced"),
        ("controls.yaml", 'fact: usb_enforced, accept: ["yes"]', "fact: usb_enforced, accept: [yes]", "TypeError"),
        ("questions.yaml", "key: personal_ids", "key: usb_rule", "usb_rule stands twice"),
        ("questions.yaml", "certainty: own", "certainty: sure", "ValueError"),
        ("assumptions.yaml", "number: 2", "number: 1", "assumption number 1 stands twice"),
        ("assumptions.yaml", "understates: [NW-1", "understates: [NW-9", "unknown threat NW-9"),
    ],
)  # fmt: skip
def test_parse_threats_stops_on_a_slip(name: str, old: str, new: str, says: str) -> None:
    with pytest.raises(CatalogueError) as refused:
        parse_threats(broken(name, old, new))
    assert says in str(refused.value)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("document", ["", "[]", "{", "version: 1", "a: \x00"])
def test_parse_threats_stops_on_what_is_no_catalogue(name: str, document: str) -> None:
    with pytest.raises(CatalogueError):
        parse_threats(DOCUMENTS | {name: document})


def test_every_score_of_the_table_is_a_decimal() -> None:
    assert all(isinstance(threat.vector.score.risk, Decimal) for threat in load_threats().threats)
