"""What the pages of one hospital show: its products with what is known, its notices, the weaknesses of one product."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as _noop
from django.utils.translation import ngettext

from sekisho.apps.vulnerabilities import judging, knowledge, products
from sekisho.apps.vulnerabilities.models import HospitalProduct, KnownProduct, WatchNotice
from sekisho.apps.vulnerabilities.plain import product_of
from sekisho.apps.vulnerabilities.situations import situation_of
from sekisho.apps.vulnerabilities.words import SUPPORT, URGENCIES
from sekisho.domain.text import Text
from sekisho.domain.tri import Tri
from sekisho.domain.vulnerabilities.matching import Match
from sekisho.foundation.tenancy.models import Hospital
from sekisho.foundation.ui.statuses import Status
from sekisho.foundation.ui.texts import listed, speak

MOST_MATCHES = 100
"""Weaknesses that one page lists; the most urgent come first."""
_ORDER = list(Status)


@dataclass(slots=True)
class ProductRow:
    """One product of a hospital. `supply` says what is missing for an answer, and `supply_url` where to give it."""

    use: HospitalProduct
    status: Status
    word: str
    note: str = ""
    supply: str = ""
    supply_url: str = ""
    support: tuple[Status, str | Promise] = (Status.UNKNOWN, "")
    open_notices: int = 0
    gaps: list[str] = field(default_factory=list)

    @property
    def product(self) -> KnownProduct | None:
        """Return the product that the device's words mean."""
        return self.use.product


def rows_of(hospital: Hospital, *, can_answer: bool) -> list[ProductRow]:
    """Return what a hospital has, the most urgent first, judged by the knowledge as it is now."""
    uses = list(products.in_use(hospital))
    judged = {
        row.pk: row
        for row in judging.bring_up_to_date({use.product_id: use.product for use in uses if use.product}.values())
    }
    can_judge = can_judge_versions()
    counts: dict[uuid.UUID, int] = {}
    for subject_id in open_notices(hospital).values_list("subject_id", flat=True):
        counts[subject_id] = counts.get(subject_id, 0) + 1
    rows = []
    for use in uses:
        if use.product is not None:
            use.product = judged[use.product.pk]
        row = row_of(use, can_judge=can_judge, can_answer=can_answer)
        row.open_notices = counts.get(use.pk, 0)
        rows.append(row)
    return sorted(rows, key=lambda row: (_ORDER.index(row.status), row.use.kind, row.use.line_label, str(row.use)))


def can_judge_versions() -> bool:
    """Return True when a feed with versions is in force: without one nothing can be said of any device."""
    return bool(set(knowledge.kinds_known()) & {"nvd", "fortinet", "msrc", "cve"})


def row_of(use: HospitalProduct, *, can_judge: bool, can_answer: bool) -> ProductRow:
    """Return what is known of one product, in a clerk's words."""
    if use.product is None:
        return _unrecognised(use, can_answer)
    status, word, note = _state(use.product, can_judge)
    row = ProductRow(use, status, word, note, support=SUPPORT[use.product.support])
    row.gaps = [speak(Text(**one)) for one in use.product.gaps]
    if not use.version and use.kind == HospitalProduct.Kind.DEVICE:
        row.supply = _("ソフトウェアの版を台帳に入れると、当てはまるかどうかが分かります。")
        row.supply_url = _device_url(use) if can_answer else ""
    return row


def _unrecognised(use: HospitalProduct, can_answer: bool) -> ProductRow:
    row = ProductRow(use, Status.UNKNOWN, _("照らし合わせられません"))
    if use.kind == HospitalProduct.Kind.SERVICE:
        row.note = _("サービスの名乗りから製品が分かりません。")
    elif use.maker and use.model:
        row.note = _("この名前の製品は、弱点の情報での呼び名が分かっていません。メーカーの公開情報を確かめてください。")
    else:
        row.supply = _("メーカーと型番を台帳に入れてください。機器の裏や底のラベルに書いてあります。")
        row.supply_url = _device_url(use) if can_answer else ""
    return row


def _device_url(use: HospitalProduct) -> str:
    return reverse("register:device_detail", kwargs={"hospital_code": use.hospital.code, "record_id": use.device_id})


def _state(product: KnownProduct, can_judge: bool) -> tuple[Status, str, str]:
    if product.exploited:
        word = ngettext("攻撃に使われている弱点が%(n)s件", "攻撃に使われている弱点が%(n)s件", product.exploited)
        return Status.DANGER, word % {"n": product.exploited}, _others(product, product.exploited)
    if product.exploited_unclear:
        word = ngettext(
            "攻撃に使われている弱点%(n)s件に当てはまるか、分かりません",
            "攻撃に使われている弱点%(n)s件に当てはまるか、分かりません",
            product.exploited_unclear,
        )
        return Status.WARNING, word % {"n": product.exploited_unclear}, _others(product, 0)
    if product.affected:
        word = ngettext("弱点が%(n)s件", "弱点が%(n)s件", product.affected)
        return Status.CAUTION, word % {"n": product.affected}, _others(product, product.affected)
    if product.unclear:
        word = ngettext("%(n)s件に当てはまるか、分かりません", "%(n)s件に当てはまるか、分かりません", product.unclear)
        return Status.UNKNOWN, word % {"n": product.unclear}, ""
    if not can_judge or product.gaps:
        return Status.UNKNOWN, _("調べられません"), "" if product.gaps else _("弱点の一覧がまだ入っていません。")
    return (
        Status.INFO,
        _("いまの情報では見つかりません"),
        _("安全という意味ではありません。まだ公表されていない弱点もあります。"),
    )


def _others(product: KnownProduct, counted: int) -> str:
    more, unclear = product.affected - counted, product.unclear
    parts = []
    if more > 0:
        parts.append(ngettext("当てはまる弱点はほかに%(n)s件", "当てはまる弱点はほかに%(n)s件", more) % {"n": more})
    if unclear:
        parts.append(ngettext("分からないもの%(n)s件", "分からないもの%(n)s件", unclear) % {"n": unclear})
    return listed(parts)


def judged(use: HospitalProduct) -> HospitalProduct:
    """Return `use` with its product judged by the knowledge as it is now."""
    if use.product is not None:
        use.product = judging.bring_up_to_date([use.product])[0]
    return use


def support_text(use: HospitalProduct, *, today: date) -> str:
    """Return how long the maker supports a product, in a sentence."""
    if use.product is None:
        return _("どの製品か分からないため、サポートの期限も分かりません。")
    return speak(judging.support_now(use.product, today=today).reason)


# --- One product -------------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class MatchRow:
    """One weakness of a product, in words: what, how soon, why, and what to ask the maintenance company."""

    match: Match
    status: Status
    urgency: str | Promise
    title: str
    reason: str
    why: list[str]
    action: str


def matches_shown(use: HospitalProduct, wanted: str, *, today: date) -> tuple[list[MatchRow], dict[str, int]]:
    """Return the weaknesses whose verdict is `wanted` ("yes", "unknown" or "no"), and how many there are of each."""
    if use.product is None:
        return [], {"yes": 0, "unknown": 0, "no": 0}
    found, _stored = knowledge.matcher()
    product = product_of(use.product.plain, use.product.label)
    matches = found.match(product, today=today, situation=situation_of(use), unaffected=True)
    counts = {verdict.value: sum(one.verdict is verdict for one in matches) for verdict in Tri}
    return [_match_row(one, use) for one in matches if one.verdict.value == wanted][:MOST_MATCHES], counts


def _match_row(one: Match, use: HospitalProduct) -> MatchRow:
    status, urgency = URGENCIES[one.priority.urgency]
    return MatchRow(
        match=one,
        status=Status.UNKNOWN if one.verdict is Tri.UNKNOWN and status is not Status.WARNING else status,
        urgency=urgency,
        title=speak(one.title) or one.cve,
        reason=speak(one.reason),
        why=[speak(reason) for reason in one.priority.reasons],
        action=_action(one, use),
    )


def _action(one: Match, use: HospitalProduct) -> str:
    if one.verdict is Tri.NO:
        return ""
    if one.verdict is Tri.UNKNOWN and not use.version:
        return _("まず、機器に表示されている版を確かめて、台帳に入れてください。")
    if one.fixed_in:
        versions = _("、または ").join(one.fixed_in[:4])
        asked = {"product": str(use), "versions": versions}
        if one.verdict is Tri.UNKNOWN:
            return _("保守会社に「%(product)s は、この弱点を直した版（%(versions)s）以上か」と聞いてください。") % asked
        return _("保守会社に「%(product)s を %(versions)s 以上へ」と依頼してください。") % asked
    return _("直した版が情報に書かれていません。保守会社かメーカーに、対策の版と当面の守り方を聞いてください。")


# --- Notices ------------------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class NoticeRow:
    """One notice in words."""

    notice: WatchNotice
    status: Status
    title: str
    text: str
    url: str


def open_notices(hospital: Hospital) -> QuerySet[WatchNotice]:
    """Return the notices that nobody has answered."""
    found = WatchNotice.objects.filter(hospital=hospital, state=WatchNotice.State.OPEN)
    return found.select_related("subject__product", "hospital")


def notice_row(notice: WatchNotice) -> NoticeRow:
    """Return a notice as the page shows it."""
    status = Status.DANGER if notice.is_urgent else Status.CAUTION
    url = reverse(
        "vulnerabilities:product", kwargs={"hospital_code": notice.hospital.code, "product_id": notice.subject_id}
    )
    return NoticeRow(notice, status, notice_title(notice), notice_text(notice), url)


def notice_title(notice: WatchNotice) -> str:
    """Return what a notice is about, in one line."""
    facts, kind = notice.facts, WatchNotice.Kind(notice.kind)
    if kind is WatchNotice.Kind.SUPPORT:
        return (
            _("メーカーのサポートが終わりました")
            if facts.get("ended")
            else _("メーカーのサポートが %(until)s に終わります") % facts
        )
    if kind is WatchNotice.Kind.KNOWN:
        words = ngettext(
            "攻撃に使われている弱点が%(count)s件知られています",
            "攻撃に使われている弱点が%(count)s件知られています",
            facts["count"],
        )
        return str(words % facts)
    return _(_TITLES[kind]) % {"cve": notice.cve}


def notice_text(notice: WatchNotice) -> str:
    """Return what to do about a notice."""
    facts, kind = notice.facts, WatchNotice.Kind(notice.kind)
    if kind is WatchNotice.Kind.SUPPORT:
        return _("終わると、弱点が見つかっても直されません。更新の予定と費用を、保守会社に聞いてください。")
    if not (facts.get("sure") or facts.get("sure") is None):
        return _("当てはまるかどうかは、まだ分かりません。機器の画面で型番と版を確かめて、台帳に入れてください。")
    return _("機器のページに、直した版と、保守会社への頼み方があります。")


_TITLES = {
    WatchNotice.Kind.NEW: _noop("新しい弱点が公表されました（%(cve)s）"),
    WatchNotice.Kind.LIKELY: _noop("悪用される見込みが高くなった弱点があります（%(cve)s）"),
    WatchNotice.Kind.EXPLOITED: _noop("攻撃に使われ始めた弱点があります（%(cve)s）"),
    WatchNotice.Kind.RANSOMWARE: _noop("ランサムウェアに使われている弱点があります（%(cve)s）"),
}


def notices_of(hospital: Hospital, states: Sequence[str]) -> list[NoticeRow]:
    """Return a hospital's notices in `states`, the urgent and newest first."""
    found = WatchNotice.objects.filter(hospital=hospital, state__in=states)
    rows = found.select_related("subject__product", "hospital", "answered_by").order_by(
        "-is_urgent", "-raised_at", "key"
    )
    return [notice_row(notice) for notice in rows[:MOST_MATCHES]]
