"""How forms look, and the field for an answer that may be "unknown".

`FormRenderer` is the project's form renderer: `{{ form }}` and `{{ field.as_field_group }}` then follow the form
pattern everywhere (label, 必須/任意, help, error with icon, `aria-describedby`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms.renderers import TemplatesSetting
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext_lazy as _

from sekisho.domain.facts import Unknown

REASON_MAX_LENGTH = 200


class FormRenderer(TemplatesSetting):
    """Draws every form of the portal with the templates in `ui/forms`."""

    form_template_name = "ui/forms/form.html"
    field_template_name = "ui/forms/field.html"


class AnswerWidget(forms.Widget):
    """The widget of a field, and below it the box "unknown" with room for a reason.

    The three inputs are named `<name>`, `<name>_unknown` and `<name>_reason`.
    """

    template_name = "ui/forms/answer.html"

    def __init__(self, inner: forms.Widget, attrs: dict[str, Any] | None = None) -> None:
        self.inner = inner
        super().__init__(attrs)

    def __deepcopy__(self, memo: dict[int, Any]) -> "AnswerWidget":
        copy = super().__deepcopy__(memo)
        copy.inner = self.inner.__deepcopy__(memo)
        return copy

    @property
    def use_fieldset(self) -> bool:  # type: ignore[override]
        """Return True when the inner widget is a group of inputs (radio buttons, say)."""
        return bool(self.inner.use_fieldset)

    @property
    def media(self) -> forms.Media:
        return self.inner.media

    def id_for_label(self, id_: str) -> str:
        return self.inner.id_for_label(id_)

    def use_required_attribute(self, initial: Any) -> bool:
        """Return False: "unknown" answers the question too, which the browser cannot know."""
        return False

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        unknown = isinstance(value, Unknown | _Both)
        given = value.value if isinstance(value, _Both) else None if unknown else value
        context["inner"] = self.inner.get_context(name, given, dict(context["widget"]["attrs"]))["widget"]
        context["unknown"] = unknown
        context["reason"] = value.reason if unknown else ""
        context["reason_max_length"] = REASON_MAX_LENGTH
        return context

    def value_from_datadict(self, data: Mapping[str, Any], files: MultiValueDict[str, Any], name: str) -> Any:
        """Return the inner value, or `Unknown`, or `_Both` when a person gave a value and "unknown" together."""
        value = self.inner.value_from_datadict(data, files, name)
        if not data.get(f"{name}_unknown"):
            return value
        reason = str(data.get(f"{name}_reason") or "").strip()
        return Unknown(reason) if value in (None, "", []) else _Both(value, reason)

    def value_omitted_from_data(self, data: Mapping[str, Any], files: Any, name: str) -> bool:
        return f"{name}_unknown" not in data and self.inner.value_omitted_from_data(data, files, name)


@dataclass(frozen=True)
class _Both:
    """A value was given although "unknown" is ticked. Both are kept, so that the form shows them again."""

    value: Any
    reason: str


class AnswerField(forms.Field):
    """A field whose cleaned value is an answer: the value of `inner`, `Unknown` with a reason, or None.

    `required=True` asks for an answer; "unknown" is one.
    """

    def __init__(self, inner: forms.Field, **options: Any) -> None:
        self.inner = inner
        inner.required = False
        options.setdefault("label", inner.label)
        options.setdefault("help_text", inner.help_text)
        options.setdefault("widget", AnswerWidget(inner.widget))
        super().__init__(**options)

    def __deepcopy__(self, memo: dict[int, Any]) -> "AnswerField":
        copy = super().__deepcopy__(memo)
        copy.inner = self.inner.__deepcopy__(memo)
        copy.inner.widget = copy.widget.inner
        return copy

    def clean(self, value: Any) -> Any:
        """Return the answer.

        Raises:
            ValidationError: no answer though one is needed, two answers at once, or a value that `inner` refuses.
        """
        if isinstance(value, _Both):
            raise ValidationError(_("値と「不明」の両方が選ばれています。どちらか一方にしてください。"), code="both")
        if isinstance(value, Unknown):
            if len(value.reason) > REASON_MAX_LENGTH or "\x00" in value.reason:
                raise ValidationError(
                    _("理由は %(count)s 文字までで書いてください。"),
                    code="reason",
                    params={"count": REASON_MAX_LENGTH},
                )
            return value
        cleaned = self.inner.clean(value)
        if cleaned not in self.inner.empty_values:
            return cleaned
        if self.required:
            raise ValidationError(
                _("まだ答えがありません。分からないときは「不明」を選んでください。"), code="required"
            )
        return None

    def prepare_value(self, value: Any) -> Any:
        return value if isinstance(value, Unknown | _Both) else self.inner.prepare_value(value)

    def bound_data(self, data: Any, initial: Any) -> Any:
        return data if isinstance(data, Unknown | _Both) else self.inner.bound_data(data, initial)

    def has_changed(self, initial: Any, data: Any) -> bool:
        if isinstance(initial, Unknown) or isinstance(data, Unknown | _Both):
            return bool(initial != data)
        return self.inner.has_changed(initial, data)
