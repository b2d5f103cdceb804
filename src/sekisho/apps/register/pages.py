"""What a record's page shows: its facts with source and date, what is missing, its history, its files."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from sekisho.apps.register import queries
from sekisho.apps.register.completeness import problems_of
from sekisho.apps.register.conflicts import FieldConflict
from sekisho.apps.register.display import as_text, labelled
from sekisho.apps.register.kinds import RecordKind, kinds
from sekisho.apps.register.models import AnswerRecord, Attachment, Device, Line
from sekisho.domain.facts import Answer, Unknown, from_plain
from sekisho.domain.workbook.schema import Column
from sekisho.foundation.audit.kept_texts import retold
from sekisho.foundation.audit.models import AuditEvent
from sekisho.foundation.audit.queries import history_of
from sekisho.foundation.ui.components import Fact, FieldChange, FileEntry, HistoryEntry, Missing, Record
from sekisho.foundation.ui.statuses import Status
from sekisho.foundation.ui.texts import sign, speak

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
        facts=facts_of(kind.columns, kind.answers(record), events),
        missing=_missing(kind, record),
        history=history_entries(kind.columns, events),
        files=[_file(record, attachment) for attachment in queries.attachments_of(record)],
    )


def _events(record: AnswerRecord) -> list[AuditEvent]:
    """Return the record's events, newest first; a line's together with those of the box at its end."""
    events = list(history_of(record))
    if isinstance(record, Line) and record.terminator:
        events += history_of(record.terminator)
    return sorted(events, key=lambda event: event.pk, reverse=True)


def facts_of(columns: Iterable[Column], answers: Mapping[str, Answer[Any]], events: Iterable[AuditEvent]) -> list[Fact]:
    """Return the answers to `columns` with who gave each and when. `events` come newest first."""
    latest: dict[str, AuditEvent] = {}
    for event in events:
        for key in event.changes:
            latest.setdefault(key, event)
    facts = []
    for column in columns:
        known = latest.get(column.key)
        facts.append(
            Fact(
                label=speak(column.heading),
                value=labelled(column, answers.get(column.key)),
                source=(retold(known.reason) or known.actor_label) if known else "",
                on=known.at if known else None,
            )
        )
    return facts


def _missing(kind: RecordKind, record: AnswerRecord) -> list[Missing]:
    """Return what is unknown, what must still be answered or mended, and, for a line, what is unknown of its devices."""
    found = _unknown(kind, record)
    asked = {column.key: column for column in kind.columns}
    for problem in problems_of(record):
        if problem.column in asked:
            answer = kind.answers(record).get(problem.column)
            status = Status.UNANSWERED if answer is None else Status.CAUTION
            what = speak(asked[problem.column].heading)
            found.append(Missing(what, speak(problem.message), _field_url(kind, record, problem.column), status))
    if isinstance(record, Line):
        for device in queries.below(record):
            if isinstance(device, Device):
                found += _unknown(kinds()["device"], device, name=f"{device}{sign('：')}")
    return found


def _unknown(kind: RecordKind, record: AnswerRecord, *, name: str = "") -> list[Missing]:
    later = _("分かったら書き込んでください。それまでは確認の一覧に残ります。")
    answers = kind.answers(record)
    unknowns = [(column, answers.get(column.key)) for column in kind.columns]
    return [
        Missing(
            name + speak(column.heading), answer.reason or later, _field_url(kind, record, column.key), Status.UNKNOWN
        )
        for column, answer in unknowns
        if isinstance(answer, Unknown)
    ]


def _field_url(kind: RecordKind, record: AnswerRecord, key: str) -> str:
    url = reverse(f"register:{kind.key}_edit", kwargs={"hospital_code": record.hospital.code, "record_id": record.pk})
    return f"{url}#id_{key}"


def history_entries(columns: Iterable[Column], events: Iterable[AuditEvent]) -> list[HistoryEntry]:
    """Return events in words, their values as the columns show them."""
    asked = {column.key: column for column in columns}
    return [_entry(asked, event) for event in events]


def _entry(asked: Mapping[str, Column], event: AuditEvent) -> HistoryEntry:
    what = _(VERBS.get(event.verb.rsplit(".", 1)[-1], event.verb))
    if event.reason:
        what = _("%(what)s（%(reason)s）") % {"what": what, "reason": retold(event.reason)}
    changes = [_change(asked.get(key), key, old, new) for key, (old, new) in event.changes.items()]
    return HistoryEntry(at=event.at, by=event.actor_label, what=what, changes=changes)


def _change(column: Column | None, key: str, old: Any, new: Any) -> FieldChange:
    if column is None:
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


def changes_rows(columns: Iterable[Column], conflicts: Iterable[FieldConflict]) -> list[dict[str, Any]]:
    """Return both values of each answer that two people changed, for the page that lets the second choose."""
    asked = {column.key: column for column in columns}
    return [
        {
            "key": conflict.key,
            "label": speak(asked[conflict.key].heading),
            "base": labelled(asked[conflict.key], conflict.base),
            "theirs": labelled(asked[conflict.key], conflict.theirs),
            "yours": labelled(asked[conflict.key], conflict.yours),
        }
        for conflict in conflicts
    ]
