"""The one next thing for a hospital: what, until when, why, and the one button. The order is the programme's way."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from sekisho.apps.diagnosis import pages as diagnosis
from sekisho.apps.findings import queries as findings
from sekisho.apps.judgement import queries as judgement
from sekisho.apps.programme import queries as programme
from sekisho.apps.register import queries as register
from sekisho.apps.register.completeness import coverage_of
from sekisho.apps.reports import queries as reports
from sekisho.apps.vulnerabilities import pages as weaknesses
from sekisho.apps.workbooks import queries as workbooks
from sekisho.domain.diagnosis.findings import Severity
from sekisho.foundation.accounts.permissions import Permission
from sekisho.foundation.tenancy.models import Hospital
from sekisho.foundation.ui.components import Coverage, NextThing, Step
from sekisho.foundation.ui.statuses import Status


@dataclass(frozen=True, slots=True)
class Way:
    """Where a hospital stands: the steps done and to do, and the first thing still to do, None when nothing is."""

    steps: list[Step]
    next: NextThing | None
    coverage: Coverage
    open_questions: int


@dataclass(frozen=True, slots=True)
class _Stage:
    label: str
    url: str
    permission: Permission
    thing: NextThing | None
    """What is left to do; None when the stage is done."""


def way_of(hospital: Hospital, *, on: date, may: frozenset[Permission]) -> Way:
    """Return where `hospital` stands on day `on`. The next thing is one that somebody with `may` can do."""
    coverage = coverage_of(hospital)
    questions = register.open_questions().count()
    stages = list(_stages(hospital, on=on, coverage=coverage, questions=questions))
    left = [stage for stage in stages if stage.thing is not None]
    mine = next((stage for stage in left if stage.permission in may), None)
    current = mine or (left[0] if left else None)
    steps = [
        Step(stage.label, "done" if stage.thing is None else "current" if stage is current else "todo", stage.url)
        for stage in stages
    ]
    urgent = _attacked(hospital) if Permission.WEAKNESS_ANSWER in may else None
    if urgent is None and Permission.FINDING_MOVE in may:
        urgent = _found(hospital)
    return Way(steps, urgent or (mine.thing if mine else None), coverage, questions)


def _attacked(hospital: Hospital) -> NextThing | None:
    """Return what comes before every step: a weakness that is used in attacks."""
    count = weaknesses.open_notices(hospital).filter(is_urgent=True).count()
    if not count:
        return None
    return NextThing(
        what=ngettext(
            "機器の弱点のお知らせを確かめる（急ぎ%(n)s件）", "機器の弱点のお知らせを確かめる（急ぎ%(n)s件）", count
        )
        % {"n": count},
        why=_("実際の攻撃に使われている弱点が、この病院の機器に関わります。保守会社に頼むことが書いてあります。"),
        action=_("お知らせを開く"),
        url=reverse("vulnerabilities:start", kwargs={"hospital_code": hospital.code}),
        status=Status.DANGER,
    )


def _found(hospital: Hospital) -> NextThing | None:
    """Return what comes before every step: a door that intruders use, and nobody has begun to shut it."""
    urgent = findings.waiting_for_hospital(hospital).filter(severity__in=(Severity.URGENT.value, Severity.SOON.value))
    count, url = urgent.count(), reverse("findings:list", kwargs={"hospital_code": hospital.code})
    if not count:
        return None
    return NextThing(
        what=ngettext(
            "診断で見つかった、急いで直すところを見る（%(n)s件）",
            "診断で見つかった、急いで直すところを見る（%(n)s件）",
            count,
        )
        % {"n": count},
        why=_("侵入に使われる入口が、インターネットから見えています。何をだれに頼むかが書いてあります。"),
        action=_("急ぐものを見る"),
        url=f"{url}?f.status=open&f.severity={Severity.URGENT.value}&f.severity={Severity.SOON.value}",
        status=Status.DANGER,
    )


def _stages(hospital: Hospital, *, on: date, coverage: Coverage, questions: int) -> Iterator[_Stage]:
    def url(name: str, **kwargs: object) -> str:
        return reverse(name, kwargs={"hospital_code": hospital.code, **kwargs})

    yield _Stage(
        _("規約への同意"), url("programme:terms"), Permission.TERMS_ACCEPT, _terms(hospital, on, url("programme:terms"))
    )
    yield _Stage(
        _("基本情報の確認"), url("programme:basics"), Permission.BASICS_EDIT, _basics(hospital, url("programme:basics"))
    )
    yield _workbook_stage(hospital, url("workbooks:start"), coverage)
    yield _Stage(
        _("不明を減らす"),
        url("register:question_list"),
        Permission.REGISTER_EDIT,
        _questions(questions, url("register:question_list")),
    )
    yield _Stage(
        _("対策の状況"), url("judgement:facts"), Permission.LEVEL_DECLARE, _facts(hospital, url("judgement:facts"))
    )
    yield _Stage(
        _("診断の同意"),
        url("diagnosis:consents"),
        Permission.CONSENT_SIGN,
        diagnosis.waiting_for_hospital(hospital, timezone.now()),
    )
    yield _Stage(_("報告書"), url("reports:list"), Permission.REPORT_ISSUE, _report(hospital, url("reports:list")))


def _terms(hospital: Hospital, on: date, url: str) -> NextThing | None:
    terms = programme.terms_in_force(on)
    if terms is None or programme.consent_in_force(hospital, terms):
        return None
    return NextThing(
        what=_("規約を読んで同意する"),
        why=_("同意がないと、調査も診断も始められません。版、日時、署名した方の名前を記録します。"),
        action=_("規約を読む"),
        url=url,
    )


def _basics(hospital: Hospital, url: str) -> NextThing | None:
    check = programme.latest_check(hospital)
    if check is None or check.answer:
        return None
    return NextThing(
        what=_("基本情報が正しいか確かめる"),
        why=_("日程や報告書の連絡がここに書かれた方へ届きます。違うところは備考に書けます。"),
        action=_("基本情報を見る"),
        url=url,
        due=check.due_on,
    )


def _workbook_stage(hospital: Hospital, url: str, coverage: Coverage) -> _Stage:
    waiting = workbooks.waiting_upload(hospital)
    thing = None
    if waiting is not None:
        url = reverse("workbooks:detail", kwargs={"hospital_code": hospital.code, "upload_id": waiting.pk})
        thing = NextThing(
            what=_("送った別紙2-1 の取り込みを決める"),
            why=_("まだ台帳には入っていません。何が変わるかを見てから、取り込むか決めてください。"),
            action=_("確認の結果を見る"),
            url=url,
        )
    elif (with_rows_left := workbooks.upload_with_rows_left(hospital)) is not None:
        upload, rows = with_rows_left
        url = reverse("workbooks:detail", kwargs={"hospital_code": hospital.code, "upload_id": upload.pk})
        thing = NextThing(
            what=ngettext("別紙2-1 の取り込めなかった%(n)s行を直す", "別紙2-1 の取り込めなかった%(n)s行を直す", rows)
            % {"n": rows},
            why=_("まだ台帳に入っていない行です。どこをどう直すかが書いてあります。直したら、もう一度送ってください。"),
            action=_("直すところを見る"),
            url=url,
            status=Status.CAUTION,
        )
    elif not register.lines_in_use().exists():
        thing = NextThing(
            what=_("別紙2-1 を送る"),
            why=_(
                "病院に来ている回線をすべて並べることが、守ることの始まりです。分からない項目は「不明」で構いません。"
            ),
            action=_("別紙2-1 を選ぶ"),
            url=url,
        )
    elif coverage.satisfied < coverage.answered or coverage.answered < coverage.total:
        left = coverage.total - coverage.satisfied
        url = reverse("register:line_list", kwargs={"hospital_code": hospital.code})
        thing = NextThing(
            what=ngettext(
                "台帳の空きや不明を埋める（残り%(n)s項目）", "台帳の空きや不明を埋める（残り%(n)s項目）", left
            )
            % {"n": left},
            why=_("空いている項目があると、その回線が安全かどうかを判断できません。"),
            action=_("台帳を開く"),
            url=url,
            status=Status.CAUTION,
        )
    return _Stage(_("別紙2-1（回線の台帳）"), url, Permission.WORKBOOK_UPLOAD, thing)


def _questions(count: int, url: str) -> NextThing | None:
    if not count:
        return None
    return NextThing(
        what=ngettext("「不明」の項目をだれかに聞く（%(n)s件）", "「不明」の項目をだれかに聞く（%(n)s件）", count)
        % {"n": count},
        why=_("分からないままの項目は、安全とは数えません。総務、保守会社、機器の業者に聞いてみてください。"),
        action=_("不明の一覧を開く"),
        url=url,
    )


def _facts(hospital: Hospital, url: str) -> NextThing | None:
    unanswered = judgement.unanswered_facts(hospital)
    if not unanswered:
        return None
    return NextThing(
        what=ngettext("対策の状況に答える（残り%(n)s問）", "対策の状況に答える（残り%(n)s問）", unanswered)
        % {"n": unanswered},
        why=_("レベルは、この答えと台帳から決まります。分からないときは「不明」を選べます。"),
        action=_("質問に答える"),
        url=url,
    )


def _report(hospital: Hospital, url: str) -> NextThing | None:
    if reports.latest_report(hospital) is not None:
        return None
    return NextThing(
        what=_("調査報告書を作る"),
        why=_("いま分かっていることを、院長や保守会社に渡せる形にまとめます。後から何度でも作り直せます。"),
        action=_("報告書のページを開く"),
        url=url,
    )
