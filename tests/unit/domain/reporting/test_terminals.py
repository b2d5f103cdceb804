"""States of PCs: words understood in both languages, ages from the day of the survey, gaps never counted as good."""

from datetime import date

import pytest

from sekisho.domain.facts import Unknown
from sekisho.domain.register.records import Terminal
from sekisho.domain.reporting.document import Mark
from sekisho.domain.reporting.terminals import pc_states
from sekisho.domain.survey.observations import SurveyObservations, TerminalState

DAY = date(2026, 11, 21)


def state(**seen: object):
    survey = SurveyObservations(DAY, (), (TerminalState(1, **seen),))
    return pc_states((Terminal(1, host_name="PC01"),), survey)[0]


@pytest.mark.parametrize(
    ("word", "mark"),
    [
        ("最新状態", Mark.GOOD),
        ("サポート終了", Mark.BAD),
        ("ｻﾎﾟｰﾄ終了", Mark.BAD),
        ("End_Of_Support", Mark.BAD),
        ("更新が必要", Mark.CAUTION),
        ("よく分からない", None),
        (None, Mark.UNKNOWN),
        (Unknown("電源なし"), Mark.UNKNOWN),
    ],
)
def test_os_state_takes_its_mark(word, mark):
    assert state(os_state=word).os_state.mark is mark


@pytest.mark.parametrize(
    ("on", "mark"),
    [
        (date(2026, 11, 21), Mark.GOOD),
        (date(2026, 11, 18), Mark.GOOD),
        (date(2026, 11, 17), Mark.CAUTION),
        (date(2026, 11, 14), Mark.CAUTION),
        (date(2026, 11, 13), Mark.BAD),
        (date(2026, 11, 22), Mark.UNKNOWN),
        (None, Mark.UNKNOWN),
    ],
)
def test_pattern_age_counts_from_the_survey(on, mark):
    assert state(antivirus="Microsoft Defender", signature_on=on).signature.mark is mark


@pytest.mark.parametrize(
    ("word", "mark"),
    [
        ("blocked", Mark.GOOD),
        ("許可機器のみ", Mark.GOOD),
        ("read_only", Mark.CAUTION),
        ("unrestricted", Mark.BAD),
        ("制限なし", Mark.BAD),
        ("確認不可", Mark.UNKNOWN),
        (None, Mark.UNKNOWN),
    ],
)
def test_usb_takes_its_mark(word, mark):
    assert state(usb_storage=word).usb.mark is mark


def test_missing_antivirus_is_bad_and_has_no_pattern():
    seen = state(antivirus="未導入", signature_on=None)
    assert (seen.antivirus.mark, seen.signature.mark) == (Mark.BAD, None)


def test_every_pc_is_listed_whether_registered_observed_or_both():
    survey = SurveyObservations(DAY, (), (TerminalState(7, "PC07"), TerminalState(1, "PC01")))
    states = pc_states((Terminal(1, host_name="PC01"), Terminal(2, host_name="PC02")), survey)
    assert [pc.number for pc in states] == [1, 2, 7]
    assert set(states[1].marks) == {Mark.UNKNOWN}
