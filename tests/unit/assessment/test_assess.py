"""The main job on cases that come from no file."""

import json
from dataclasses import replace

import pytest

from sekisho.assessment.assess import assess
from sekisho.assessment.case import Case
from sekisho.assessment.judgement import judge_case
from sekisho.assessment.plain import SCHEMA, assessment_to_plain, judgement_to_plain, to_json
from sekisho.domain.judgement.override import LevelOverride
from tests.unit.assessment.cases import AT, empty_case, full_case


def plain_of(case: Case) -> dict[str, object]:
    body: dict[str, object] = json.loads(to_json(assessment_to_plain(assess(case))))
    return body


def test_assess_gives_level_drawing_and_report_of_a_case_without_files() -> None:
    assessment = assess(full_case())
    assert assessment.level.level == 1
    assert assessment.summary.ja.startswith("レベル1")
    assert assessment.drawing.pages
    assert len(assessment.report.table("connections").rows) >= 3
    assert assessment.report.hospital.ja == "青葉みなと総合病院"


def test_assess_of_an_empty_hospital_says_that_nothing_is_known() -> None:
    assessment = assess(empty_case())
    assert (assessment.level.level, assessment.level.best_possible) == (1, 3)
    assert "まだ確かめられていません" in assessment.summary.ja
    assert assessment.drawing.pages
    assert assessment.report.table("connections").rows == ()


def test_assess_is_the_same_twice() -> None:
    assert assess(full_case()) == assess(full_case())


def test_assess_keeps_the_verdict_beside_an_override() -> None:
    override = LevelOverride(2, "現地で確かめた", "山田 花子", AT)
    assessment = assess(full_case(), override=override)
    assert assessment.judged.effective_level == 2
    assert assessment.level.level == 1
    level = assessment_to_plain(assessment)["level"]
    assert (level["level"], level["effective_level"], level["override"]["by"]) == (1, 2, "山田 花子")


def test_assessment_to_plain_carries_every_rule_with_version_inputs_and_missing() -> None:
    level = assessment_to_plain(assess(full_case()))["level"]
    verdicts = [verdict for control in level["controls"] for verdict in control["predicates"]]
    assert len(verdicts) == 17
    for verdict in verdicts:
        assert verdict["rule"].startswith("level.")
        assert verdict["version"]
        assert verdict["because"]["ja"]
        assert verdict["because"]["en"]
        assert verdict["inputs"] or verdict["missing"]
    asked = {missing["fact"] for missing in level["missing"]}
    assert {"usb_enforced", "boundary_device", "register.lines_listed"} - asked == {"usb_enforced"}


def test_assessment_to_plain_keeps_what_the_result_stands_on() -> None:
    body = plain_of(full_case())
    assert body["schema"] == SCHEMA
    assert body["assessed_at"] == "2026-11-21T09:00:00+09:00"
    assert body["sources"] == [{"path": "workbook.xlsx", "sha256": "a" * 64, "size_bytes": 12_345}]
    assert body["declarations"]["usb_enforced"]["value"] == {"unknown": "業者に確認中"}  # type: ignore[index]
    assert [line["ehr_connection"] for line in body["lines"]] == ["yes", {"unknown": "業者に確認中"}, "no"]  # type: ignore[attr-defined]
    assert body["report"]["rules"]  # type: ignore[index]


def test_to_json_is_sorted_and_readable() -> None:
    assert to_json({"b": "病院", "a": 1}) == '{\n  "a": 1,\n  "b": "病院"\n}\n'


def test_judgement_to_plain_has_the_level_of_the_assessment() -> None:
    case = full_case()
    assert judgement_to_plain(judge_case(case))["level"] == assessment_to_plain(assess(case))["level"]


@pytest.mark.parametrize("code", ["", "H/001", "..", "病院\u0000"])
def test_assess_survives_any_hospital_code(code: str) -> None:
    assert assess(replace(full_case(), code=code)).report.sections
