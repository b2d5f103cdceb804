"""Forms of sign-in and profile: django-allauth's, in our words."""

from typing import TYPE_CHECKING, Any

from allauth.account import forms as account_forms
from allauth.mfa.base import forms as mfa_forms
from allauth.mfa.totp.forms import ActivateTOTPForm as AllauthActivateTOTPForm
from allauth.mfa.webauthn import forms as webauthn_forms
from django import forms
from django.utils.translation import gettext_lazy as _

from sekisho.foundation.accounts.models import User

if TYPE_CHECKING:
    from django.utils.functional import _StrOrPromise as StrOrPromise

PASSWORD_HINT = _(
    "13文字以上にしてください。関係のない言葉をいくつかつなげると、長くても覚えやすくなります。"
    "氏名やメールアドレスに似たもの、数字だけのもの、よく知られた言葉だけのものは使えません。"
)


def _say(field: forms.Field, label: "StrOrPromise", help_text: "StrOrPromise" = "", **attributes: str) -> None:
    """Give a field of django-allauth our label and help; a placeholder that repeats the label goes."""
    field.label = label
    field.help_text = help_text
    field.widget.attrs.pop("placeholder", None)
    field.widget.attrs.update(attributes)


def _say_new_password(form: forms.BaseForm) -> None:
    _say(form.fields["password1"], _("新しいパスワード"), PASSWORD_HINT)
    _say(form.fields["password2"], _("新しいパスワード（確認のためもう一度）"))


class LoginForm(account_forms.LoginForm):  # type: ignore[misc]
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _say(self.fields["login"], _("メールアドレス"), autocomplete="username")
        _say(self.fields["password"], _("パスワード"))


class ReauthenticateForm(account_forms.ReauthenticateForm):  # type: ignore[misc]
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _say(self.fields["password"], _("パスワード"))


class ResetPasswordForm(account_forms.ResetPasswordForm):  # type: ignore[misc]
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _say(self.fields["email"], _("メールアドレス"), _("サインインに使っているアドレスです。"))


class ResetPasswordKeyForm(account_forms.ResetPasswordKeyForm):  # type: ignore[misc]
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _say_new_password(self)


class ChangePasswordForm(account_forms.ChangePasswordForm):  # type: ignore[misc]
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _say(self.fields["oldpassword"], _("今のパスワード"))
        _say_new_password(self)


_CODE_HINT = _("認証アプリに出ている6桁の数字。スマートフォンが手元にないときは、控えておいた回復コード（8桁）。")


class AuthenticateForm(mfa_forms.AuthenticateForm):  # type: ignore[misc]
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _say(self.fields["code"], _("確認コード"), _CODE_HINT, inputmode="numeric")


class ReauthenticateSecondFactorForm(mfa_forms.ReauthenticateForm):  # type: ignore[misc]
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _say(self.fields["code"], _("確認コード"), _CODE_HINT, inputmode="numeric")


class ActivateTOTPForm(AllauthActivateTOTPForm):  # type: ignore[misc]
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _say(
            self.fields["code"],
            _("アプリに出た6桁の数字"),
            _("読み取ると、アプリに30秒ごとに変わる数字が出ます。"),
            inputmode="numeric",
        )


_KEY_NAME_HINT = _("あとで見分けるための名前です。例：総務課の指紋キー")


class AddWebAuthnForm(webauthn_forms.AddWebAuthnForm):  # type: ignore[misc]
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _say(self.fields["name"], _("鍵の名前"), _KEY_NAME_HINT)
        _say(
            self.fields["passwordless"],
            _("パスワードの代わりにも使う（パスキー）"),
            _("指紋・顔・暗証番号で確かめられる鍵なら、パスワードなしでサインインできます。"),
        )
        self.fields["passwordless"].initial = True


class EditWebAuthnForm(webauthn_forms.EditWebAuthnForm):  # type: ignore[misc]
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _say(self.fields["name"], _("鍵の名前"), _KEY_NAME_HINT)


class ProfileForm(forms.ModelForm[User]):
    """What people may change about themselves. The address is fixed: an invitation was sent to it."""

    class Meta:
        model = User
        fields = ["name", "language"]
        widgets = {"name": forms.TextInput(attrs={"autocomplete": "name"})}
