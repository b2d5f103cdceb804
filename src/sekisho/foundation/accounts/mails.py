"""Plain text mails. A mail that was not sent is never silent: `MailNotSent` says why, in words for the page.

Each mail is one template per language, `mails/<name>.<language>.txt`; its first line is the subject.
"""

import logging
import smtplib
import socket
from collections.abc import Mapping
from contextlib import suppress
from enum import StrEnum

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

logger = logging.getLogger(__name__)


class MailProblem(StrEnum):
    """Why a mail was not sent."""

    REFUSED = "refused"
    UNREACHABLE = "unreachable"
    REJECTED_US = "rejected-us"
    NO_SERVER = "no-server"
    OTHER = "other"


PROBLEM_TEXTS: dict[MailProblem, Promise] = {
    MailProblem.REFUSED: _("宛先が受け取りを断りました。アドレスの打ち間違いがないか確かめてください。"),
    MailProblem.UNREACHABLE: _("メールサーバにつながりませんでした。しばらくしてから、もう一度送ってください。"),
    MailProblem.REJECTED_US: _(
        "メールサーバがこのシステムからの送信を断りました。システム管理者に、送信用の設定の確認を依頼してください。"
    ),
    MailProblem.NO_SERVER: _(
        "メールサーバが設定されていないので、メールは出ていません。本文は、ポータルを動かしているPCの、"
        "データのフォルダーの中の「mail」に書いてあります。一番新しいファイルの本文を、本人に渡してください。"
    ),
    MailProblem.OTHER: _("メールを送れませんでした。もう一度送ってもだめなときは、システム管理者へ知らせてください。"),
}


class MailNotSent(Exception):
    """The mail server did not take the mail."""

    def __init__(self, problem: MailProblem) -> None:
        super().__init__(problem.value)
        self.problem = problem


def _problem_of(error: Exception) -> MailProblem:
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return MailProblem.REFUSED
    if isinstance(error, smtplib.SMTPAuthenticationError | smtplib.SMTPSenderRefused | smtplib.SMTPNotSupportedError):
        return MailProblem.REJECTED_US
    if isinstance(error, smtplib.SMTPServerDisconnected | smtplib.SMTPConnectError | TimeoutError | socket.gaierror):
        return MailProblem.UNREACHABLE
    if isinstance(error, ConnectionError | OSError) and not isinstance(error, smtplib.SMTPException):
        return MailProblem.UNREACHABLE
    return MailProblem.OTHER


def compose(name: str, *, to: str, language: str, context: Mapping[str, object]) -> EmailMessage:
    """Return the mail, not yet sent."""
    values = {"site_url": settings.SITE_URL, "support_contact": settings.SUPPORT_CONTACT, **context}
    with translation.override(language):
        text = render_to_string(f"mails/{name}.{language}.txt", values)
    subject, _newline, body = text.partition("\n")
    reply_to = [settings.MAIL_REPLY_TO] if settings.MAIL_REPLY_TO else None
    return EmailMessage(" ".join(subject.split()), body.strip() + "\n", to=[to], reply_to=reply_to)


def send(name: str, *, to: str, language: str, context: Mapping[str, object]) -> None:
    """Send one mail.

    Raises:
        MailNotSent: the server was not there or did not take it, or there is none and the mail lies in a file.
    """
    mail = compose(name, to=to, language=language, context=context)
    mail.connection = get_connection()
    try:
        mail.send()
    except (OSError, smtplib.SMTPException) as error:
        problem = _problem_of(error)
        # The text of the error only: the mail itself may hold a one-time link.
        logger.warning("Mail %s to %s not sent: %s %s", name, to, type(error).__name__, error)
        raise MailNotSent(problem) from error
    finally:
        with suppress(OSError):  # a session that broke while it was opened is left open by Django
            mail.connection.close()
    if not goes_out():
        raise MailNotSent(MailProblem.NO_SERVER)


def goes_out() -> bool:
    """Return False when no mail server is named, so that each mail is written to a file instead."""
    return settings.EMAIL_BACKEND != "django.core.mail.backends.filebased.EmailBackend"
