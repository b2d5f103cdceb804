"""Each component, drawn."""

from datetime import date, datetime
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest
from django.template import Context, Template
from django.utils import translation
from freezegun import freeze_time

from sekisho.domain.facts import Unknown
from sekisho.domain.tri import Tri
from sekisho.foundation.ui import calendar_words
from sekisho.foundation.ui.components import (
    Coverage,
    DiffRow,
    Fact,
    FieldChange,
    FileEntry,
    GateCheck,
    HistoryEntry,
    Missing,
    NextThing,
    Step,
    Tab,
)
from sekisho.foundation.ui.icons import ICONS
from sekisho.foundation.ui.statuses import Status
from sekisho.foundation.ui.words_for_scripts import words

TOKYO = ZoneInfo("Asia/Tokyo")
HOSTILE = '<script>alert("x")</script>'


def draw(source: str, **context: object) -> str:
    return Template("{% load ui i18n %}" + source).render(Context(context))


@pytest.mark.parametrize("status", list(Status))
def test_status_has_word_shape_and_colour(status: Status) -> None:
    drawn = draw("{% status kind %}", kind=status)
    assert str(status.word) in drawn
    assert f"icon--{status.value}" in drawn
    assert f"status--{status.value}" in drawn


def test_statuses_differ_in_every_one_of_word_and_shape() -> None:
    assert len({str(status.word) for status in Status}) == len(Status)
    assert len({ICONS[status.value] for status in Status}) == len(Status)


def test_status_refuses_a_kind_that_is_none() -> None:
    with pytest.raises(ValueError, match="purple"):
        draw("{% status 'purple' %}")


def test_status_escapes_its_label() -> None:
    assert "<script>" not in draw("{% status 'ok' label %}", label=HOSTILE)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("RTX830", "RTX830"),
        (0, "0"),
        (True, "はい"),
        (False, "いいえ"),
        (Tri.UNKNOWN, "不明"),
        (Unknown(), "不明"),
        (Unknown("契約書がない"), "契約書がない"),
        (None, "未回答"),
        (date(2026, 11, 21), "2026年11月21日（土）"),
    ],
)
def test_answer_shows_the_value_or_which_kind_of_nothing_it_is(value: object, shown: str) -> None:
    assert shown in draw("{% answer value %}", value=value)


def test_answer_unknown_no_and_unanswered_never_look_alike() -> None:
    looks = [draw("{% answer value %}", value=value) for value in (Unknown(), False, None)]
    assert len({look.split('"')[1] for look in looks}) == 3


def test_answer_escapes() -> None:
    assert "<script>" not in draw("{% answer a %}{% answer b %}", a=HOSTILE, b=Unknown(HOSTILE))


@pytest.mark.parametrize(
    ("value", "good", "kind"),
    [
        (Tri.YES, Tri.YES, "ok"),
        (Tri.NO, Tri.YES, "warning"),
        (Tri.YES, Tri.NO, "warning"),
        (Tri.NO, Tri.NO, "ok"),
        (Tri.UNKNOWN, Tri.YES, "unknown"),
        (Tri.UNKNOWN, Tri.NO, "unknown"),
        (Tri.NO, None, "no"),
    ],
)
def test_tri_never_shows_unknown_as_good(value: Tri, good: Tri | None, kind: str) -> None:
    assert f"status--{kind}" in draw("{% tri value good %}", value=value, good=good)


def test_button_and_link_take_attributes_for_scripts() -> None:
    drawn = draw('{% button "送る" "secondary" "upload" hx_get="/x" disabled=True data_a=None %}')
    assert 'class="button button--secondary"' in drawn
    assert 'hx-get="/x"' in drawn
    assert " disabled" in drawn
    assert "data-a" not in drawn
    assert 'type="submit"' in drawn
    assert 'href="/a?b=1&amp;c=2"' in draw('{% link_button url "読む" %}', url="/a?b=1&c=2")
    assert "<script>" not in draw("{% button label %}{% link_button label label %}", label=HOSTILE)


def test_notice_says_its_severity_in_words() -> None:
    drawn = draw("{% notice 'danger' title %}<p>{{ text }}</p>{% endnotice %}", title="止まりました", text=HOSTILE)
    assert "危険：" in drawn
    assert "止まりました" in drawn
    assert "<p>&lt;script&gt;" in drawn


def test_card_and_dialog_have_headings() -> None:
    assert '<h3 class="card__title">札</h3>' in draw("{% card '札' 3 %}<p>中</p>{% endcard %}")
    drawn = draw("{% dialog 'sure' '確かめます' %}<p>中</p>{% enddialog %}")
    assert 'aria-labelledby="sure-title"' in drawn
    assert "data-dialog-close" in drawn


@freeze_time("2026-11-21 03:00:00")
@pytest.mark.parametrize(
    ("due", "words_", "kind"),
    [
        (date(2026, 11, 24), "あと3日", "info"),
        (date(2026, 11, 22), "明日まで", "info"),
        (date(2026, 11, 21), "今日まで", "info"),
        (date(2026, 11, 19), "2日過ぎています", "danger"),
    ],
)
def test_next_card_says_when_and_turns_red_when_late(due: date, words_: str, kind: str) -> None:
    drawn = draw("{% next_card thing %}", thing=NextThing("出す", "決まりです", "開く", "/go", due))
    assert words_ in drawn
    assert f"status--{kind}" in drawn
    assert drawn.count('class="button') == 1


def test_next_card_without_anything_to_do_says_so() -> None:
    drawn = draw("{% next_card thing %}", thing=None)
    assert "することはありません" in drawn
    assert "button" not in drawn


def test_calendar_words_speak_both_languages_in_the_portals_time_zone() -> None:
    at = datetime(2026, 11, 20, 23, 30, tzinfo=ZoneInfo("UTC"))
    assert calendar_words.moment_words(at) == "2026年11月21日（土）08:30"
    assert calendar_words.day_words(at) == "2026年11月21日（土）"
    with translation.override("en"):
        assert calendar_words.day_words(at) == "21 November 2026 (Sat)"
        assert calendar_words.due_words(date(2026, 11, 22), date(2026, 11, 20)) == "2 days left"
        assert calendar_words.due_words(date(2026, 11, 19), date(2026, 11, 20)) == "1 day late"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "約1秒"),
        (59, "約59秒"),
        (60, "約1分"),
        (61, "約2分"),
        (3599, "約60分"),
        (3600, "約1時間"),
        (3601, "約2時間"),
    ],
)
def test_duration_words_round_up(seconds: int, text: str) -> None:
    assert calendar_words.duration_words(seconds) == text


def test_coverage_refuses_numbers_that_cannot_be() -> None:
    for numbers in [(5, 6, 10), (11, 5, 10), (5, -1, 10)]:
        with pytest.raises(ValueError, match="Not 0"):
            Coverage(*numbers)
    drawn = draw("{% two_numbers coverage '点検' %}", coverage=Coverage(4, 3, 9))
    assert "<strong>4</strong> / 9" in drawn
    assert "<strong>3</strong> / 9" in drawn
    assert 'max="1"' in draw("{% two_numbers coverage %}", coverage=Coverage(0, 0, 0))


def test_stepper_marks_the_step_and_says_it_in_words() -> None:
    drawn = draw(
        "{% stepper steps '道' %}", steps=[Step("一", "done", "/1"), Step("二", "current"), Step("三", "todo")]
    )
    assert drawn.count('aria-current="step"') == 1
    for words_ in ("（済み）", "（いまここ）", "（これから）", "3段階のうち1段階"):
        assert words_ in drawn


def test_tabs_mark_the_current_one() -> None:
    drawn = draw("{% tabs items '表示' %}", items=[Tab("一", "/1", True, 0), Tab("二", "/2")])
    assert drawn.count('aria-current="page"') == 1
    assert '<span class="count">0</span>' in drawn


def test_diff_table_says_that_missing_rows_stay() -> None:
    rows = [
        DiffRow("missing", "CAF7"),
        DiffRow("changed", "CAF3", (FieldChange("住所", "", HOSTILE), FieldChange("階", "1", "2")), url="/3"),
        DiffRow("new", "CAF9"),
        DiffRow("unchanged", "CAF1"),
    ]
    drawn = draw("{% diff_table rows '違い' %}", rows=rows)
    assert "消さずに残します" in drawn
    assert drawn.count('rowspan="2"') == 2
    assert "<script>" not in drawn
    assert "（空欄）" in drawn
    for word in ("新しい", "変わる", "そのまま", "ファイルにない"):
        assert f"{word} <strong>1</strong>" in drawn


def test_gate_puts_blockers_first_and_counts_them() -> None:
    checks = [
        GateCheck("passed", "よし"),
        GateCheck("warning", "黄", accepted="修理中"),
        GateCheck("blocker", "赤", "直す", "/a"),
    ]
    drawn = draw("{% gate checks '確認' %}", checks=checks)
    assert drawn.index("赤") < drawn.index("黄") < drawn.index("よし")
    assert "直すところが1件" in drawn
    assert "修理中" in drawn
    assert "提出できます" in draw("{% gate checks '確認' %}", checks=checks[:2])


def test_record_parts_show_sources_gaps_history_and_files() -> None:
    at = datetime(2026, 11, 21, 9, 0, tzinfo=TOKYO)
    drawn = draw(
        "{% facts facts '事実' %}{% missing gaps %}{% history entries %}{% files files %}",
        facts=[Fact("版", Unknown("確認中"), "病院の回答", date(2026, 11, 2), edit_url="/e")],
        gaps=[Missing("契約", "直してもらえません", "/m")],
        entries=[HistoryEntry(at, "山田", "変えました", (FieldChange("階", "1", ""),))],
        files=[FileEntry("写真.jpg", "/f", 2048, at)],
    )
    for part in (
        "病院の回答",
        "2026年11月2日（月）",
        "確認中",
        "直してもらえません",
        "山田",
        "<del>1</del>",
        "—",
        "写真.jpg",
        "2.0",
    ):
        assert part in drawn


def test_breadcrumb_ends_with_where_the_reader_is() -> None:
    drawn = draw("{% breadcrumb 'ホーム' '/' '一覧' '/l' here %}", here=HOSTILE)
    assert drawn.count("<li>") == 3
    assert drawn.count("aria-current") == 1
    assert "<script>" not in drawn


def job(**values: object) -> SimpleNamespace:
    base = {
        "pk": 1, "title": "読み込み", "state": "running", "done": 1, "total": 4, "percent": 25, "message": "",
        "seconds_left": 90, "is_over": False, "is_stalled": False, "get_state_display": "実行中",
    }  # fmt: skip
    return SimpleNamespace(**{**base, **values})


def test_job_progress_asks_again_only_while_the_job_runs() -> None:
    source = "{% include 'ui/_job_progress.html' with url='/jobs/1/' cancel_url='/jobs/1/cancel/' %}"
    running = draw(source, job=job())
    assert 'hx-get="/jobs/1/"' in running
    assert 'value="25"' in running
    assert "残り約2分" in running
    assert "中止する" in running
    over = draw(source, job=job(state="failed", is_over=True, message="シートがありません"))
    assert "hx-get" not in over
    assert "中止する" not in over
    assert "シートがありません" in over
    unknown = draw(source, job=job(total=0, percent=None, seconds_left=None))
    assert "<progress" in unknown
    assert "value=" not in unknown[unknown.index("<progress") :].split(">")[0]
    assert "止まっているかもしれません" in draw(source, job=job(is_stalled=True))


def test_words_for_scripts_cannot_break_out_of_their_element() -> None:
    drawn = draw("{% script_words %}")
    assert drawn.startswith('<script id="ui-words" type="application/json">')
    assert drawn.count("<") == 2
    with translation.override("en"):
        english = words()
    assert english.keys() == words().keys()
    assert all(text.isascii() for text in english.values())


def test_no_drawing_uses_inline_styles() -> None:
    for name in ICONS:
        assert "style=" not in draw("{% icon name %}", name=name)
