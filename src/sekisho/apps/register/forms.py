"""Forms made from columns. A value is read exactly as the same value in a workbook's cell would be."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from sekisho.catalogue.workbooks import load_edition
from sekisho.domain.facts import Answer, from_plain, to_plain
from sekisho.domain.workbook.normalise import read_cell
from sekisho.domain.workbook.rows import CLEARED
from sekisho.domain.workbook.schema import Column, Kind, Severity
from sekisho.foundation.ui.forms import AnswerField
from sekisho.foundation.ui.texts import speak, spoken

_LONG = 400
"""From this length on a text gets a box of several lines."""


class ColumnField(forms.Field):
    """The value of one column, read by the workbook's own rules."""

    def __init__(self, column: Column) -> None:
        self.column = column
        super().__init__(
            label=spoken(column.heading), help_text=spoken(column.help), required=False, widget=_widget(column)
        )

    def clean(self, value: Any) -> Any:
        """Return the answer, in the form that the register keeps.

        Raises:
            ValidationError: the text cannot be read as what the column asks for; each message says how to mend it.
        """
        if value in self.empty_values:
            return None
        reading = read_cell(self.column, value, load_edition())
        errors = [note for note in reading.notes if note.severity is Severity.ERROR]
        if errors:
            raise ValidationError([ValidationError(speak(note.message), code=note.rule) for note in errors])
        return None if reading.answer is CLEARED else reading.answer


def _widget(column: Column) -> forms.Widget:
    if column.kind is Kind.CHOICE:
        options = [(option.code, spoken(option.label)) for option in column.options]
        return forms.Select(choices=[("", _("選んでください")), *options])
    if column.kind is Kind.OPEN_CHOICE:
        return OpenChoiceInput(column)
    if column.max_length >= _LONG:
        return forms.Textarea(attrs={"rows": 3})
    return forms.TextInput(
        attrs={"autocomplete": "off", "placeholder": column.example, **_INPUT_MODES.get(column.kind, {})}
    )


_INPUT_MODES: dict[Kind, dict[str, str]] = {
    Kind.INTEGER: {"inputmode": "numeric"},
    Kind.YEAR: {"inputmode": "numeric"},
    Kind.PHONE: {"inputmode": "tel"},
    Kind.EMAIL: {"inputmode": "email"},
    Kind.POSTAL_CODE: {"inputmode": "numeric"},
}


class OpenChoiceInput(forms.TextInput):
    """A text box that offers the column's options and takes other text too. It shows labels, never codes."""

    template_name = "register/widgets/open_choice.html"

    def __init__(self, column: Column) -> None:
        self.column = column
        super().__init__(attrs={"autocomplete": "off"})

    def format_value(self, value: Any) -> str | None:
        option = self.column.option(value)
        return speak(option.label) if option else super().format_value(value)

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        context["choices"] = [speak(option.label) for option in self.column.options]
        return context


class AnswersForm(forms.Form):
    """Answers to a group of columns, with the answers that the editor started from.

    After `is_valid`, `answers` holds what was sent and `base_answers` what the page had shown.
    """

    base = forms.CharField(widget=forms.HiddenInput, required=False)
    reason = forms.CharField(
        label=_("変更の理由（任意）"),
        required=False,
        max_length=500,
        help_text=_("例：請求書で確認した。履歴に残ります。"),
    )

    def __init__(
        self, *args: Any, columns: Iterable[Column], answers: Mapping[str, Answer[Any]], **kwargs: Any
    ) -> None:
        self.columns = tuple(columns)
        started_from = json.dumps({column.key: to_plain(answers.get(column.key)) for column in self.columns})
        kwargs["initial"] = {**{column.key: answers.get(column.key) for column in self.columns}, "base": started_from}
        super().__init__(*args, **kwargs)
        for column in self.columns:
            inner = ColumnField(column)
            self.fields[column.key] = AnswerField(inner, required=False) if column.unknown_allowed else inner
        self.order_fields([column.key for column in self.columns])

    @property
    def answers(self) -> dict[str, Answer[Any]]:
        """Return the answers sent."""
        return {column.key: self.cleaned_data.get(column.key) for column in self.columns}

    @property
    def base_answers(self) -> dict[str, Answer[Any]]:
        """Return the answers that the page had shown; without them (a script, say) those shown now."""
        try:
            sent = json.loads(self.cleaned_data.get("base") or "{}")
        except (ValueError, RecursionError):
            sent = {}
        shown = sent if isinstance(sent, dict) else {}
        return {column.key: from_plain(shown.get(column.key)) for column in self.columns if column.key in shown}


class RetireForm(forms.Form):
    """Why a record goes out of use."""

    reason = forms.CharField(
        label=_("使わなくなった理由"), max_length=500, help_text=_("例：2026年3月に解約した。別の回線にまとめた。")
    )


class AttachForm(forms.Form):
    """A photo or document for a record."""

    file = forms.FileField(
        label=_("写真・書類"),
        help_text=_("写真（PNG、JPEG）、PDF、Word、Excel、テキスト。撮影場所などの情報は自動で消します。"),
    )
    caption = forms.CharField(label=_("説明"), max_length=200, required=False)


class AskForm(forms.Form):
    """Who was asked about an unknown answer."""

    asked_whom = forms.CharField(label=_("確認先"), max_length=200, help_text=_("例：総務課の鈴木さん、保守会社"))
