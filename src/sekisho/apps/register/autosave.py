"""Save one answer of a record while its form is open; see `ui/js/autosave.js` for what goes to and fro."""

import uuid
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from sekisho.apps.register import actions
from sekisho.apps.register.display import as_text
from sekisho.apps.register.forms import AnswersForm
from sekisho.apps.register.kinds import RecordKind, kinds
from sekisho.apps.register.models import AnswerRecord, Line
from sekisho.apps.register.queries import TERMINATOR_KEYS
from sekisho.domain.facts import Answer, Unknown
from sekisho.domain.workbook.schema import Column
from sekisho.foundation.accounts.permissions import Permission
from sekisho.foundation.audit.models import AuditEvent
from sekisho.foundation.audit.queries import history_of
from sekisho.foundation.audit.seen import Seen, unseen_change
from sekisho.foundation.tenancy.guard import requires
from sekisho.foundation.tenancy.requests import HospitalRequest


@requires(Permission.REGISTER_EDIT)
@require_POST
def record_save(request: HospitalRequest, kind_key: str, record_id: uuid.UUID) -> HttpResponse:
    """Save the answer to one question about one record, with the reason that the form gives for its changes."""
    kind = kinds()[kind_key]
    with transaction.atomic():
        # Locked, so that nobody's change can come between looking for one and saving.
        found = get_object_or_404(kind.model.objects.select_for_update(), pk=record_id)
        column = next((c for c in kind.columns if c.key == request.POST.get("field")), None)
        if column is None:
            return _refused(_("この項目はもうありません。ページを開き直してください。"))
        return _save(request, kind, found, column)


def _save(request: HospitalRequest, kind: RecordKind, found: AnswerRecord, column: Column) -> HttpResponse:
    form = AnswersForm(request.POST, columns=(column,), answers={})
    if not form.is_valid():
        return _refused(*(str(error) for errors in form.errors.values() for error in errors))
    seen = Seen.parse(request.POST.get("version", ""))
    other = unseen_change(_events(found, column.key), column.key, seen, by=request.user)
    current = kind.answers(found).get(column.key)
    wanted = form.answers[column.key]
    if other is not None and current != wanted:
        word = seen.including(column.key, other.pk)
        return JsonResponse(_conflict(column, current, word, other.actor_label), status=409)
    reason = form.cleaned_data["reason"]
    actions.change_answers(found, answers={column.key: wanted}, by=request.user, reason=reason)
    return JsonResponse({"version": str(seen)})


def _refused(*errors: str) -> JsonResponse:
    return JsonResponse({"errors": list(errors)}, status=422)


def _events(found: AnswerRecord, key: str) -> QuerySet[AuditEvent]:
    """Return the events that may have changed the answer: some of a line's belong to the box at its end."""
    if isinstance(found, Line) and key in TERMINATOR_KEYS and found.terminator is not None:
        return history_of(found.terminator)
    return history_of(found)


def _conflict(column: Column, current: Answer[Any], seen: Seen, by: str) -> dict[str, Any]:
    """Return both sides of a conflict: what another person put there, to read and to put into the inputs."""
    values: dict[str, list[str]] = {}
    if isinstance(current, Unknown):
        values = {f"{column.key}_unknown": ["1"], f"{column.key}_reason": [current.reason]}
    elif current is not None:
        shown = AnswersForm(columns=(column,), answers={column.key: current})[column.key]
        widget: Any = getattr(shown.field.widget, "inner", shown.field.widget)
        value = widget.format_value(shown.value())
        values = {column.key: [str(part) for part in value] if isinstance(value, list) else [str(value)]}
    return {"version": str(seen), "theirs": as_text(column, current), "values": values, "by": by}
