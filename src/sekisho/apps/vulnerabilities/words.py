"""What this app says of deeds, of kinds of feeds, and of how soon to act."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop as _noop
from django.utils.translation import pgettext_lazy

from sekisho.adapters.feeds.recognise import Kind
from sekisho.domain.vulnerabilities.lifecycles import SupportStatus
from sekisho.domain.vulnerabilities.priority import Urgency
from sekisho.foundation.ui.statuses import Status

DEEDS = {
    "vulnerabilities.feed.handed-in": _noop("弱点の情報のファイルを渡した"),
    "vulnerabilities.feed.loaded": _noop("弱点の情報を取り込んだ"),
    "vulnerabilities.feed.read-again": _noop("弱点の情報をもう一度読み込むことにした"),
    "vulnerabilities.feed.refused": _noop("弱点の情報を取り込めなかった"),
    "vulnerabilities.feed.undone": _noop("弱点の情報の取り込みを取り消した"),
    "vulnerabilities.mail.again": _noop("弱点のお知らせのメールを送り直すことにした"),
    "vulnerabilities.notice.done": _noop("弱点のお知らせを対応済みにした"),
    "vulnerabilities.notice.not-ours": _noop("弱点のお知らせを当てはまらないとした"),
    "vulnerabilities.notice.open": _noop("弱点のお知らせをまだの状態に戻した"),
    "vulnerabilities.notice.raised": _noop("機器の弱点を知らせた"),
}
"""The label of each verb that this app writes into the trail."""

KINDS: dict[str, Promise] = {
    Kind.NVD.value: _("NVD（世界の弱点の一覧、米国 NIST）"),
    Kind.KEV.value: _("KEV（実際に攻撃に使われた弱点の一覧、米国 CISA）"),
    Kind.EPSS.value: _("EPSS（30日以内に悪用される見込み）"),
    Kind.JVN.value: _("JVN iPedia（日本語の説明）"),
    Kind.ENDOFLIFE.value: _("サポート期限（endoflife.date）"),
    Kind.ENDOFLIFE_OLD.value: _("サポート期限（endoflife.date、旧形式）"),
    Kind.ENDOFLIFE_PAGE.value: _("サポート期限（endoflife.date のページ）"),
    Kind.MAKERS.value: _("サポート期限（メーカーの表）"),
    Kind.FORTINET.value: _("Fortinet の公表情報"),
    Kind.MSRC.value: _("Microsoft の公表情報"),
    Kind.CVE.value: _("CVE の登録情報"),
}
NEEDED = (Kind.NVD.value, Kind.KEV.value, Kind.EPSS.value, Kind.JVN.value, Kind.ENDOFLIFE.value)
"""Kinds shown also when there is none: what is missing has to be seen."""

URGENCIES: dict[Urgency, tuple[Status, Promise]] = {
    Urgency.NOW: (Status.DANGER, _("すぐに")),
    Urgency.SOON: (Status.WARNING, _("早めに")),
    Urgency.PLANNED: (Status.CAUTION, _("計画して")),
    Urgency.WATCHED: (Status.INFO, _("見守る")),
    Urgency.NONE: (Status.OK, pgettext_lazy("weakness", "当てはまらない")),
}
SUPPORT: dict[str, tuple[Status, Promise]] = {
    SupportStatus.SUPPORTED.value: (Status.OK, _("サポート中")),
    SupportStatus.ENDING.value: (Status.CAUTION, _("もうすぐ終わる")),
    SupportStatus.EXTENDED.value: (Status.WARNING, _("延長契約だけ")),
    SupportStatus.ENDED.value: (Status.DANGER, _("終わった")),
    SupportStatus.UNKNOWN.value: (Status.UNKNOWN, _("不明")),
}
