"""What the style page shows: made-up values, fixed so that two pictures of the page are equal."""

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.utils.translation import gettext_lazy as _

from sekisho.domain.facts import Unknown
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
    Record,
    Step,
    Tab,
    Words,
)
from sekisho.foundation.ui.statuses import Status

AT = datetime(2026, 11, 21, 9, 30, tzinfo=ZoneInfo("Asia/Tokyo"))

STEPS = [
    Step(_("回線を見つける"), "done", "#step-1"),
    Step(_("機器を書く"), "current", "#step-2", _("18本のうち12本")),
    Step(_("確かめる"), "todo"),
    Step(_("提出する"), "todo"),
]
TABS = [
    Tab(_("回線"), "?tab=lines", True, 18),
    Tab(_("機器"), "?tab=devices", False, 30),
    Tab(_("変更の記録"), "?tab=history"),
]
COVERAGE = Coverage(answered=42, satisfied=31, total=60)
DIFF = [
    DiffRow("new", "CAF00019", place="B20"),
    DiffRow(
        "changed",
        "CAF00003",
        (
            FieldChange(_("グローバルIPアドレス"), "203.0.113.2", "203.0.113.6", "M5"),
            FieldChange(_("保守会社"), "", "青葉システム", "P5"),
        ),
        "B5",
        "#line-3",
    ),
    DiffRow("unchanged", "CAF00001", place="B3"),
    DiffRow("missing", "CAF00007"),
]
CHECKS = [
    GateCheck("passed", _("すべての部署が回答しています。")),
    GateCheck(
        "blocker",
        _("CAF00003：回線の場所が書かれていません。"),
        _("建物・階・部屋のどれか一つでも書いてください。"),
        "#id_name",
    ),
    GateCheck(
        "warning", _("CAF00007：ファームウェアの版が不明です。"), _("保守会社への確認の依頼を作れます。"), "#id_way"
    ),
    GateCheck("warning", _("PCが4台です。"), accepted=_("1台は修理中のため")),
]
RECORD = Record(
    facts=(
        Fact(_("回線の種類"), "インターネットVPN", _("別紙2-1 の 5行目"), date(2026, 11, 2)),
        Fact(
            _("グローバルIPアドレス"),
            "203.0.113.2",
            _("現地調査"),
            date(2026, 11, 18),
            Status.WARNING,
            _("外から管理画面が見えています。"),
            "#edit-address",
        ),
        Fact(_("ファームウェアの版"), Unknown("保守会社に確認中"), _("病院の回答"), date(2026, 11, 2)),
        Fact(_("保守契約の期限"), None),
        Fact(_("遠隔保守"), False, _("ベンダの回答"), date(2026, 11, 10)),
    ),
    missing=(
        Missing(_("保守契約の期限"), _("期限が切れていると、弱点が見つかっても直してもらえません。"), "#edit-contract"),
        Missing(
            _("ファームウェアの版"),
            _("古い版には、攻撃に使われている弱点があるかもしれません。"),
            "#edit-firmware",
            Status.UNKNOWN,
        ),
    ),
    history=(
        HistoryEntry(
            AT,
            "山田 花子",
            _("現地調査の値で更新しました"),
            (FieldChange(_("グローバルIPアドレス"), "203.0.113.6", "203.0.113.2"),),
        ),
        HistoryEntry(AT, "佐藤 一郎", _("別紙2-1 から読み込みました")),
    ),
    files=(FileEntry("1310001_回線写真_20261118_1.jpg", "#file", 482_113, AT, "山田 花子", _("写真")),),
)


def next_things(today: date) -> list[NextThing | None]:
    """Return the card in its states: ahead, late, without a date, nothing left."""
    why = _("提出しないと、外から見える入口を診断できません。")
    return [
        NextThing(
            _("外部接続の一覧（別紙2-1）を出す"), why, _("一覧を開く"), "#next", date.fromordinal(today.toordinal() + 3)
        ),
        NextThing(_("基本情報を確かめる"), why, _("基本情報を開く"), "#next", date.fromordinal(today.toordinal() - 2)),
        NextThing(_("回線の写真を足す"), why, _("写真を足す"), "#next"),
        None,
    ]


READING = _("別紙2-1 を読み込んでいます")


@dataclass(frozen=True)
class SampleJob:
    """A job in one state, as `ui/_job_progress.html` reads it."""

    pk: str
    state: str
    word: Words
    done: int
    total: int
    title: Words = READING
    message: Words = ""
    is_stalled: bool = False
    seconds_left: int | None = None

    def get_state_display(self) -> Words:
        """Return the state's word."""
        return self.word

    @property
    def is_over(self) -> bool:
        return self.state in {"done", "failed", "cancelled"}

    @property
    def percent(self) -> int | None:
        if self.state == "done":
            return 100
        return self.done * 100 // self.total if self.total else None


JOBS = [
    SampleJob("waiting", "queued", _("順番待ち"), 0, 0),
    SampleJob("running", "running", _("実行中"), 120, 300, seconds_left=75),
    SampleJob("stalled", "running", _("実行中"), 120, 300, is_stalled=True),
    SampleJob(
        "failed",
        "failed",
        _("失敗"),
        120,
        300,
        message=_("「回線・機器」シートがありません。シートの名前を元に戻して、もう一度送ってください。"),
    ),
    SampleJob("done", "done", _("完了"), 300, 300),
]
