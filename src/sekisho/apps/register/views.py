"""The pages of the register. One view per deed; the kind of record comes from the address."""

import uuid
from typing import Any, cast

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from sekisho.apps.register import actions, cable, exports, intake, pages, queries
from sekisho.apps.register.completeness import coverage_of
from sekisho.apps.register.conflicts import ChangedMeanwhile
from sekisho.apps.register.forms import AnswersForm, AskForm, AttachForm, RetireForm
from sekisho.apps.register.kinds import RecordKind, kinds, url_of
from sekisho.apps.register.models import Attachment, Line, OpenQuestion
from sekisho.foundation.accounts.permissions import Permission
from sekisho.foundation.audit.seen import Seen
from sekisho.foundation.files.sniffing import FileRefused
from sekisho.foundation.tenancy.guard import requires
from sekisho.foundation.tenancy.requests import HospitalRequest
from sekisho.foundation.ui.components import Tab
from sekisho.foundation.ui.list_query import Parameters
from sekisho.foundation.ui.lists import Empty, render_list
from sekisho.foundation.ui.notices import undoable
from sekisho.foundation.ui.texts import speak


def _url(request: HospitalRequest, name: str, **kwargs: Any) -> str:
    return reverse(f"register:{name}", kwargs={"hospital_code": request.hospital.code, **kwargs})


def _record(kind: RecordKind, record_id: uuid.UUID) -> Any:
    """Return the record if it exists for the hospital in scope.

    Raises:
        Http404: it does not.
    """
    return get_object_or_404(kind.model.objects.all().select_related("hospital"), pk=record_id)


def tabs(request: HospitalRequest, current: str) -> list[Tab]:
    """Return the register's lists as tabs, with how many records each holds."""
    listed = [
        Tab(str(kind.plural), _url(request, f"{kind.key}_list"), kind.key == current, kind.records().count())
        for kind in kinds().values()
    ]
    unknown = Tab(
        _("不明の一覧"), _url(request, "question_list"), current == "question", queries.open_questions().count()
    )
    return [*listed, unknown]


# --- Lists -----------------------------------------------------------------------------------------------------------
@requires(Permission.REGISTER_VIEW)
@require_GET
def record_list(request: HospitalRequest, kind_key: str) -> HttpResponse:
    """The list of one kind of records."""
    kind = kinds()[kind_key]
    add_url = _url(request, f"{kind.key}_add") if kind.can_be_added else ""
    page = kind.list.page(
        request,
        kind.records(),
        empty=Empty(kind.empty_text, _("登録する") if add_url else "", add_url),
        export_urls=[
            (_("CSV で書き出す"), _url(request, f"{kind.key}_export", file_format="csv")),
            (_("Excel で書き出す"), _url(request, f"{kind.key}_export", file_format="xlsx")),
        ],
    )
    context: dict[str, Any] = {"kind": kind, "tabs": tabs(request, kind.key), "add_url": add_url}
    if kind.key == "line" and not request.htmx:
        context["coverage"] = coverage_of(request.hospital)
        context["retired_count"] = queries.retired_lines().count()
    return render_list(request, "register/list.html", page, context)


@requires(Permission.REGISTER_EXPORT)
@require_GET
def record_export(request: HospitalRequest, kind_key: str, file_format: str) -> HttpResponse:
    """The list as a file: exactly what its filters show."""
    kind = kinds()[kind_key]
    heads, rows = kind.list.export(cast("Parameters", request.GET), kind.records())
    return exports.answer_with(
        file_format, heads, rows, hospital=request.hospital, title=str(kind.plural), by=request.user
    )


@requires(Permission.REGISTER_VIEW)
@require_GET
def retired_list(request: HospitalRequest) -> HttpResponse:
    """The lines out of use, each with its way back."""
    return render(
        request, "register/retired.html", {"lines": queries.retired_lines(), "tabs": tabs(request, "retired")}
    )


# --- One record ------------------------------------------------------------------------------------------------------
@requires(Permission.REGISTER_VIEW)
@require_GET
def record_detail(request: HospitalRequest, kind_key: str, record_id: uuid.UUID) -> HttpResponse:
    """The page of one record."""
    kind = kinds()[kind_key]
    found = _record(kind, record_id)
    context: dict[str, Any] = {
        "kind": kind,
        "subject": found,
        "record": pages.record_page(kind, found),
        "attach_form": AttachForm(),
        "attachments": queries.attachments_of(found),
    }
    if isinstance(found, Line):
        context["stops"] = cable.stops_of(found)
        context["contracts"] = queries.contracts_in_use().filter(line=found)
    return render(request, f"register/{'line' if kind.key == 'line' else 'record'}.html", context)


@requires(Permission.REGISTER_EDIT)
@require_http_methods(["GET", "POST"])
def record_edit(request: HospitalRequest, kind_key: str, record_id: uuid.UUID) -> HttpResponse:
    """The form of one record. Two editors of one answer: the second chooses between both values."""
    kind = kinds()[kind_key]
    found = _record(kind, record_id)
    form = AnswersForm(request.POST or None, columns=kind.columns, answers=kind.answers(found))
    status = 200
    context: dict[str, Any] = {"kind": kind, "subject": found, "form": form, "seen": str(Seen.now())}
    if request.method == "POST":
        if form.is_valid():
            try:
                actions.change_answers(
                    found,
                    answers=form.answers,
                    base=form.base_answers,
                    by=request.user,
                    reason=form.cleaned_data["reason"],
                )
            except ChangedMeanwhile as met:
                context["conflicts"] = pages.changes_rows(kind.columns, met.conflicts)
                context["form"] = intake.rebased(form, kind, found)
                status = 409
            else:
                messages.success(request, _("保存しました。"))
                return redirect(url_of(found))
        else:
            status = 422
    return render(request, "register/edit.html", context, status=status)


@requires(Permission.REGISTER_EDIT)
@require_http_methods(["GET", "POST"])
def record_add(request: HospitalRequest, kind_key: str) -> HttpResponse:
    """The form of a record that is not there yet."""
    kind = kinds()[kind_key]
    if not kind.can_be_added:
        raise Http404
    return _add(request, kind, line=None)


@requires(Permission.REGISTER_EDIT)
@require_http_methods(["GET", "POST"])
def device_add(request: HospitalRequest, record_id: uuid.UUID) -> HttpResponse:
    """The form of a new device below a line."""
    return _add(request, kinds()["device"], line=_record(kinds()["line"], record_id))


def _add(request: HospitalRequest, kind: RecordKind, *, line: Line | None) -> HttpResponse:
    form = AnswersForm(request.POST or None, columns=kind.columns, answers={})
    name_form = intake.name_form(kind, request.POST or None, about=request.GET.get("line", ""))
    status = 200
    if request.method == "POST":
        if form.is_valid() and (name_form is None or name_form.is_valid()):
            added = intake.add(kind, request.hospital, form=form, name_form=name_form, line=line, by=request.user)
            messages.success(request, _("%(record)s を登録しました。") % {"record": added})
            return redirect(url_of(line or added))
        status = 422
    context = {"kind": kind, "form": form, "name_form": name_form, "line": line}
    return render(request, "register/edit.html", context, status=status)


@requires(Permission.REGISTER_EDIT)
@require_http_methods(["GET", "POST"])
def record_retire(request: HospitalRequest, kind_key: str, record_id: uuid.UUID) -> HttpResponse:
    """Take a record out of use, with the reason; undone with one click."""
    kind = kinds()[kind_key]
    found = _record(kind, record_id)
    form = RetireForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            actions.retire(found, reason=form.cleaned_data["reason"], by=request.user)
        except actions.AlreadyRetired:
            messages.info(request, _("すでに使わなくなった印が付いています。"))
        else:
            text = _("%(record)s に使わなくなった印を付けました。記録は残っています。") % {"record": found}
            undoable(request, text, undo_url=_url(request, f"{kind.key}_restore", record_id=found.pk))
        return redirect(_url(request, f"{kind.key}_list"))
    context = {"kind": kind, "subject": found, "form": form}
    return render(request, "register/retire.html", context, status=422 if form.errors else 200)


@requires(Permission.REGISTER_EDIT)
@require_POST
def record_restore(request: HospitalRequest, kind_key: str, record_id: uuid.UUID) -> HttpResponse:
    """Bring a retired record back."""
    found = _record(kinds()[kind_key], record_id)
    try:
        actions.restore(found, by=request.user)
    except actions.StillInUse:
        messages.error(
            request,
            _("%(record)s の番号は、いま別の記録が使っています。先にそちらを使わなくするか、新しく登録してください。")
            % {"record": found},
        )
    else:
        messages.success(request, _("%(record)s を元に戻しました。") % {"record": found})
    return redirect(url_of(found))


# --- Boxes that lines share --------------------------------------------------------------------------------------------
@requires(Permission.REGISTER_EDIT)
@require_http_methods(["GET", "POST"])
def line_share(request: HospitalRequest, record_id: uuid.UUID) -> HttpResponse:
    """Say that a line ends in the same box as another."""
    line = _record(kinds()["line"], record_id)
    boxes = queries.terminators_in_use().exclude(pk=line.terminator_id)
    if request.method == "POST":
        chosen = request.POST.get("terminator", "")
        box = None if chosen == "own" else get_object_or_404(boxes, pk=intake.uuid_or_404(chosen))
        actions.share_terminator(line, terminator=box, by=request.user)
        messages.success(request, _("つながる回線終端装置を変えました。"))
        return redirect(url_of(line))
    return render(request, "register/share.html", {"line": line, "boxes": boxes})


# --- Photos and documents ----------------------------------------------------------------------------------------------
@requires(Permission.REGISTER_EDIT)
@require_POST
def attach(request: HospitalRequest, kind_key: str, record_id: uuid.UUID) -> HttpResponse:
    """Attach a photo or document."""
    kind = kinds()[kind_key]
    found = _record(kind, record_id)
    form = AttachForm(request.POST, request.FILES)
    if form.is_valid():
        try:
            intake.attach(
                found, upload=form.cleaned_data["file"], caption=form.cleaned_data["caption"], by=request.user
            )
        except FileRefused as refused:
            messages.error(request, speak(refused.message))
        else:
            messages.success(request, _("ファイルを付けました。"))
    else:
        messages.error(request, _("ファイルを選んでから「付ける」を押してください。"))
    return redirect(url_of(found))


@requires(Permission.REGISTER_EDIT)
@require_POST
def attachment_remove(request: HospitalRequest, attachment_id: uuid.UUID) -> HttpResponse:
    """Take a file off its record."""
    attachment = get_object_or_404(Attachment.objects.all(), pk=attachment_id)
    actions.remove_attachment(attachment, by=request.user)
    undo = _url(request, "attachment_restore", attachment_id=attachment.pk)
    undoable(request, _("「%(file)s」を外しました。") % {"file": attachment}, undo_url=undo)
    return redirect(_page_of(attachment))


@requires(Permission.REGISTER_EDIT)
@require_POST
def attachment_restore(request: HospitalRequest, attachment_id: uuid.UUID) -> HttpResponse:
    """Put a file back."""
    attachment = get_object_or_404(Attachment.objects.all(), pk=attachment_id)
    actions.restore_attachment(attachment, by=request.user)
    messages.success(request, _("「%(file)s」を元に戻しました。") % {"file": attachment})
    return redirect(_page_of(attachment))


def _page_of(attachment: Attachment) -> str:
    found = queries.subject(attachment.subject_kind, attachment.subject_id)
    if found is None:
        raise Http404
    return url_of(found)


# --- Open questions ----------------------------------------------------------------------------------------------------
@requires(Permission.REGISTER_VIEW)
@require_GET
def question_list(request: HospitalRequest) -> HttpResponse:
    """All answers that are unknown, each as a task."""
    rows = intake.question_rows(queries.open_questions())
    return render(request, "register/questions.html", {"rows": rows, "tabs": tabs(request, "question")})


@requires(Permission.REGISTER_EDIT)
@require_POST
def question_ask(request: HospitalRequest, question_id: uuid.UUID) -> HttpResponse:
    """Note who was asked."""
    question = get_object_or_404(OpenQuestion.objects.filter(closed_at__isnull=True), pk=question_id)
    form = AskForm(request.POST)
    if form.is_valid():
        actions.ask(question, whom=form.cleaned_data["asked_whom"], by=request.user)
        messages.success(request, _("確認先を書き留めました。"))
    else:
        messages.error(request, _("確認先（だれに聞いたか）を書いてください。"))
    return redirect(_url(request, "question_list"))


# --- A vendor's own lines ------------------------------------------------------------------------------------------------
@requires(Permission.OWN_LINES_VIEW)
@require_GET
def own_lines(request: HospitalRequest) -> HttpResponse:
    """The lines in the vendor's own name, and nothing else of the hospital."""
    lines = queries.lines_visible_to(request.user, request.hospital)
    shown = [(line, cable.stops_of(line)) for line in lines]
    return render(request, "register/own_lines.html", {"lines": shown})
