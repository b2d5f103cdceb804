"""A threat is lowered by what is surely in place, and by nothing else."""

from collections.abc import Mapping
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sekisho.catalogue.threat_tables import load_threats
from sekisho.domain.facts import Answer, Unknown
from sekisho.domain.judgement.crss import RiskLevel, Vector
from sekisho.domain.judgement.declarations import Declaration, Declarations
from sekisho.domain.judgement.fact_sources import Basis, DeclaredFacts, FactReading, FactSource
from sekisho.domain.judgement.threat_schema import Leaf, Move
from sekisho.domain.judgement.threats import ThreatsVerdict, judge_threats, lowered_by
from sekisho.domain.register.records import Line, Register
from sekisho.domain.text import Text
from sekisho.domain.tri import Tri

KNOWN = load_threats()
VENDOR = Line(1, ehr_connection="yes", communication="internet_vpn", purpose="department_maintenance")
CATERING = Line(2, ehr_connection="yes", communication="internet_vpn", purpose="catering")
STAFF = Line(3, ehr_connection="yes", communication="internet", purpose="remote_access")
REGISTER = Register(lines=(VENDOR, CATERING, STAFF))
EVERYTHING = {fact.key: "yes" for fact in KNOWN.questions if fact.option("yes")}


class Proven:
    def __init__(self, readings: Mapping[str, Answer[str]]) -> None:
        self.readings = readings

    def reading(self, fact: str) -> FactReading | None:
        value = self.readings.get(fact)
        return FactReading(value, Basis.PROVEN, Text("証明", "proof"), "rt/lan1/in#10") if value is not None else None


def judged(answers: Mapping[str, Answer[str]], register: Register = REGISTER, *more: FactSource) -> ThreatsVerdict:
    declared = DeclaredFacts(Declarations({key: Declaration(value) for key, value in answers.items()}))
    return judge_threats(register, (*more, declared), KNOWN)


def test_nothing_known_leaves_every_threat_at_its_start() -> None:
    verdict = judged({}, Register())
    for threat in verdict.threats:
        assert threat.vector == threat.threat.vector
        assert threat.applies is not Tri.NO
        assert threat.missing
        assert threat.best_score.risk < threat.starting.risk
    assert verdict.broken == ()
    assert {assumption.outcome for assumption in verdict.assumptions} == {Tri.UNKNOWN}


@pytest.mark.parametrize("answer", ["no", "partly", Unknown("担当が不在"), None, "maybe", "none?"])
@pytest.mark.parametrize("key", sorted({n.fact for c in KNOWN.controls for n in c.inputs if hasattr(n, "fact")}))
def test_only_a_yes_lowers(key: str, answer: Answer[str]) -> None:
    with_it, without = judged({key: answer}), judged({})
    assert [t.vector for t in with_it.threats] == [t.vector for t in without.threats]


def test_everything_in_place_lowers_every_threat_below_danger() -> None:
    verdict = judged(EVERYTHING)
    assert all(threat.score.risk < threat.starting.risk for threat in verdict.threats)
    assert all(threat.level is not RiskLevel.DANGER for threat in verdict.threats)
    assert {assumption.outcome for assumption in verdict.assumptions} <= {Tri.YES, Tri.NO}
    assert verdict.total < judged({}).total * 6 / 10


def test_second_factor_for_vendors_lowers_their_way_in_and_nobody_elses() -> None:
    verdict = judged({"vendor_remote_mfa": "yes"})
    assert str(verdict.threat("VN-1").vector) == "NLM/CCC"
    assert str(verdict.threat("RA-4").vector) == "NLS/CCC"
    assert [state.control.id for state in verdict.threat("VN-1").lowered_by] == ["vendor-mfa"]


def test_department_control_takes_complete_effects_to_partial() -> None:
    assert str(judged({"segment_traffic_control": "yes"}).threat("VN-4").vector) == "NMS/PPP"


def test_offline_backup_lowers_what_stops_care_only() -> None:
    verdict = judged({"offline_backup": "yes"})
    assert str(verdict.threat("EX-2").vector) == "NMN/CCP"
    assert str(verdict.threat("EX-1").vector) == "NMS/CNN"


def test_a_hole_is_closed_by_firmware_and_shut_openings_together() -> None:
    assert str(judged({"boundary_firmware_current": "yes"}).threat("VN-2").vector) == "NLN/CCC"
    both = {"boundary_firmware_current": "yes", "management_closed": "yes"}
    assert str(judged(both).threat("VN-2").vector) == "NHN/CCC"


def test_a_proof_outranks_what_the_hospital_says() -> None:
    proof = Proven({"segment_traffic_control": "no"})
    verdict = judged({"segment_traffic_control": "yes"}, REGISTER, proof)
    state = verdict.states["department-control"]
    assert state.outcome is Tri.NO
    assert [evidence.witness for evidence in state.found.evidence] == ["rt/lan1/in#10", ""]


def test_threat_does_not_exist_without_its_way_in() -> None:
    lines = Register(lines=(VENDOR, CATERING))
    verdict = judged({"staff_remote_access": "no"}, lines)
    assert {t.threat.id for t in verdict.threats if t.applies is Tri.NO} == {"RA-1", "RA-2", "RA-3", "RA-4", "RA-5"}
    assert verdict.threat("RA-4").risk == 0
    assert verdict.threat("RA-4").level is None


def test_a_line_that_is_there_outweighs_the_word_that_it_is_not() -> None:
    assert judged({"staff_remote_access": "no"}).threat("RA-4").applies is Tri.YES


def test_a_line_of_unclear_purpose_keeps_the_threat() -> None:
    unclear = Register(lines=(VENDOR, Line(9, ehr_connection="yes", purpose=Unknown())))
    assert judged({"staff_remote_access": "no"}, unclear).threat("RA-4").applies is Tri.UNKNOWN
    assert judged({"staff_remote_access": "no"}, unclear).threat("RA-4").risk > 9


def test_an_empty_register_never_makes_a_threat_absent() -> None:
    assert all(
        t.applies is not Tri.NO
        for t in judged({"staff_remote_access": "no", "lines_checked": "yes"}, Register()).threats
    )


def test_exposed_device_is_found_once_for_three_threats() -> None:
    shared = judged({"management_closed": "no"}).shared
    assert [(finding.threats, finding.outcome) for finding in shared] == [(("RA-5", "VN-2", "EX-3"), Tri.NO)]
    assert "管理画面" in shared[0].said.ja


def test_exposed_device_leaves_out_paths_that_do_not_exist() -> None:
    lines = Register(lines=(VENDOR, CATERING))
    assert judged({"staff_remote_access": "no"}, lines).shared[0].threats == ("VN-2", "EX-3")


def test_closed_lines_alone_expose_no_device() -> None:
    closed = Register(lines=tuple(replace(line, communication="ip_vpn") for line in REGISTER.lines))
    verdict = judged({"lines_checked": "yes"}, closed)
    assert verdict.shared == ()
    assert verdict.threat("VN-2").applies is Tri.NO
    assert judged({}, closed).threat("VN-2").applies is Tri.UNKNOWN
    assert str(verdict.threat("VN-1").vector) == "ALS/CCC"


def test_broken_assumption_says_which_scores_are_too_low() -> None:
    broken = judged({"personal_ids": "no"}, Register(lines=(VENDOR,))).broken
    assert [verdict.assumption.id for verdict in broken] == ["personal-ids"]
    assert "VN-1" in broken[0].said.ja
    assert "低く出ています" in broken[0].said.ja


def test_line_straight_to_the_internet_breaks_the_sixth_assumption() -> None:
    assert [v.assumption.number for v in judged({"internet_separated": "yes"}).broken] == [6]


def test_fault_tree_names_the_cheapest_set_of_missing_controls() -> None:
    verdict = judged({})
    vendor = next(path for path in verdict.paths if path.path == "vendor-remote")
    assert vendor.open is Tri.UNKNOWN
    assert [control.id for control in vendor.cut] == ["vendor-by-appointment"]
    assert [leaf.leaf for leaf in vendor.leaves] == list(Leaf)


def test_fault_tree_closes_a_path_by_one_leaf() -> None:
    verdict = judged({"vendor_approval": "yes", "vendor_line_off": "yes"})
    vendor = next(path for path in verdict.paths if path.path == "vendor-remote")
    assert (vendor.open, vendor.cut) == (Tri.NO, ())


ANSWERS = st.dictionaries(
    st.sampled_from([fact.key for fact in KNOWN.questions]),
    st.sampled_from(["yes", "no", "partly", "none", "limited", None, Unknown()]),
    max_size=40,
)


@settings(max_examples=60, deadline=None)
@given(ANSWERS, st.sampled_from([fact.key for fact in KNOWN.questions]))
def test_one_more_yes_never_raises_a_score(answers: dict[str, Answer[str]], key: str) -> None:
    before = judged(answers | {key: None})
    after = judged(answers | {key: "yes"})
    if key not in ("staff_remote_access",):
        for old, new in zip(before.threats, after.threats, strict=True):
            assert new.score.risk <= old.score.risk


@settings(max_examples=60, deadline=None)
@given(ANSWERS)
def test_scores_stay_between_the_best_and_the_start(answers: dict[str, Answer[str]]) -> None:
    for threat in judged(answers).threats:
        assert threat.best_score.risk <= threat.score.risk <= threat.starting.risk


@settings(max_examples=60, deadline=None)
@given(st.permutations(KNOWN.controls), st.sampled_from(KNOWN.threats))
def test_order_of_controls_does_not_matter(controls: list, threat: object) -> None:  # type: ignore[type-arg]
    vector = threat.vector  # type: ignore[attr-defined]
    assert lowered_by(vector, controls) == lowered_by(vector, KNOWN.controls)


def test_move_stops_at_the_best_value() -> None:
    vector = Vector.parse("LHM/NNN")
    assert all(Move(metric).applied(vector) == vector for metric in ("AV", "AC", "Au", "C", "I", "A"))
