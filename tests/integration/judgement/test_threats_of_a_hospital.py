"""What the portal judges of a hospital's threats: from its answers, and from the map of its network in force."""

from pathlib import Path

import pytest
from django.utils import timezone

from sekisho.apps.judgement import actions, case_files
from sekisho.apps.network import actions as network
from sekisho.apps.network.analysis import forget_all
from sekisho.assessment.assess import assess
from sekisho.catalogue.samples import sample_folder
from sekisho.domain.facts import Unknown
from sekisho.domain.judgement.level import Control, Grade
from sekisho.foundation.tenancy.scope import hospital_scope
from tests.cast import Cast, signed_in

pytestmark = pytest.mark.django_db

AOBA = sample_folder("aoba")


def add_map(cast: Cast) -> None:
    with hospital_scope(cast.hospital):
        reading = network.read_plan(cast.hospital, (AOBA / "network.yaml").read_bytes())
        network.add_plan(cast.hospital, network=reading.network, source="upload", by=cast.alice, base=0)


def declare(cast: Cast, **answers: object) -> None:
    with hospital_scope(cast.hospital):
        for fact, answer in answers.items():
            actions.declare(cast.hospital, fact=fact, answer=answer, by=cast.alice)  # type: ignore[arg-type]


def test_level_stands_on_the_same_proofs_as_the_risk_page(cast: Cast) -> None:
    declare(cast, segment_traffic_control="yes", department_segments="yes")
    with hospital_scope(cast.hospital):
        assert case_files.verdict_of(cast.hospital).control(Control.INTERNAL).at_least is Grade.PARTIAL
    add_map(cast)
    with hospital_scope(cast.hospital):
        level = case_files.verdict_of(cast.hospital)
        proven = case_files.judgement_of(cast.hospital)
    inside = next(
        p for p in level.control(Control.INTERNAL).predicates if p.rule_id == "level.internal.needed-traffic-only"
    )
    assert inside.outcome.value == "no"
    assert [one.rule_id for one in level.nearest_miss] == [one.rule_id for one in proven.level.nearest_miss]


def vector(cast: Cast, threat: str) -> str:
    with hospital_scope(cast.hospital):
        return str(case_files.judgement_of(cast.hospital).threats.threat(threat).vector)


def test_answer_moves_a_score_and_unknown_does_not(cast: Cast) -> None:
    assert vector(cast, "VN-1") == "NLS/CCC"
    declare(cast, vendor_remote_mfa=Unknown("業者に確認中"))
    assert vector(cast, "VN-1") == "NLS/CCC"
    declare(cast, vendor_remote_mfa="yes")
    assert vector(cast, "VN-1") == "NLM/CCC"


def test_judgement_names_how_far_a_line_leads(cast: Cast) -> None:
    add_map(cast)
    with hospital_scope(cast.hospital):
        judgement = case_files.judgement_of(cast.hospital)
    assert judgement.grounds is not None
    assert judgement.cut is None
    assert any("1,152台" in threat.witness.ja for threat in judgement.threats.threats)


def test_questions_behind_threats_can_be_answered(cast: Cast) -> None:
    client = signed_in(cast.alice)
    assert 'name="vendor_remote_mfa"' in client.get("/h/MINATO/level/questions/").content.decode()
    sent = {"field": "vendor_remote_mfa", "vendor_remote_mfa": "no", "version": ""}
    assert client.post("/h/MINATO/level/questions/save/", sent).status_code == 200
    refused = {"field": "vendor_entries_parted", "vendor_entries_parted": "yes", "version": ""}
    assert client.post("/h/MINATO/level/questions/save/", refused).status_code == 422


def test_damaged_map_proves_nothing_and_stops_nothing(cast: Cast, storage: Path) -> None:
    add_map(cast)
    for kept in [path for path in storage.rglob("*") if path.is_file()]:
        kept.unlink()
    forget_all()
    with hospital_scope(cast.hospital):
        assert case_files.judgement_of(cast.hospital).grounds is None


def test_report_of_the_portal_speaks_of_threats(cast: Cast) -> None:
    add_map(cast)
    with hospital_scope(cast.hospital):
        report = assess(case_files.case_of(cast.hospital, at=timezone.now())).report
    assert len(report.table("threats").rows) == 17
    assert report.table("line_reach").rows
