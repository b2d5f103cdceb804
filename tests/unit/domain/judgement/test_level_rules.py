"""The level is what known facts prove, never more."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sekisho.domain.facts import Answer, Unknown
from sekisho.domain.judgement.declarations import Declaration, Declarations
from sekisho.domain.judgement.fact_sources import Basis, FactReading
from sekisho.domain.judgement.level import Control, Grade, LevelVerdict
from sekisho.domain.judgement.level_rules import judge_level
from sekisho.domain.register.records import Device, Line, Register
from sekisho.domain.survey.observations import Sighting, SurveyObservations, TerminalState
from sekisho.domain.text import Text
from sekisho.domain.tri import Tri
from tests.unit.domain.judgement.hospitals import DIRECT, FLAT, GOOD, RULES, VPN, judged, predicate


def grades(verdict: LevelVerdict) -> tuple[Grade, ...]:
    return tuple(control.grade for control in verdict.controls)


def test_judge_level_gives_3_when_everything_is_in_place() -> None:
    verdict = judged(GOOD)
    assert (verdict.level, verdict.best_possible, verdict.urgent) == (3, 3, False)
    assert grades(verdict) == (Grade.FULL, Grade.FULL, Grade.FULL)
    assert verdict.nearest_miss == ()
    assert verdict.missing == ()
    assert verdict.rules_version == RULES.version


def test_judge_level_gives_2_to_a_flat_inside() -> None:
    verdict = judged(GOOD | FLAT)
    assert (verdict.level, verdict.best_possible) == (2, 2)
    assert grades(verdict) == (Grade.FULL, Grade.FULL, Grade.NONE)
    assert {miss.rule_id for miss in verdict.nearest_miss} == {
        "level.internal.segmented-by-department",
        "level.internal.needed-traffic-only",
        "level.internal.rules-maintained",
    }


def test_judge_level_counts_segments_without_traffic_control_as_nothing() -> None:
    verdict = judged(GOOD | FLAT | {"department_segments": "yes"})
    assert verdict.control(Control.INTERNAL).grade is Grade.NONE


@pytest.mark.parametrize("key", [key for key in GOOD if key not in FLAT])
@pytest.mark.parametrize("answer", ["no", Unknown("担当が不在"), None, "nonsense"])
def test_judge_level_gives_1_when_any_outer_fact_is_not_satisfied(key: str, answer: Answer[str]) -> None:
    assert judged(GOOD | {key: answer}).level == 1


@pytest.mark.parametrize("answer", [Unknown(), None, "nonsense"])
def test_judge_level_leaves_the_best_open_while_something_is_unknown(answer: Answer[str]) -> None:
    verdict = judged(GOOD | {"usb_enforced": answer})
    assert (verdict.level, verdict.best_possible) == (1, 3)
    assert verdict.control(Control.MEDIA).grade is Grade.UNKNOWN
    assert verdict.control(Control.MEDIA).at_least is Grade.PARTIAL
    assert [missing.fact for missing in verdict.missing] == ["usb_enforced"]
    assert [miss.rule_id for miss in verdict.nearest_miss] == ["level.media.enforced"]


def test_judge_level_knows_nothing_of_a_hospital_that_said_nothing() -> None:
    verdict = judge_level(Register(), Declarations(), SurveyObservations(), RULES)
    assert (verdict.level, verdict.best_possible, verdict.urgent) == (1, 3, False)
    assert grades(verdict) == (Grade.UNKNOWN,) * 3
    assert "register.lines" in {missing.fact for missing in verdict.missing}
    assert "まだ確かめられていません" in verdict.notes[0].ja


def test_judge_level_is_urgent_when_the_medical_network_is_on_the_internet() -> None:
    verdict = judged(GOOD | {"internet_separated": "no"})
    assert (verdict.level, verdict.best_possible, verdict.urgent) == (1, 1, True)
    assert verdict.control(Control.EXTERNAL).grade is Grade.NONE
    assert verdict.nearest_miss[0].rule_id == "level.external.separated-from-internet"
    assert "要緊急確認" in verdict.notes[0].ja


def test_judge_level_believes_a_direct_line_over_a_claim_of_separation() -> None:
    verdict = judged(GOOD, VPN, DIRECT)
    assert verdict.urgent
    miss = verdict.nearest_miss[0]
    assert miss.rule_id == "level.external.no-unguarded-internet-line"
    assert "回線7" in miss.because.ja
    assert "line 7" in miss.because.en


def test_judge_level_accepts_an_internet_line_narrowed_to_named_destinations() -> None:
    assert judged(GOOD | {"internet_separated": "limited"}, VPN, DIRECT).level == 3


def test_judge_level_is_not_urgent_about_a_line_apart_from_the_ehr() -> None:
    assert judged(GOOD, VPN, replace(DIRECT, ehr_connection="no")).level == 3


@pytest.mark.parametrize(
    "line",
    [
        replace(VPN, ehr_connection=None),
        replace(VPN, ehr_connection=Unknown("業者に確認中")),
        replace(VPN, communication=Unknown()),
        replace(VPN, communication="社内のよくわからない線"),
        replace(VPN, devices=()),
        replace(VPN, devices=(Device(1, maker=Unknown(), model=None),)),
        replace(VPN, terminator_location=Unknown()),
        replace(VPN, contract_party=None),
        replace(VPN, vendor_name=Unknown("聞いていない")),
    ],
    ids=lambda line: "",
)
def test_judge_level_does_not_reach_2_with_an_unknown_in_the_register(line: Line) -> None:
    verdict = judged(GOOD, line)
    assert (verdict.level, verdict.best_possible) == (1, 3)
    asked = [missing for missing in verdict.missing if missing.fact.startswith("register.")]
    assert asked
    assert "回線1（CAF00001）" in asked[0].question.ja


def test_judge_level_reaches_no_level_without_lines() -> None:
    declared = Declarations({key: Declaration(value) for key, value in GOOD.items()})
    assert judge_level(Register(), declared, SurveyObservations(), RULES).level == 1


def test_judge_level_names_a_few_lines_and_counts_the_rest() -> None:
    lines = [replace(VPN, number=n, circuit_id=None, devices=()) for n in range(1, 10)]
    because = predicate(judged(GOOD, *lines), "level.external.boundary-device").because
    assert "回線1、回線2、回線3、回線4、回線5 ほか4本" in because.ja


def test_judge_level_lets_a_sighting_overrule_the_claim_that_all_lines_are_known() -> None:
    survey = SurveyObservations(
        sightings=(Sighting(1, "onu", "3F 受付窓口"), Sighting(2, "onu", "サーバ室", line_number=1))
    )
    verdict = judged(GOOD, survey=survey)
    found = predicate(verdict, "level.external.all-lines-known")
    assert found.outcome is Tri.NO
    assert any(evidence.witness == "3F 受付窓口" for evidence in found.evidence)
    assert verdict.level == 1


def test_judge_level_counts_a_sighting_of_a_line_that_is_not_there_as_unlisted() -> None:
    survey = SurveyObservations(sightings=(Sighting(1, "onu", "3F", line_number=99),))
    assert judged(GOOD, survey=survey).level == 1


def test_judge_level_lets_an_open_pc_overrule_the_claim_that_usb_is_blocked() -> None:
    survey = SurveyObservations(
        terminals=(TerminalState(1, usb_storage="blocked"), TerminalState(3, usb_storage="unrestricted"))
    )
    found = predicate(judged(GOOD, survey=survey), "level.media.enforced")
    assert found.outcome is Tri.NO
    assert found.evidence[0].witness == "No.3"
    assert found.evidence[1].value.ja.startswith("診療のネットワークのすべてのPCで")


def test_judge_level_does_not_take_five_blocked_pcs_for_all() -> None:
    survey = SurveyObservations(terminals=tuple(TerminalState(n, usb_storage="blocked") for n in range(1, 6)))
    assert judged(GOOD | {"usb_enforced": None}, survey=survey).level == 1


class Engine:
    """A source of proven facts, as an engine will be one."""

    def __init__(self, **facts: str) -> None:
        self.facts = facts

    def reading(self, fact: str) -> FactReading | None:
        value = self.facts.get(fact)
        return FactReading(value, Basis.PROVEN, Text("設定の解析", "Analysis"), "rt1: rule 10") if value else None


@pytest.mark.parametrize(("declared", "proven", "level"), [("yes", "no", 1), ("no", "yes", 3), (None, "yes", 3)])
def test_judge_level_believes_what_is_proven_first(declared: str | None, proven: str, level: int) -> None:
    declarations = Declarations(
        {key: Declaration(value) for key, value in (GOOD | {"boundary_needed_only": declared}).items()}
    )
    verdict = judge_level(
        Register(lines=(VPN,)), declarations, SurveyObservations(), RULES, proven=[Engine(boundary_needed_only=proven)]
    )
    assert verdict.level == level
    assert predicate(verdict, "level.external.needed-traffic-only").evidence[0].witness == "rt1: rule 10"


def test_judge_level_notes_a_divided_inside_behind_an_open_outside() -> None:
    verdict = judged(GOOD | {"usb_rule": "no"})
    assert verdict.level == 1
    assert any("院内の仕切りはできています" in note.ja and "媒体" in note.ja for note in verdict.notes)


def test_judge_level_asks_the_easier_things_first() -> None:
    verdict = judged(GOOD | {"default_passwords_changed": "no", "boundary_device": "no", "access_reviewed": "no"})
    efforts = [RULES.predicate(miss.rule_id).effort.rank for miss in verdict.nearest_miss]
    assert efforts == sorted(efforts)
    assert len(efforts) == 3


def test_judge_level_explains_every_verdict_in_both_languages() -> None:
    for answers in ({}, GOOD, dict.fromkeys(GOOD, "no"), dict.fromkeys(GOOD, "partly")):
        for control in judged(answers, VPN, DIRECT).controls:
            for verdict in control.predicates:
                assert verdict.because.ja.endswith("。")
                assert verdict.because.en
                assert "{" not in verdict.because.ja + verdict.because.en + verdict.remedy.ja + verdict.remedy.en
                assert bool(verdict.remedy.ja) is (verdict.outcome is not Tri.YES)
                assert bool(verdict.missing) >= (verdict.outcome is Tri.UNKNOWN)


# Properties


def options(key: str) -> list[str]:
    return [option.code for option in RULES.fact(key).options]


@st.composite
def answers(draw: st.DrawFn) -> dict[str, Answer[str]]:
    chosen: dict[str, Answer[str]] = {}
    for key in GOOD:
        likely = st.sampled_from(["yes", "yes", "yes"])  # so that higher levels are reached often enough
        anything = st.sampled_from([*options(key), None, Unknown()])
        chosen[key] = draw(st.one_of(likely, anything))
    return chosen


LINES = st.builds(
    Line,
    number=st.integers(1, 9),
    ehr_connection=st.sampled_from(["yes", "no", None, Unknown()]),
    communication=st.sampled_from(["internet", "internet_vpn", "ip_vpn", "自由記入", None, Unknown()]),
    terminator_location=st.sampled_from(["3F", None, Unknown()]),
    contract_party=st.sampled_from(["hospital", "vendor", None]),
    vendor_name=st.sampled_from(["A社", None]),
    devices=st.sampled_from([(), (Device(1, maker="NEC"),), (Device(1, maker=Unknown()),)]),
)
HOSPITALS = st.tuples(answers(), st.lists(st.one_of(st.just(VPN), LINES), min_size=1, max_size=3).map(tuple))
Hospital = tuple[dict[str, Answer[str]], tuple[Line, ...]]


@given(HOSPITALS)
def test_judge_level_never_proves_more_than_is_possible(hospital: Hospital) -> None:
    verdict = judged(hospital[0], *hospital[1])
    assert 1 <= verdict.level <= verdict.best_possible <= 3
    order = [Grade.NONE, Grade.PARTIAL, Grade.FULL]
    for control in verdict.controls:
        assert order.index(control.at_least) <= order.index(control.at_most)
        assert (control.grade is Grade.UNKNOWN) is (control.at_least is not control.at_most)
    assert bool(verdict.nearest_miss) is (verdict.level < 3)


@given(HOSPITALS)
def test_judge_level_is_certain_when_nothing_is_unknown(hospital: Hospital) -> None:
    known = {key: value if isinstance(value, str) else "no" for key, value in hospital[0].items()}
    verdict = judged(known, VPN)
    assert verdict.level == verdict.best_possible
    assert verdict.missing == ()


@given(HOSPITALS, st.sampled_from(sorted(GOOD)))
def test_judge_level_never_falls_when_an_answer_becomes_yes(hospital: Hospital, key: str) -> None:
    declared, lines = hospital
    before = judged(declared, *lines)
    if declared[key] in ("no", "partly", None) or isinstance(declared[key], Unknown):
        assert judged(declared | {key: "yes"}, *lines).level >= before.level


@given(HOSPITALS, st.sampled_from(sorted(GOOD)), st.sampled_from([None, Unknown()]))
def test_judge_level_never_rises_when_an_answer_is_lost(hospital: Hospital, key: str, lost: Answer[str]) -> None:
    declared, lines = hospital
    before, after = judged(declared, *lines), judged(declared | {key: lost}, *lines)
    assert after.level <= before.level
    assert after.best_possible >= before.best_possible


@settings(max_examples=200)
@given(
    HOSPITALS,
    st.sampled_from(
        ["ehr_connection", "communication", "terminator_location", "contract_party", "vendor_name", "devices"]
    ),
)
def test_judge_level_never_rises_when_a_line_is_forgotten_in_part(hospital: Hospital, column: str) -> None:
    declared, lines = hospital
    lost: object = () if column == "devices" else None
    forgotten = (replace(lines[0], **{column: lost}), *lines[1:])
    before, after = judged(declared, *lines), judged(declared, *forgotten)
    assert after.level <= before.level
    assert after.best_possible >= before.best_possible


@given(HOSPITALS)
def test_judge_level_reaches_the_next_level_once_the_nearest_miss_is_mended(hospital: Hospital) -> None:
    declared, lines = hospital
    verdict = judged(declared, *lines)
    if verdict.level == 3:
        return
    needed = {
        given.fact
        for miss in verdict.nearest_miss
        for given in RULES.predicate(miss.rule_id).inputs
        if hasattr(given, "fact")
    }
    assert judged(declared | dict.fromkeys(needed, "yes"), VPN).level > verdict.level
