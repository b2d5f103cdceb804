"""How django-allauth behaves here: nobody signs up by themselves, and mails are ours."""

from typing import Any, ClassVar

from allauth.account.adapter import DefaultAccountAdapter
from django.contrib import messages
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from sekisho.foundation.accounts import mails
from sekisho.foundation.accounts.models import User


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Accounts come from invitations (`tenancy.actions.accept`) or the command line only."""

    error_messages: ClassVar[dict[str, Any]] = {
        **DefaultAccountAdapter.error_messages,
        "email_password_mismatch": _(
            "メールアドレスかパスワードが違います。全角・半角と大文字・小文字を確かめて、もう一度入力してください。"
            "5回続けて間違えると、しばらくサインインできなくなります。"
        ),
        "too_many_login_attempts": _(
            "間違いが続いたので、しばらく受け付けません。15分ほど待ってから、もう一度お試しください。"
        ),
        "enter_current_password": _("今のパスワードが違います。もう一度入力してください。"),
        "incorrect_password": _("パスワードが違います。もう一度入力してください。"),
        "invalid_password_reset": _("このリンクは使えません。もう一度「パスワードを忘れた」から始めてください。"),
        "account_inactive": _("このアカウントは止められています。システム管理者へお問い合わせください。"),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Return False, always."""
        return False

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        """Return the sign-in page: a change of the password ends every session."""
        return reverse("account_login")

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Send one of our own mails; tell the person on the page when it could not be sent."""
        user = context.get("user") or User.objects.filter(email=email).first()
        language = user.language if user is not None else "ja"
        name = template_prefix.rpartition("/")[2]
        try:
            mails.send(name, to=email, language=language, context=context)
        except mails.MailNotSent as error:
            if error.problem is mails.MailProblem.NO_SERVER:
                return  # the pages say so to everybody: told here, it would show strangers who has an account
            messages.error(self.request, str(mails.PROBLEM_TEXTS[error.problem]))
