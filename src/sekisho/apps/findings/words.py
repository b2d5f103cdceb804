"""What this app says of deeds, and the history of a finding in words."""

from collections.abc import Iterable

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as _noop

from sekisho.domain.diagnosis.statuses import Status
from sekisho.foundation.audit.kept_texts import retold
from sekisho.foundation.audit.models import AuditEvent
from sekisho.foundation.ui.components import FieldChange, HistoryEntry
from sekisho.foundation.ui.texts import speak

DEEDS = {
    "findings.evidence.downloaded": _noop("見つかったことの証拠を受け取った"),
    "findings.finding.moved": _noop("見つかったことの状態を変えた"),
    "findings.finding.reopened": _noop("見つかったことが、もう一度未対応になった"),
    "findings.finding.restored": _noop("見つかったことの状態を元に戻した"),
    "findings.finding.verified": _noop("見つかったことが直ったと、診断で確かめた"),
    "findings.list.exported": _noop("見つかったことの一覧を書き出した"),
    "findings.observation.taken": _noop("診断の結果を取り込んだ"),
    "findings.outside.downloaded": _noop("「インターネットから見えるもの」を受け取った"),
    "findings.recheck.started": _noop("見つかったことをもう一度調べ始めた"),
}
"""The label of each verb that this app writes into the trail."""

_FIELDS = {
    "status": _noop("状態"),
    "expires_on": _noop("見直す日"),
    "proof": _noop("根拠"),
    "file": _noop("根拠のファイル"),
    "run": _noop("診断"),
    "sha256": _noop("照合番号（SHA-256）"),
}


def history(events: Iterable[AuditEvent]) -> list[HistoryEntry]:
    """Return the events of a finding in words."""
    return [
        HistoryEntry(
            at=event.at,
            by=event.actor_label,
            what=_with_reason(_(DEEDS.get(event.verb, event.verb)), retold(event.reason)),
            changes=[
                FieldChange(_(_FIELDS[key]) if key in _FIELDS else key, _shown(key, old), _shown(key, new))
                for key, (old, new) in event.changes.items()
            ],
        )
        for event in events
    ]


def _with_reason(what: str, reason: str) -> str:
    return _("%(what)s（%(reason)s）") % {"what": what, "reason": reason} if reason else what


def _shown(key: str, value: object) -> str:
    if key == "status" and value in {status.value for status in Status}:
        return speak(Status(value).word)
    return "" if value is None else str(value)
