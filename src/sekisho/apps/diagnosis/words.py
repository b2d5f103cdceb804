"""What this app says of deeds and of the fields of a consent."""

from collections.abc import Iterable

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as _noop

from sekisho.foundation.audit.kept_texts import retold
from sekisho.foundation.audit.models import AuditEvent
from sekisho.foundation.ui.components import FieldChange, HistoryEntry

DEEDS = {
    "diagnosis.address.confirmed": _noop("動的IPの、その日のアドレスを確かめた"),
    "diagnosis.consent.accounts-signed": _noop("初期アカウントを試すことに同意した"),
    "diagnosis.consent.changed": _noop("診断の同意の内容を、署名の前に直した"),
    "diagnosis.consent.discarded": _noop("用意した診断の同意をやめた"),
    "diagnosis.consent.monitoring-noted": _noop("監視している会社への連絡（静観）を書き留めた"),
    "diagnosis.consent.prepared": _noop("診断の同意を用意した"),
    "diagnosis.consent.signed": _noop("診断に同意した"),
    "diagnosis.consent.withdrawn": _noop("診断の同意を取り下げた"),
    "diagnosis.evidence.downloaded": _noop("診断の生の記録を受け取った"),
    "diagnosis.link.sent": _noop("その日のアドレスを確かめるリンクをメールで送った"),
    "diagnosis.region.set": _noop("診断を始める場所（地域）を決めた"),
    "diagnosis.run.ended": _noop("診断が終わった"),
    "diagnosis.run.resumed": _noop("診断を続きから再開した"),
    "diagnosis.run.started": _noop("診断を始めた"),
    "diagnosis.stop.lifted": _noop("緊急停止を解いた"),
    "diagnosis.stop.pressed": _noop("緊急停止を押した"),
}
"""The label of each verb that this app writes into the trail."""

_FIELDS = {
    "address": _noop("アドレス"),
    "starts_at": _noop("始まり"),
    "ends_at": _noop("終わり"),
    "daily": _noop("毎日の時間帯"),
    "protocols": _noop("調べるもの"),
    "packets_per_second": _noop("毎秒のパケット数"),
    "stop_contact": _noop("止めるときの連絡先"),
    "remarks": _noop("備考"),
    "signed": _noop("署名"),
    "terms": _noop("規約の版と照合番号"),
    "monitoring": _noop("監視の静観"),
    "note": _noop("誰に、いつ知らせたか"),
}


def history(events: Iterable[AuditEvent]) -> list[HistoryEntry]:
    """Return events of this app in words."""
    return [
        HistoryEntry(
            at=event.at,
            by=event.actor_label,
            what=_with_reason(_(DEEDS.get(event.verb, event.verb)), retold(event.reason)),
            changes=[
                FieldChange(_(_FIELDS[key]) if key in _FIELDS else key, _shown(old), _shown(new))
                for key, (old, new) in event.changes.items()
            ],
        )
        for event in events
    ]


def _with_reason(what: str, reason: str) -> str:
    return _("%(what)s（%(reason)s）") % {"what": what, "reason": reason} if reason else what


def _shown(value: object) -> str:
    return "" if value is None else str(value)
