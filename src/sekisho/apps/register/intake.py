"""From what a page sends to the actions: adding by kind, attaching, choosing again after a conflict."""

import uuid
from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404
from django.utils.translation import gettext_lazy as _

from sekisho.apps.register import actions, queries
from sekisho.apps.register.forms import AnswersForm
from sekisho.apps.register.kinds import RecordKind, kinds, url_of
from sekisho.apps.register.models import AnswerRecord, Attachment, Contract, Line, OpenQuestion, Vendor
from sekisho.foundation.accounts.models import User
from sekisho.foundation.audit.kept_texts import retold
from sekisho.foundation.files.actions import store_upload
from sekisho.foundation.files.sniffing import DOCX, JPEG, PDF, PLAIN, PNG, XLSX
from sekisho.foundation.tenancy.models import Hospital
from sekisho.foundation.ui.texts import speak

ATTACHABLE = frozenset({PNG, JPEG, PDF, DOCX, XLSX, PLAIN})


class VendorNameForm(forms.Form):
    """A vendor's name."""

    name = forms.CharField(label=_("ベンダ名"), max_length=200)

    def clean_name(self) -> str:
        name = str(self.cleaned_data["name"])
        if queries.vendor_in_use(name) is not None:
            raise forms.ValidationError(
                _("このベンダはもう登録されています。ベンダの一覧から選んで、そのページで直してください。")
            )
        return name


class ContractNameForm(forms.Form):
    """What a contract is called, what it is about, and how long it lasts."""

    title = forms.CharField(label=_("契約の名前"), max_length=200, help_text=_("例：光回線（本館）、電子カルテ保守"))
    line: forms.ModelChoiceField[Line] = forms.ModelChoiceField(
        label=_("回線"), queryset=None, required=False, empty_label=_("なし")
    )
    vendor: forms.ModelChoiceField[Vendor] = forms.ModelChoiceField(
        label=_("ベンダ"), queryset=None, required=False, empty_label=_("なし")
    )
    starts_on = forms.DateField(label=_("開始日"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    ends_on = forms.DateField(label=_("終了日"), required=False, widget=forms.DateInput(attrs={"type": "date"}))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["line"].queryset = queries.lines_in_use()  # type: ignore[attr-defined]
        self.fields["vendor"].queryset = queries.vendors_in_use()  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        starts, ends = cleaned.get("starts_on"), cleaned.get("ends_on")
        if starts and ends and ends < starts:
            self.add_error("ends_on", _("終了日が開始日より前になっています。どちらかを直してください。"))
        return cleaned


def name_form(kind: RecordKind, data: Mapping[str, Any] | None, *, about: str = "") -> forms.Form | None:
    """Return the form of what a new record of this kind needs besides its answers; None for nothing.

    `about` is the id of the line that a new contract is about, when the reader comes from there.
    """
    found = {"vendor": VendorNameForm, "contract": ContractNameForm}.get(kind.key)
    return found(data, initial={"line": about}) if found else None


def add(
    kind: RecordKind,
    hospital: Hospital,
    *,
    form: AnswersForm,
    name_form: forms.Form | None,
    line: Line | None,
    by: User,
) -> AnswerRecord:
    """Add the record that two valid forms describe."""
    reason = form.cleaned_data["reason"]
    if line is not None:
        return actions.add_device(line, answers=form.answers, by=by, source=reason)
    if kind.key == "line":
        return actions.add_line(hospital, answers=form.answers, by=by, source=reason)
    if kind.key == "terminal":
        return actions.add_terminal(hospital, answers=form.answers, by=by, source=reason)
    named = name_form.cleaned_data if name_form else {}
    if kind.key == "vendor":
        return _add_vendor(hospital, named["name"], form=form, by=by)
    return _add_contract(hospital, named, form=form, by=by)


def _add_vendor(hospital: Hospital, name: str, *, form: AnswersForm, by: User) -> Vendor:
    vendor = actions.vendor_named(hospital, name, by=by)
    if vendor is None:
        raise Http404
    given = {key: answer for key, answer in form.answers.items() if answer is not None}
    actions.change_answers(vendor, answers=given, by=by, reason=form.cleaned_data["reason"])
    return vendor


def _add_contract(hospital: Hospital, named: Mapping[str, Any], *, form: AnswersForm, by: User) -> Contract:
    days = {"starts_on": named["starts_on"], "ends_on": named["ends_on"]}
    return actions.add_contract(
        hospital,
        title=named["title"],
        line=named["line"],
        vendor=named["vendor"],
        answers={**form.answers, **days},
        by=by,
        reason=form.cleaned_data["reason"],
    )


def attach(record: AnswerRecord, *, upload: UploadedFile[bytes], caption: str, by: User) -> Attachment:
    """Store an upload and attach it.

    Raises:
        FileRefused: it is not a file that may be stored.
    """
    stored = store_upload(
        hospital=record.hospital, name=upload.name or "", content=upload.read(), allowed=ATTACHABLE, by=by
    )
    return actions.attach(record, file=stored, caption=caption, by=by)


def rebased(form: AnswersForm, kind: RecordKind, record: AnswerRecord) -> AnswersForm:
    """Return the form again with what the editor wrote, now compared with the record as it is.

    Saving it once more means: the editor has seen the other's values and decides.
    """
    record.refresh_from_db()
    fresh = AnswersForm(columns=kind.columns, answers=kind.answers(record))
    data = {**{key: form.data[key] for key in form.data}, "base": fresh.initial["base"]}
    return AnswersForm(data, columns=kind.columns, answers=kind.answers(record))


def question_rows(questions: Iterable[OpenQuestion]) -> list[dict[str, Any]]:
    """Return open questions with the words and the address that their rows show."""
    listed = list(questions)
    subjects = queries.subjects_of(listed)
    return [_question_row(question, subjects.get(question.subject_id)) for question in listed]


def _question_row(question: OpenQuestion, subject: AnswerRecord | None) -> dict[str, Any]:
    kind = kinds().get(question.subject_kind)
    label = question.key
    if kind is not None:
        label = next((speak(column.heading) for column in kind.columns if column.key == question.key), question.key)
    return {
        "question": question,
        "label": label,
        "url": url_of(subject) if subject and kind else "",
        "subject": subject,
        "name": retold(question.subject_label),
    }


def uuid_or_404(text: str) -> uuid.UUID:
    """Return `text` as an id.

    Raises:
        Http404: it is none.
    """
    try:
        return uuid.UUID(text)
    except ValueError as error:
        raise Http404 from error
