"""A form with a field of each kind."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from sekisho.foundation.ui.forms import AnswerField

WAYS = [("", _("選んでください")), ("vpn", "IP-VPN"), ("internet", _("インターネット")), ("mobile", _("モバイル回線"))]


class ComponentsForm(forms.Form):
    name = forms.CharField(
        label=_("回線の名前"), help_text=_("請求書に書かれている名前が分かりやすいです。"), max_length=60
    )
    way = forms.ChoiceField(label=_("つながり方"), choices=WAYS)
    opened_on = forms.DateField(label=_("使い始めた日"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    lines = forms.IntegerField(label=_("本数"), required=False, min_value=0, max_value=99)
    note = forms.CharField(label=_("備考"), required=False, widget=forms.Textarea(attrs={"rows": 3}))
    owner = forms.ChoiceField(
        label=_("契約しているところ"),
        choices=[("hospital", _("病院")), ("vendor", _("保守会社など"))],
        widget=forms.RadioSelect,
    )
    systems = forms.MultipleChoiceField(
        label=_("使っているシステム"),
        required=False,
        choices=[("ehr", _("電子カルテ")), ("pacs", _("医用画像")), ("meal", _("給食"))],
        widget=forms.CheckboxSelectMultiple,
        help_text=_("いくつでも選べます。"),
    )
    firmware = AnswerField(
        forms.CharField(max_length=40),
        label=_("ファームウェアの版"),
        help_text=_("ファームウェアは、機器の中で動いている基本のプログラムです。"),
    )
    managed = AnswerField(
        forms.ChoiceField(choices=[("yes", _("はい")), ("no", _("いいえ"))], widget=forms.RadioSelect),
        label=_("保守契約はありますか"),
        required=False,
    )
    agreed = forms.BooleanField(label=_("内容を確かめました"))

    def clean_name(self) -> str:
        """Refuse one word, so that a refused field can be seen."""
        name: str = self.cleaned_data["name"]
        if name == "x":
            raise ValidationError(_("「x」だけでは、どの回線か分かりません。場所か会社の名前を足してください。"))
        return name

    def first_problems(self, field: str) -> list[str]:
        """Return the problems of one field."""
        errors: Any = self.errors.get(field, [])
        return [str(error) for error in errors]
