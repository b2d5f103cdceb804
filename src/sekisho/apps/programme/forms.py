"""Forms of the programme app."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from sekisho.apps.programme.models import BasicsCheck


class CheckForm(forms.Form):
    """Is what we have about the hospital right?"""

    answer = forms.ChoiceField(
        label=_("上の内容は正しいですか"),
        choices=BasicsCheck.Answer.choices,
        widget=forms.RadioSelect,
    )
    remarks = forms.CharField(
        label=_("備考（どこがどう違うか）"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("「訂正がある」を選んだときは、違うところを書いてください。"),
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("answer") == BasicsCheck.Answer.REMARKS and not (cleaned.get("remarks") or "").strip():
            self.add_error("remarks", _("どこが違うかを書いてください。例：電話番号は 06-0000-0000 です。"))
        return cleaned


class WithdrawForm(forms.Form):
    """Why a consent is taken back."""

    reason = forms.CharField(label=_("取り消す理由"), max_length=500)


class TermsForm(forms.Form):
    """Agreeing to the terms."""

    agree = forms.BooleanField(
        label=_("規約と注意事項を読み、同意します"),
        error_messages={"required": _("読んで同意できるときは、ここに印を付けてください。")},
    )
    signed_name = forms.CharField(
        label=_("署名（同意する方の氏名）"),
        max_length=100,
        error_messages={"required": _("同意する方の氏名を書いてください。")},
    )
    version = forms.CharField(widget=forms.HiddenInput)
