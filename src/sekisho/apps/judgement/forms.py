"""Forms of the level pages."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from sekisho.apps.judgement.models import CaseFile, DeclaredFact
from sekisho.domain.facts import Answer, Unknown
from sekisho.domain.judgement.level_schema import Fact
from sekisho.foundation.ui.forms import AnswerField
from sekisho.foundation.ui.texts import spoken


def answer_of(declared: DeclaredFact | None) -> Answer[str]:
    """Return a stored declaration as an answer."""
    if declared is None:
        return None
    return Unknown(declared.remark) if declared.is_unknown else declared.value or None


class FactsForm(forms.Form):
    """The questions about a hospital's controls, one field each."""

    def __init__(self, *args: Any, facts: tuple[Fact, ...], declared: dict[str, DeclaredFact], **kwargs: Any) -> None:
        self.facts = facts
        kwargs["initial"] = {fact.key: answer_of(declared.get(fact.key)) for fact in facts}
        super().__init__(*args, **kwargs)
        for fact in facts:
            choices = [(option.code, spoken(option.label)) for option in fact.options]
            inner = forms.ChoiceField(
                label=spoken(fact.question), help_text=spoken(fact.help), choices=choices, widget=forms.RadioSelect
            )
            self.fields[fact.key] = AnswerField(inner, required=False)

    def of_control(self, control: str) -> list[forms.BoundField]:
        """Return the fields of one control, in the catalogue's order; for "" those that bear on threats only."""
        return [self[fact.key] for fact in self.facts if (fact.control.value if fact.control else "") == control]


class OverrideForm(forms.Form):
    """A person's level, with the reason."""

    level = forms.TypedChoiceField(
        label=_("レベル"), coerce=int, choices=[(1, "1"), (2, "2"), (3, "3")], widget=forms.RadioSelect
    )
    reason = forms.CharField(
        label=_("理由"),
        widget=forms.Textarea(attrs={"rows": 3}),
        max_length=2000,
        help_text=_("計算したレベルは消えません。この理由とあなたの名前が、報告書に並べて残ります。"),
    )


class CaseFileForm(forms.Form):
    """A file that the hospital is judged by, beside its register."""

    kind = forms.ChoiceField(
        label=_("ファイルの種類"),
        # The network's map is kept in versions, on pages of its own.
        choices=[choice for choice in CaseFile.Kind.choices if choice[0] != CaseFile.Kind.NETWORK],
    )
    file = forms.FileField(label=_("ファイル"))
