"""Forms of the diagnosis."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from sekisho.apps.diagnosis.consents import Conditions
from sekisho.apps.diagnosis.models import ScanConsent
from sekisho.domain.diagnosis.consents import MAX_RATE, MIN_RATE
from sekisho.domain.text import Text
from sekisho.foundation.ui.texts import speak


def _moment(label: Any, help_text: Any = "") -> forms.DateTimeField:
    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
    return forms.DateTimeField(label=label, help_text=help_text, widget=widget)


class ConditionsForm(forms.Form):
    """What is consented to: when, what, how fast, whom to call."""

    starts_at = _moment(_("診断してよい期間の始まり"), _("日本時間です。"))
    ends_at = _moment(_("診断してよい期間の終わり"), _("31日より長い期間は決められません。"))
    daily_from = forms.TimeField(
        label=_("毎日この時刻から"),
        required=False,
        help_text=_(
            "夜だけ調べるときに書きます。例：22:00 から 5:00 まで。終わらなければ、次の夜に続きから自動で再開します。"
        ),
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
    )
    daily_until = forms.TimeField(
        label=_("毎日この時刻まで"), required=False, widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
    )
    protocols = forms.MultipleChoiceField(
        label=_("調べるもの"),
        choices=[("tcp", _("TCP（ホームページや VPN などの入口）")), ("udp", _("UDP（VPN や機器の管理などの入口）"))],
        widget=forms.CheckboxSelectMultiple,
        help_text=_("ふつうは両方です。片方だけでは、見つからない入口があります。"),
    )
    packets_per_second = forms.IntegerField(
        label=_("一秒間に送る数（パケット）の上限"),
        min_value=MIN_RATE,
        max_value=MAX_RATE,
        help_text=_("300 なら、細い回線でも仕事の邪魔になりにくい速さです。迷ったらこのままにしてください。"),
    )
    stop_contact = forms.CharField(
        label=_("診断を止めたいときの連絡先"),
        max_length=200,
        help_text=_("部署と電話番号。例：情報システム係 06-0000-0000（内線 123）"),
    )
    remarks = forms.CharField(label=_("備考"), required=False, max_length=500, widget=forms.Textarea(attrs={"rows": 2}))

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        starts, ends = cleaned.get("starts_at"), cleaned.get("ends_at")
        if isinstance(starts, datetime) and isinstance(ends, datetime) and starts >= ends:
            self.add_error("ends_at", _("終わりを、始まりより後にしてください。"))
        if isinstance(ends, datetime) and ends <= timezone.now():
            self.add_error("ends_at", _("もう過ぎています。これから診断する日時を書いてください。"))
        if (cleaned.get("daily_from") is None) != (cleaned.get("daily_until") is None):
            empty = "daily_from" if cleaned.get("daily_from") is None else "daily_until"
            self.add_error(empty, _("「から」と「まで」は、両方書くか、両方とも空にしてください。"))
        return cleaned

    def refuse(self, problems: Sequence[tuple[str, Text]]) -> None:
        """Say at its field what the domain would refuse."""
        for rule, text in problems:
            self.add_error(_FIELD_OF.get(rule), speak(text))

    def conditions(self) -> Conditions:
        """Return what was filled in."""
        given = dict(self.cleaned_data)
        given.pop("lines", None)
        protocols = given.pop("protocols")
        return Conditions(tcp="tcp" in protocols, udp="udp" in protocols, **given)


_FIELD_OF = {
    "window-too-long": "ends_at",
    "window-backwards": "ends_at",
    "no-hours": "daily_from",
    "rate": "packets_per_second",
    "no-protocol": "protocols",
}


class PrepareForm(ConditionsForm):
    """The same for several lines at once."""

    lines = forms.MultipleChoiceField(
        label=_("診断する回線"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("回線を一つ以上選んでください。")},
    )
    field_order = ["lines"]

    def __init__(self, *args: Any, lines: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["lines"]
        assert isinstance(field, forms.MultipleChoiceField)  # noqa: S101 for the type checker
        field.choices = lines


def usual_conditions() -> dict[str, Any]:
    """Return what a new consent starts from: the working hours of tomorrow."""
    tomorrow = timezone.localtime().replace(hour=9, minute=0, second=0, microsecond=0) + timedelta(days=1)
    return {
        "starts_at": tomorrow,
        "ends_at": tomorrow.replace(hour=17),
        "protocols": ["tcp", "udp"],
        "packets_per_second": 300,
    }


def conditions_of(row: ScanConsent) -> dict[str, Any]:
    """Return what the form of a prepared consent starts from."""
    plain = ("daily_from", "daily_until", "packets_per_second", "stop_contact", "remarks")
    return {
        **{name: getattr(row, name) for name in plain},
        "starts_at": timezone.localtime(row.starts_at),
        "ends_at": timezone.localtime(row.ends_at),
        "protocols": list(row.protocols),
    }


class SignForm(forms.Form):
    """Signing what was prepared."""

    signed_name = forms.CharField(
        label=_("同意する方の氏名"),
        max_length=100,
        help_text=_("病院として同意できる方の氏名を書いてください。日時、規約の版とともに記録します。"),
    )
    agree = forms.BooleanField(
        label=_("上の内容を読み、診断に同意します"),
        error_messages={"required": _("同意するときは、ここに印を付けてください。")},
    )


class AddressForm(forms.Form):
    """The address of a dynamic line today."""

    address = forms.CharField(
        label=_("今日のグローバルIPアドレス"),
        max_length=60,
        help_text=_(
            "ルータの画面で「WAN」の番号を見るか、必ずその回線につながったパソコンで、IPアドレスを表示するページを開きます。例：203.0.113.10"
        ),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    said_by = forms.CharField(label=_("確かめた方の氏名"), max_length=100)


class LinkForm(forms.Form):
    """Whom to mail the link to."""

    email = forms.EmailField(label=_("送り先のメールアドレス"), max_length=254)
    language = forms.ChoiceField(label=_("メールの言語"), choices=[("ja", "日本語"), ("en", "English")], initial="ja")


class MonitoringForm(forms.Form):
    """Whether who watches the line was told."""

    monitoring = forms.ChoiceField(
        label=_("通信を監視している会社への連絡"),
        choices=ScanConsent.Monitoring.choices,
        widget=forms.RadioSelect,
        help_text=_(
            "診断の間、監視している会社から見ると攻撃のように見えます。先に知らせて、様子を見て（静観して）もらってください。"
        ),
    )
    note = forms.CharField(
        label=_("誰に、いつ知らせたか"),
        required=False,
        max_length=300,
        help_text=_("例：11/20 10:00 ○○社 佐藤さんに電話"),
    )
