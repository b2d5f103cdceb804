"""What a record's page shows: its facts with source and date, what is missing, its history, its files."""

from collections.abc import Iterable
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from sekisho.apps.register import queries
from sekisho.apps.register.conflicts import FieldConflict
from sekisho.apps.register.display import as_text, labelled
from sekisho.apps.register.kinds import RecordKind
from sekisho.apps.register.models import AnswerRecord, Attachment, Line
from sekisho.domain.facts import Unknown, from_plain
from sekisho.domain.workbook.schema import Need
from sekisho.foundation.audit.models import AuditEvent
from sekisho.foundation.audit.queries import history_of
from sekisho.foundation.ui.components import Fact, FieldChange, FileEntry, HistoryEntry, Missing, Record
from sekisho.foundation.ui.statuses import Status
from sekisho.foundation.ui.texts import speak

VERBS = {
    "added": gettext_noop("登録しました"),
    "changed": gettext_noop("変更しました"),
    "retired": gettext_noop("使わなくなった印を付けました"),
    "restored": gettext_noop("元に戻しました"),
}


def record_page(kind: RecordKind, record: AnswerRecord) -> Record:
    """Return what the page of `record` shows."""
    events = _events(record)
    return Record(
        facts=_facts(kind, record, events),
        missing=_missing(kind, record),
        history=[_entry(kind, event) for event in events],
        files=[_file(record, attachment) for attachment in queries.attachments_of(record)],
    )


def _events(record: AnswerRecord) -> list[AuditEvent]:
    """Return the record's events, newest first; a line's together with those of the box at its end."""
    events = list(history_of(record))
    if isinstance(record, Line) and record.terminator:
        events += history_of(record.terminator)
    return sorted(events, key=lambda event: event.pk, reverse=True)


def _facts(kind: RecordKind, record: AnswerRecord, events: list[AuditEvent]) -> list[Fact]:
    latest: dict[str, AuditEvent] = {}
    for event in events:
        for key in event.changes:
            latest.setdefault(key, event)
    answers = kind.answers(record)
    facts = []
    for column in kind.columns:
        known = latest.get(column.key)
        facts.append(
            Fact(
                label=speak(column.heading),
                value=labelled(column, answers.get(column.key)),
                source=(known.reason or known.actor_label) if known else "",
                on=known.at if known else None,
            )
        )
    return facts


def _missing(kind: RecordKind, record: AnswerRecord) -> list[Missing]:
    url = reverse(f"register:{kind.key}_edit", kwargs={"hospital_code": record.hospital.code, "record_id": record.pk})
    found = []
    for column in kind.columns:
        answer = kind.answers(record).get(column.key)
        place = f"{url}#id_{column.key}"
        if isinstance(answer, Unknown):
            why = answer.reason or _("分かったら書き込んでください。それまでは確認の一覧に残ります。")
            found.append(Missing(speak(column.heading), why, place, Status.UNKNOWN))
        elif answer is None and column.need is Need.REQUIRED:
            found.append(Missing(speak(column.heading), speak(column.help), place, Status.UNANSWERED))
    return found


def _entry(kind: RecordKind, event: AuditEvent) -> HistoryEntry:
    what = _(VERBS.get(event.verb.rsplit(".", 1)[-1], event.verb))
    if event.reason:
        what = _("%(what)s（%(reason)s）") % {"what": what, "reason": event.reason}
    return HistoryEntry(
        at=event.at,
        by=event.actor_label,
        what=what,
        changes=[_change(kind, key, old, new) for key, (old, new) in event.changes.items()],
    )


def _change(kind: RecordKind, key: str, old: Any, new: Any) -> FieldChange:
    try:
        column = kind.column(key)
    except KeyError:
        return FieldChange(key, str(old or ""), str(new or ""))
    return FieldChange(speak(column.heading), as_text(column, from_plain(old)), as_text(column, from_plain(new)))


def _file(record: AnswerRecord, attachment: Attachment) -> FileEntry:
    stored = attachment.file
    return FileEntry(
        name=attachment.caption or stored.name,
        url=reverse("files:download", kwargs={"hospital_code": record.hospital.code, "file_id": stored.pk}),
        size_bytes=stored.size_bytes,
        at=attachment.created_at,
        by=str(attachment.created_by),
    )


def conflict_rows(kind: RecordKind, conflicts: Iterable[FieldConflict]) -> list[dict[str, Any]]:
    """Return both values of each answer that two people changed, for the page that lets the second choose."""
    rows = []
    for conflict in conflicts:
        column = kind.column(conflict.key)
        rows.append(
            {
                "key": conflict.key,
                "label": speak(column.heading),
                "base": labelled(column, conflict.base),
                "theirs": labelled(column, conflict.theirs),
                "yours": labelled(column, conflict.yours),
            }
        )
    return rows
