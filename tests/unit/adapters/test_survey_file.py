"""On-site observations from survey.yaml."""

from datetime import date

import pytest

from sekisho.adapters.survey_file import read_survey
from sekisho.domain.facts import Unknown
from sekisho.domain.register.records import Line
from sekisho.domain.survey.observations import Sighting, SurveyObservations, TerminalState

LINES = (Line(1, circuit_id="CAF00001"), Line(3))
SURVEY = """
surveyed_on: 2026-11-10
sightings:
  - {number: 1, kind: onu, location: 3F 受付窓口, line: caf00001, photo: IMG_1.jpg, remarks: ラック裏}
  - {kind: mobile_router, location: 検査室}
  - {number: 3, kind: 不明, location: 屋上, line: 回線３}
terminals:
  - {number: 1, host_name: PC01, os_name: Windows 10 Pro 22H2, os_state: サポート終了, antivirus: Microsoft Defender,
     signature_on: 2026-11-09, usb_storage: 遮断, comment: 診察室}
  - {number: 2, usb_storage: 確認不可, signature_on: 2026/11/1}
"""


def test_read_survey_gives_what_was_seen() -> None:
    read = read_survey(SURVEY.encode(), LINES)
    assert read.problems == ()
    assert read.survey.surveyed_on == date(2026, 11, 10)
    assert read.survey.sightings == (
        Sighting(1, "onu", "3F 受付窓口", 1, "IMG_1.jpg", "ラック裏"),
        Sighting(2, "mobile_router", "検査室"),
        Sighting(3, Unknown(), "屋上", 3),
    )
    assert read.survey.terminals[0] == TerminalState(
        number=1,
        host_name="PC01",
        os_name="Windows 10 Pro 22H2",
        os_state="サポート終了",
        antivirus="Microsoft Defender",
        signature_on=date(2026, 11, 9),
        usb_storage="blocked",
        comment="診察室",
    )
    assert read.survey.terminals[1].usb_storage == Unknown()


@pytest.mark.parametrize("line", ["99", "CAF99999", "[1]", "回線2"])
def test_read_survey_tells_of_a_line_that_is_not_there(line: str) -> None:
    read = read_survey(f"sightings:\n  - {{location: 3F, line: {line}}}\n".encode(), LINES)
    assert read.survey.sightings[0].line_number is None
    assert [(problem.line, problem.rule) for problem in read.problems] == [(2, "survey.no-such-line")]


@pytest.mark.parametrize(
    "day", ["2026-11-01", "2026/11/1", "2026年11月1日", "２０２６．１１．１", "2026-11-01T09:00:00"]
)
def test_read_survey_reads_a_day_as_people_write_it(day: str) -> None:
    assert read_survey(f"surveyed_on: {day}\n".encode()).survey.surveyed_on == date(2026, 11, 1)


@pytest.mark.parametrize("day", ["来週", "2026/2/30", "2026-13-01x", "5", "[2026, 11]"])
def test_read_survey_tells_of_a_day_that_is_none(day: str) -> None:
    read = read_survey(f"surveyed_on: {day}\n".encode())
    assert read.survey.surveyed_on is None
    assert [problem.rule for problem in read.problems] == ["survey.day"]


@pytest.mark.parametrize("raw", [b"", b"sightings:\n", b"other: 1\n"])
def test_read_survey_of_nothing_is_no_survey(raw: bytes) -> None:
    assert read_survey(raw).survey == SurveyObservations()


@pytest.mark.parametrize("raw", [b"sightings: 5", b"sightings: {number: 1}", b"terminals: [a, 5, null]"])
def test_read_survey_says_what_the_form_is(raw: bytes) -> None:
    read = read_survey(raw)
    assert read.survey == SurveyObservations()
    assert {problem.rule for problem in read.problems} <= {"survey.not-a-list", "survey.not-an-entry"}
    assert read.problems


@pytest.mark.parametrize("number", ["-1", "yes", "abc", "99999999999999999999"])
def test_read_survey_counts_on_when_a_number_is_none(number: str) -> None:
    read = read_survey(f"terminals:\n  - {{number: {number}}}\n".encode())
    assert [terminal.number for terminal in read.survey.terminals] == [1]
    assert [problem.rule for problem in read.problems] == ["survey.number"]


def test_read_survey_drops_passwords() -> None:
    raw = "terminals:\n  - {number: 1, comment: 'パスワード：Tops3cret!'}\n".encode()
    read = read_survey(raw)
    assert "Tops3cret" not in repr(read)
    assert [problem.rule for problem in read.problems] == ["survey.credentials-present"]
