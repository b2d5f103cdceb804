"""The composed report: every line once, page one in ten lines, nothing of the workbook lost, empty parts explained."""

from dataclasses import fields, replace
from datetime import datetime

import pytest

from sekisho.domain.diagnosis.results import AddressScan, ObservedPort
from sekisho.domain.facts import Unknown
from sekisho.domain.judgement.override import LevelOverride
from sekisho.domain.register.records import Device, Line, Register
from sekisho.domain.reporting.document import Callout, LevelChart, Mark, Paragraph, Points, Records, Table
from sekisho.domain.survey.observations import SurveyObservations
from sekisho.domain.text import Text
from sekisho.domain.workbook.schema import Problem, Severity
from tests.factories.reporting import ASSESSED_AT, JST, level, line, predicate, register, report

IDS = 1


def column(table: Table, index: int) -> list[str]:
    return [row[index].text.ja for row in table.rows]


def texts(value: object) -> list[Text]:
    if isinstance(value, Text):
        return [value]
    if isinstance(value, tuple):
        return [text for item in value for text in texts(item)]
    if hasattr(value, "__dataclass_fields__"):
        return [text for field in fields(value) for text in texts(getattr(value, field.name))]
    return []


def everything(made) -> str:
    return "\n".join(text.ja for text in texts(getattr(made, "sections", made)))


@pytest.mark.parametrize("count", [0, 1, 18, 120])
def test_compose_puts_every_line_into_the_connections_once_and_in_order(count):
    table = report(count).table("connections")
    assert column(table, IDS) == [f"CAF{n:07d}" for n in range(1, count + 1)]
    assert [row[0].value for row in table.rows] == list(range(1, count + 1))


def test_compose_keeps_lines_that_share_or_lack_a_circuit_id_apart():
    lines = (line(1, circuit_id="X"), line(2, circuit_id="X"), line(3, circuit_id=None), line(4, circuit_id=Unknown()))
    made = report(4, register=replace(register(0), lines=lines))
    ids = column(made.table("connections"), IDS)
    assert ids[:2] == ["X", "X"]
    assert "回線3" in ids[2]
    assert "未記入" in ids[2]
    assert "不明" in ids[3]
    warning = [b for b in made.section("connections").blocks if isinstance(b, Callout)]
    assert "回線1と回線2" in warning[0].body.ja


@pytest.mark.parametrize("count", [0, 1, 18, 120])
def test_compose_answers_on_page_one_in_ten_lines_and_one_picture(count):
    blocks = report(count).section("summary").blocks
    points = [block for block in blocks if isinstance(block, Points)]
    assert [p.heading.ja for p in points] == ["今、危ないのか", "どこが危ないのか", "まず何をするか"]
    assert all(block.items for block in points)
    assert sum(len(block.items) for block in points) <= 10
    assert sum(isinstance(block, LevelChart) for block in blocks) == 1


def test_compose_counts_each_line_once_in_the_chart():
    (chart,) = (b for b in report(120).section("summary").blocks if isinstance(b, LevelChart))
    assert sum(share.count for share in chart.shares) == 120


@pytest.mark.parametrize("count", [0, 18])
def test_compose_says_everything_in_both_languages(count):
    made = report(count)
    for text in texts(made.sections):
        assert bool(text.ja) == bool(text.en), text
    japanese = [t for t in texts(made.section("glossary")) if t.ja == t.en != ""]
    assert japanese == []


def test_compose_explains_every_empty_part():
    made = report(0)
    for table in made.tables:
        if not table.rows:
            assert len(table.empty.ja) > 5, table.id
    assert "回線がないという意味ではありません" in made.table("connections").empty.ja
    assert "現地調査がまだ" in made.table("sightings").empty.ja


def test_compose_loses_no_answer_of_the_workbook():
    answers = {f.name: f"値・{f.name}" for f in fields(Line) if f.name not in {"number", "row_id", "devices"}}
    device = Device(1, **{f.name: f"装置値・{f.name}" for f in fields(Device) if f.name != "position"})
    lines = (Line(number=1, **answers, devices=(device, replace(device, position=2, model="二台目の機種"))),)
    of = replace(register(0, 2), lines=lines)
    printed = everything(report(1, register=of).section("line_values"))
    for value in [
        *answers.values(),
        *(f"装置値・{f.name}" for f in fields(Device) if f.name != "position"),
        "二台目の機種",
    ]:
        assert value in printed
    pcs = everything(report(1, register=of).section("terminal_values"))
    for value in ("PCEHR001", "192.168.2.131/24", "西棟 1F 診察室", "山田", "yamada@hospital.example"):
        assert value in pcs or of.basics.contacts == ()


def test_compose_names_unanswered_questions_instead_of_dropping_them():
    (records,) = (b for b in report(1).section("line_values").blocks if isinstance(b, Records))
    unanswered = [field.label.ja for field in records.records[0].fields if not field.is_answered]
    assert "FQDN" in unanswered


def test_compose_marks_an_unknown_answer_with_its_reason():
    table = report(18).table("connections")
    assert "不明（保守業者に問合せ中）" in column(table, 3)


def test_compose_gives_each_open_port_its_meaning_and_the_request():
    rows = [row for row in report(18).table("diagnosis").rows if row[3].text.ja == "3389/tcp"]
    assert len(rows) == 1
    assert "ランサムウェア" in rows[0][4].text.ja
    assert "依頼：" in rows[0][4].text.ja
    assert rows[0][1].text.ja == "〃"


def test_compose_names_each_line_once_in_the_diagnosis():
    ids = [value for value in column(report(18).table("diagnosis"), IDS) if value != "〃"]
    assert ids == [f"CAF{n:07d}" for n in range(1, 19)]


def test_compose_shows_results_that_belong_to_no_line():
    stray = AddressScan("198.51.100.7", ASSESSED_AT, True, (ObservedPort("tcp", 9999, "open"),))
    table = report(2, scans=(stray,)).table("unmatched")
    assert column(table, 0) == ["198.51.100.7"]
    assert "用途" in table.rows[0][2].text.ja or "番号" in table.rows[0][2].text.ja


def test_compose_prints_scan_times_in_the_zone_of_the_report():
    late = AddressScan("203.0.113.2", datetime.fromisoformat("2026-11-14T20:00:00+00:00"), True, ())
    row = report(1, scans=(late,)).table("connections").rows[0]
    assert "2026-11-15" in row[7].text.ja


def test_compose_keeps_the_computed_level_beside_an_override():
    override = LevelOverride(2, "現地で確かめた", "佐藤 一郎", datetime(2026, 11, 22, tzinfo=JST))
    printed = everything(report(3, override=override).section("level"))
    for said in ("佐藤 一郎", "現地で確かめた", "レベル1", "レベル2"):
        assert said in printed


def test_compose_calls_an_urgent_level_urgent():
    urgent = replace(level(), urgent=True)
    assert "要緊急確認" in everything(report(3, level=urgent).section("summary"))


def test_compose_says_how_far_unknowns_could_lift_the_level():
    better = replace(level(), best_possible=3)
    assert "良い結果なら、レベル3" in everything(report(3, level=better).section("level"))


def test_compose_offers_six_measures_and_keeps_the_rest():
    made = report(18)
    first, rest = made.table("measures"), made.table("further_measures")
    assert len(first.rows) == 6
    assert [row[0].value for row in (*first.rows, *rest.rows)] == list(range(1, len(first.rows) + len(rest.rows) + 1))


def test_compose_answers_a_predicate_without_measure_by_its_own_remedy():
    made = report(18)
    titles = [row[1].text.ja for row in (*made.table("measures").rows, *made.table("further_measures").rows)]
    assert any(title.startswith("対策の一覧にない規則") for title in titles)


def test_compose_makes_tasks_of_what_is_unknown():
    printed = everything(report(18).section("tasks"))
    for said in ("装置1のソフトウェアバージョン", "診断当日のアドレスが未確認", "3F 受付窓口の裏", "PCEHR004", "M12"):
        assert said in printed


def test_compose_prints_no_value_of_a_problem_because_it_may_be_a_password():
    leaked = Problem(
        "回線", "Z9", "credentials-present", Severity.ERROR, Text("直してください", "Mend it"), "hunter2-Secret"
    )
    assert "hunter2-Secret" not in everything(report(3, problems=(leaked,)))


def test_compose_lists_hashes_and_rule_versions():
    made = report(3)
    assert column(made.table("sources"), 2) == ["ab" * 32, "cd" * 32]
    assert {rule.version for rule in made.rules} == {"1.0", "1.1"}
    assert len(column(made.table("rules"), 0)) == len(made.rules)


def test_compose_warns_of_a_line_of_the_ehr_that_faces_the_internet():
    faces = line(1, communication="internet", ehr_connection="yes", global_ip="yes", address_assignment="fixed")
    faces = replace(faces, global_address="203.0.113.5")
    covered = AddressScan("203.0.113.5", ASSESSED_AT, True, ())
    row = report(1, register=Register(lines=(faces,)), scans=(covered,)).table("connections").rows[0]
    assert row[6].text.ja == "-"
    assert "インターネットに面しています" in row[7].text.ja


def test_compose_marks_unlisted_sightings_and_pairs_two_per_row():
    table = report(18).table("sightings")
    assert len(table.rows) == 2
    assert table.rows[0][5].mark is Mark.CAUTION
    assert "一覧になし" in table.rows[0][5].text.ja
    assert table.rows[1][3].text.ja == ""


def test_compose_says_so_when_a_survey_saw_nothing():
    seen = SurveyObservations(surveyed_on=ASSESSED_AT.date())
    assert "2026-11-21" in report(2, survey=seen).table("sightings").empty.ja


@pytest.mark.parametrize("hostile", ["a\x00b", "\ud800", "x\u202ey", "\ufffe", "\x1b[31m"])
def test_compose_prints_a_geta_for_what_cannot_be_printed(hostile):
    parts = {f.name: hostile for f in fields(Line) if f.name not in {"number", "row_id", "devices"}}
    problems = (Problem(hostile, hostile, hostile, Severity.ERROR, Text(hostile, hostile), hostile),)
    made = report(
        1,
        code=hostile,
        register=replace(register(0), lines=(Line(1, **parts),), basics=replace(register(1).basics, name=hostile)),
        problems=problems,
        notes=(Text(hostile, hostile),),
        level=replace(
            level(), nearest_miss=(replace(predicate("r", level().controls[0].predicates[0].outcome, hostile)),)
        ),
    )
    printed = everything(made) + made.code + made.hospital.ja
    assert "〓" in printed
    for char in ("\x00", "\ud800", "\u202e", "\ufffe", "\x1b"):
        assert char not in printed


def test_compose_is_deterministic():
    assert report(18) == report(18)


def test_compose_has_no_paragraph_that_names_a_circuit_id():
    for section in report(18).sections:
        for block in section.blocks:
            if isinstance(block, Paragraph | Points | Callout):
                assert "CAF00" not in "".join(t.ja for t in texts(block))
