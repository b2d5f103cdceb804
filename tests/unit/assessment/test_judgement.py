"""Everything that is judged of a case, from what the network proves down to what to do next."""

import json
from dataclasses import replace
from datetime import UTC, datetime

from sekisho.adapters.network.read import read_network_model
from sekisho.assessment.assess import assess
from sekisho.assessment.case import Case
from sekisho.assessment.judgement import Judgement, judge_case, options_with
from sekisho.assessment.plain import assessment_to_plain, judgement_to_plain, to_json
from sekisho.assessment.scan_facts import ScanFacts
from sekisho.domain.diagnosis.results import AddressScan, ObservedPort
from sekisho.domain.judgement.declarations import Declaration, Declarations
from sekisho.domain.judgement.level import Control, Grade
from sekisho.domain.judgement.solutions import Kind
from sekisho.domain.network.model import Network
from sekisho.domain.register.records import Line, Register
from sekisho.domain.tri import Tri
from tests.unit.assessment.cases import empty_case, full_case
from tests.unit.assessment.test_network_grounds import DIVIDED, FLAT

OPEN = FLAT.replace("service: [tcp/1433], state: new", "service: [tcp/1433, tcp/445], state: new")


def network(text: str) -> Network:
    return read_network_model(text.replace("cidr", "gateway: core, cidr").encode()).network


def case(text: str, **answers: str) -> Case:
    declared = Declarations({key: Declaration(value) for key, value in answers.items()})
    lines = (
        Line(1, ehr_connection="yes", purpose="laboratory", contract_party="vendor", communication="internet_vpn"),
    )
    return replace(
        empty_case(), register=Register(lines=lines), declarations=declared, network=network(text) if text else None
    )


def outcome(judgement: Judgement, rule: str) -> Tri:
    return next(p.outcome for c in judgement.level.controls for p in c.predicates if p.rule_id == rule)


def test_case_without_a_network_is_judged_from_its_answers_alone() -> None:
    judgement = judge_case(case("", segment_traffic_control="yes"))
    assert (judgement.grounds, judgement.cut, judgement.proofs.miss) == (None, None, None)
    assert outcome(judgement, "level.internal.needed-traffic-only") is Tri.YES
    assert judgement_to_plain(judgement)["network"] is None


def test_proof_outranks_the_answer_both_ways() -> None:
    assert (
        outcome(judge_case(case(FLAT, segment_traffic_control="yes")), "level.internal.needed-traffic-only") is Tri.NO
    )
    assert (
        outcome(judge_case(case(DIVIDED, segment_traffic_control="no")), "level.internal.needed-traffic-only")
        is Tri.YES
    )


def test_divided_hospital_reaches_the_inside_grade_by_proof_and_upkeep() -> None:
    answers = {"segment_flows_listed": "yes", "segment_rules_maintained": "yes"}
    assert judge_case(case(DIVIDED, **answers)).level.control(Control.INTERNAL).grade is Grade.FULL


def test_proof_lowers_the_threats_and_names_its_place() -> None:
    flat, divided = judge_case(case(OPEN)), judge_case(case(DIVIDED))
    assert divided.threats.threat("VN-4").score.risk < flat.threats.threat("VN-4").score.risk
    assert "検査保守" in flat.threats.threat("VN-4").witness.ja
    evidence = divided.threats.states["department-control"].found.evidence
    assert any("core/v1/in#default" in one.witness for one in evidence)


def test_smallest_changes_become_an_option_that_closes_their_path() -> None:
    judgement = judge_case(case(OPEN))
    assert judgement.cut is not None
    assert judgement.cut.changes
    cut = next(option for option in options_with(judgement.cut, judgement.grounds) if option.kind is Kind.CUT)
    assert "vendor-entries-parted" in cut.puts
    assert "staff-entries-parted" not in cut.puts
    changes = judgement.risk.changes
    assert changes is not None
    assert (changes.is_minimal, changes.broken_needs, changes.conflicts) == (True, 0, ())


def test_no_changes_are_offered_where_nothing_is_open() -> None:
    assert all(option.kind is not Kind.CUT for option in options_with(judge_case(case(DIVIDED)).cut, None))
    assert judge_case(case(OPEN), with_cut=False).cut is None


def test_conflict_with_a_declared_need_is_told_not_cut() -> None:
    needed = OPEN.replace(
        "flows:\n",
        "flows:\n  - {src: line-1, dst: lis, service: tcp/445, owner: 検査科}\n  - {src: lis, dst: ehr-db, service: tcp/445, owner: 医療情報課}\n",
    )
    changes = judge_case(case(needed)).risk.changes
    assert changes is not None
    assert len(changes.conflicts) == 1
    assert "電子カルテDB" in changes.conflicts[0].ja
    assert all(
        option.kind is not Kind.CUT
        for option in options_with(judge_case(case(needed)).cut, judge_case(case(needed)).grounds)
    )


def test_judgement_is_the_same_twice_and_sorted_as_json() -> None:
    plain = [to_json(judgement_to_plain(judge_case(case(OPEN)))) for _ in range(2)]
    assert plain[0] == plain[1]


def test_plain_carries_rule_ids_inputs_missing_and_vectors() -> None:
    body = json.loads(to_json(judgement_to_plain(judge_case(case(OPEN)))))
    threats = {one["id"]: one for one in body["threats"]["verdicts"]}
    assert len(threats) == 17
    assert threats["VN-1"]["rule"] == "threat.VN-1"
    # Two vendors' facts are known of the network: a second factor, and no offline copy of every system.
    assert (threats["VN-1"]["starting"]["vector"], threats["VN-1"]["score"]["vector"]) == ("NLS/CCC", "NLM/CCC")
    assert threats["VN-1"]["starting"]["certainty"] == "own"
    assert {control["id"] for control in body["threats"]["controls"]} >= {"vendor-mfa", "offline-backup"}
    assert all("inputs" in control and "missing" in control for control in body["threats"]["controls"])
    assert [one["number"] for one in body["assumptions"]] == [1, 2, 3, 4, 5, 6, 7]
    line = body["network"]["lines"][0]
    assert (line["hosts"], line["steps"], line["critical"]) == (3, 2, "yes")
    assert line["way"][-1] == {"at": "電子カルテDB", "by": "tcp/445"}
    assert body["network"]["cut"]["proved_minimal"] is True
    assert body["forms"]["order_is"] == "sekisho"


def test_assessment_holds_all_that_the_judgement_holds() -> None:
    plain = assessment_to_plain(assess(case(OPEN)))
    judged = judgement_to_plain(judge_case(case(OPEN)))
    assert all(plain[key] == judged[key] for key in ("threats", "assumptions", "next_measures", "forms", "network"))


def test_report_speaks_of_the_network_only_when_there_is_one() -> None:
    sections = {section.id for section in assess(case(OPEN)).report.sections}
    assert {"line_reach", "departments", "threats", "next_measures", "threat_evidence", "connection_forms"} <= sections
    without = {section.id for section in assess(case("")).report.sections}
    assert sections - without == {"line_reach", "departments"}


def test_report_draws_the_matrix_of_few_departments() -> None:
    table = assess(case(OPEN)).report.table("departments")
    assert [column.heading.ja for column in table.columns[1:]] == ["電子カルテ", "検査科", "薬剤部"]
    assert [cell.text.ja for cell in table.rows[0]] == ["電子カルテ", "-", "通る", "通る"]
    divided = assess(case(DIVIDED)).report
    assert {cell.text.ja for row in divided.table("departments").rows for cell in row[1:]} == {"-", "止まる"}
    assert "すべてで" in str(divided.section("departments").blocks[0].body)  # type: ignore[union-attr]


def test_report_tells_broken_assumptions_as_findings() -> None:
    report = assess(case("", personal_ids="no")).report
    row = next(row for row in report.table("assumptions").rows if row[0].value == 3)
    assert row[2].text.ja == "崩れている"
    assert "低く出ています" in row[3].text.ja


def test_cloud_forms_are_left_out_when_no_cloud_is_planned() -> None:
    assert "connection_forms" not in {s.id for s in assess(case("", cloud_services="no")).report.sections}


# ---- scans ----

FACING = Line(
    1,
    ehr_connection="yes",
    communication="internet",
    global_address="198.51.100.7",
    address_assignment="fixed",
    circuit_id="CAF1",
)
CLOSED = Line(2, ehr_connection="yes", communication="ip_vpn")


def scan(*ports: str) -> AddressScan:
    seen = tuple(ObservedPort(name.split("/")[1], int(name.split("/")[0]), "open") for name in ports)
    return AddressScan("198.51.100.7", datetime(2026, 11, 15, tzinfo=UTC), True, seen)


def answer(lines: tuple[Line, ...], *scans: AddressScan) -> object:
    reading = ScanFacts.of(Register(lines=lines), scans).reading("exposed_settings_checked")
    return (reading.value, reading.witness) if reading else None


def test_scan_that_finds_what_should_not_face_outside_disproves() -> None:
    assert answer((FACING, CLOSED), scan("500/udp", "3389/tcp")) == ("no", "CAF1 3389/tcp")
    reading = ScanFacts.of(Register(lines=(FACING,)), [scan("10443/tcp")]).reading("management_closed")
    assert reading is not None
    assert reading.value == "no"


def test_scan_proves_only_when_every_line_facing_the_internet_was_covered() -> None:
    assert answer((FACING, CLOSED), scan("500/udp")) == ("yes", "")
    assert answer((FACING, CLOSED)) is None
    assert answer((FACING, replace(FACING, number=3, global_address="198.51.100.8")), scan()) is None
    assert answer((FACING, Line(4, ehr_connection="yes")), scan()) is None


def test_scan_never_says_that_management_is_closed_or_firmware_current() -> None:
    facts = ScanFacts.of(Register(lines=(FACING,)), [scan()])
    assert facts.reading("management_closed") is None
    assert facts.reading("boundary_firmware_current") is None


def test_full_case_of_the_portal_is_judged() -> None:
    judgement = judge_case(full_case())
    assert len(judgement.threats.threats) == 17
    assert judgement.measures
