"""The pages of reports and their templates."""

import uuid

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from sekisho.apps.reports import actions, queries, templates_in
from sekisho.apps.reports.models import IssuedReport, ReportFile, ReportTemplate
from sekisho.foundation.accounts.permissions import Permission
from sekisho.foundation.files.actions import content_of
from sekisho.foundation.files.serving import file_response
from sekisho.foundation.files.sniffing import DOCX, FileRefused
from sekisho.foundation.tenancy.guard import requires
from sekisho.foundation.tenancy.requests import HospitalRequest, SignedInRequest
from sekisho.foundation.ui.texts import speak


class WithdrawForm(forms.Form):
    """Why a report is withdrawn."""

    reason = forms.CharField(label=_lazy("取り下げる理由"), max_length=500)


class TemplateForm(forms.Form):
    """A template for the editable report."""

    name = forms.CharField(label=_lazy("ひな形の名前"), max_length=100)
    file = forms.FileField(label=_lazy("Word のファイル（.docx）"))


@requires(Permission.REPORT_VIEW)
@require_GET
def report_list(request: HospitalRequest) -> HttpResponse:
    """All issues of the report, each with its documents."""
    context = {"reports": queries.reports_of(request.hospital), "withdraw_form": WithdrawForm()}
    return render(request, "reports/list.html", context)


@requires(Permission.REPORT_ISSUE)
@require_POST
def issue(request: HospitalRequest) -> HttpResponse:
    """Start making a report, and show how far it is."""
    language = "en" if request.POST.get("language") == "en" else "ja"
    job = actions.start_issue(request.hospital, language=language, by=request.user)
    return redirect("jobs:detail", hospital_code=request.hospital.code, job_id=job.pk)


@requires(Permission.REPORT_VIEW)
@require_GET
def document(request: HospitalRequest, document_id: int) -> HttpResponse:
    """One document of a report; who took it is recorded."""
    found = get_object_or_404(ReportFile.objects.select_related("file", "report"), pk=document_id)
    content = content_of(found.file)
    actions.record_download(found, by=request.user)
    return file_response(content, name=found.file.name, content_type=found.file.content_type)


@requires(Permission.REPORT_ISSUE)
@require_POST
def withdraw(request: HospitalRequest, report_id: uuid.UUID) -> HttpResponse:
    """Mark a report as withdrawn, with the reason."""
    report = get_object_or_404(IssuedReport.objects.all(), pk=report_id)
    form = WithdrawForm(request.POST)
    if form.is_valid():
        try:
            actions.withdraw(report, reason=form.cleaned_data["reason"], by=request.user)
        except actions.AlreadyWithdrawn:
            messages.info(request, _("この報告書は、もう取り下げられています。"))
        else:
            messages.success(request, _("報告書を取り下げました。書類は印を付けて残っています。"))
    else:
        messages.error(request, _("取り下げる理由を書いてください。"))
    return redirect("reports:list", hospital_code=request.hospital.code)


@requires(Permission.REPORT_TEMPLATE)
@require_http_methods(["GET", "POST"])
def template_list(request: SignedInRequest) -> HttpResponse:
    """The secretariat's templates, and handing in a new one."""
    form = TemplateForm(request.POST or None, request.FILES or None)
    status = 200
    if request.method == "POST":
        if form.is_valid():
            try:
                templates_in.take(name=form.cleaned_data["name"], upload=form.cleaned_data["file"], by=request.user)
            except FileRefused as refused:
                form.add_error("file", speak(refused.message))
            else:
                messages.success(request, _("ひな形を使い始めました。次に作る報告書から使います。"))
                return redirect("report_templates:list")
        status = 422
    context = {"form": form, "templates": queries.templates()}
    return render(request, "reports/templates.html", context, status=status)


@requires(Permission.REPORT_TEMPLATE)
@require_GET
def template_built_in(request: SignedInRequest) -> HttpResponse:
    """The built-in template, to start from."""
    return file_response(templates_in.built_in(), name=f"{_('調査報告書のひな形')}.docx", content_type=DOCX)


@requires(Permission.REPORT_TEMPLATE)
@require_GET
def template_download(request: SignedInRequest, template_id: uuid.UUID) -> HttpResponse:
    """One template as it was handed in."""
    template = get_object_or_404(ReportTemplate, pk=template_id)
    return file_response(bytes(template.content), name=f"{template.name}.docx", content_type=DOCX)


@requires(Permission.REPORT_TEMPLATE)
@require_POST
def template_retire(request: SignedInRequest, template_id: uuid.UUID) -> HttpResponse:
    """Use the built-in template again."""
    actions.retire_template(get_object_or_404(ReportTemplate, pk=template_id), by=request.user)
    messages.success(request, _("このひな形を使うのをやめました。次からは元のひな形を使います。"))
    return redirect("report_templates:list")
