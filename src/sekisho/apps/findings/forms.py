"""Forms of findings."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from sekisho.domain.diagnosis.statuses import Demand, Status, Transition
from sekisho.foundation.ui.texts import speak


class MoveForm(forms.Form):
    """Where a finding goes, and what the table may demand for it. Whether it is enough, the domain says."""

    to = forms.ChoiceField(label=_("新しい状態"), widget=forms.RadioSelect)
    reason = forms.CharField(
        label=_("理由"),
        required=False,
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("後で見る人のために、どうしてそうしたかを書いてください。"),
    )
    expires_on = forms.DateField(
        label=_("いつ見直すか"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=_("「理由があって残す」ときだけ。1年以内の日です。その日が来ると、また「未対応」に戻ります。"),
    )
    proof = forms.CharField(
        label=_("根拠"),
        required=False,
        max_length=500,
        help_text=_("どうやって確かめたか。画面の写真や保守会社の回答があれば、下で付けられます。"),
    )
    proof_file = forms.FileField(
        label=_("根拠のファイル"), required=False, help_text=_("PNG、JPEG、PDF、文字だけのファイルを付けられます。")
    )
    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0)

    def __init__(self, *args: Any, transitions: Sequence[Transition], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["to"].choices = [(one.to.value, speak(one.to.word)) for one in transitions]  # type: ignore[attr-defined]
        demanded = {demand for one in transitions for demand in one.demands}
        if Demand.EXPIRY not in demanded:
            del self.fields["expires_on"]
        if Demand.EVIDENCE not in demanded:
            del self.fields["proof"], self.fields["proof_file"]


class BulkForm(forms.Form):
    """Where many findings go at once. Moves that need evidence are made one at a time."""

    to = forms.ChoiceField(label=_("新しい状態"), widget=forms.RadioSelect)
    reason = forms.CharField(label=_("理由"), required=False, max_length=500, widget=forms.Textarea(attrs={"rows": 2}))
    expires_on = forms.DateField(
        label=_("いつ見直すか"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=_("「理由があって残す」ときだけ。1年以内の日です。"),
    )

    def __init__(self, *args: Any, targets: Sequence[Status], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["to"].choices = [(one.value, speak(one.word)) for one in targets]  # type: ignore[attr-defined]
        if Status.ACCEPTED not in targets:
            del self.fields["expires_on"]


class ComparisonForm(forms.Form):
    """Which two looks are compared."""

    earlier = forms.ChoiceField(label=_("前の診断"))
    later = forms.ChoiceField(label=_("後の診断"))

    def __init__(self, *args: Any, choices: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("earlier", "later"):
            self.fields[name].choices = list(choices)  # type: ignore[attr-defined]
