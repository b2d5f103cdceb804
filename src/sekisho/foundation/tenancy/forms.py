"""Forms for inviting people, for accepting, and for ending a role."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as gettext_now
from django.utils.translation import gettext_lazy as _

from sekisho.foundation.accounts.forms import PASSWORD_HINT
from sekisho.foundation.accounts.models import User
from sekisho.foundation.accounts.permissions import ROLE_LABELS, Role


class InvitationForm(forms.Form):
    """Whom to invite, and as what. Only the roles that the person may give are offered."""

    email = forms.EmailField(
        label=_("メールアドレス"),
        help_text=_("招待状をこのアドレスへ送ります。受け取った本人だけが参加できます。"),
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )
    role = forms.ChoiceField(label=_("役割"))
    vendor_name = forms.CharField(
        label=_("ベンダ名"),
        max_length=200,
        required=False,
        help_text=_("役割が「ベンダ」のときだけ書きます。外部接続の一覧と同じ会社名にしてください。"),
    )
    language = forms.ChoiceField(label=_("招待状の言葉"), choices=settings.LANGUAGES, initial="ja")

    def __init__(self, *args: Any, roles: frozenset[Role], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        role_field = self.fields["role"]
        assert isinstance(role_field, forms.ChoiceField)  # noqa: S101 for the type checker
        role_field.choices = [(role.value, ROLE_LABELS[role]) for role in Role if role in roles]
        if Role.VENDOR not in roles:
            del self.fields["vendor_name"]

    def clean_vendor_name(self) -> str:
        """Return the name with single blanks."""
        return " ".join(self.cleaned_data["vendor_name"].split())

    def clean(self) -> dict[str, Any]:
        """Ask for the vendor's name when, and only when, the role is a vendor's."""
        values = super().clean() or {}
        is_vendor = values.get("role") == Role.VENDOR.value
        if is_vendor and not values.get("vendor_name"):
            self.add_error("vendor_name", gettext_now("ベンダを招待するには、会社名が要ります。"))
        if not is_vendor:
            values["vendor_name"] = ""
        return values


class AcceptForm(forms.Form):
    """Name and password of a new account."""

    name = forms.CharField(label=_("氏名"), max_length=100, widget=forms.TextInput(attrs={"autocomplete": "name"}))
    password1 = forms.CharField(
        label=_("パスワード"),
        strip=False,
        max_length=1000,
        help_text=PASSWORD_HINT,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    password2 = forms.CharField(
        label=_("パスワード（確認のためもう一度）"),
        strip=False,
        max_length=1000,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def __init__(self, *args: Any, email: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.email = email

    def clean(self) -> dict[str, Any]:
        """Check that both passwords are the same and good enough for this person."""
        values = super().clean() or {}
        password = values.get("password1")
        if password and values.get("password2") and password != values["password2"]:
            self.add_error("password2", gettext_now("2つのパスワードが違います。もう一度入力してください。"))
        elif password:
            try:
                validate_password(password, User(email=self.email, name=values.get("name", "")))
            except ValidationError as error:
                self.add_error("password1", error)
        return values


class EndForm(forms.Form):
    """Why somebody's role ends."""

    reason = forms.CharField(
        label=_("理由"),
        max_length=500,
        help_text=_("例：異動のため、契約が終わったため。記録に残ります。"),
        widget=forms.Textarea(attrs={"rows": 2}),
    )
