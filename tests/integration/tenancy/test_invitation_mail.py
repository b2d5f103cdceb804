"""Invitations over a real SMTP server on the loopback: taken, refused, not there. A failure is always visible."""

import email
import socket
import ssl
from collections.abc import Iterator
from email.message import Message
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from django.test import Client

from sekisho.foundation.accounts import mails
from sekisho.foundation.tenancy.models import Invitation
from tests.cast import Cast, signed_in

pytestmark = pytest.mark.django_db


class _Server:
    """Takes mails, or answers with what the test set."""

    def __init__(self) -> None:
        self.mails: list[Message] = []
        self.recipient_answer = "250 OK"
        self.data_answer = "250 OK"

    async def handle_RCPT(  # noqa: N802 aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.recipient_answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.recipient_answer

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        if self.data_answer.startswith("250"):
            self.mails.append(email.message_from_bytes(envelope.content or b"", policy=default))
        return self.data_answer


@pytest.fixture
def smtp(settings: Any) -> Iterator[_Server]:
    handler = _Server()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    controller = Controller(handler, hostname="127.0.0.1", port=port)
    controller.start()
    _point_to(settings, port)
    yield handler
    controller.stop()


def _point_to(settings: Any, port: int) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST = "127.0.0.1"
    settings.EMAIL_PORT = port
    settings.EMAIL_USE_TLS = False
    settings.EMAIL_TIMEOUT = 5


def _invite(cast: Cast, capture: Any) -> Any:
    url = f"/h/{cast.hospital.code}/members/invite/"
    with capture(execute=True):
        response = signed_in(cast.alice).post(
            url, {"email": "hanako@minato.example", "role": "director", "vendor_name": "", "language": "ja"}
        )
    assert response.status_code == 302, response.content.decode()
    return signed_in(cast.alice).get(f"/h/{cast.hospital.code}/members/").content.decode()


def test_invitation_arrives_readable(
    cast: Cast, smtp: _Server, settings: Any, django_capture_on_commit_callbacks: Any
) -> None:
    settings.MAIL_REPLY_TO = "office@sekisho.example"
    settings.DEFAULT_FROM_EMAIL = "関所 <sekisho@sekisho.example>"
    settings.SUPPORT_CONTACT = "事務局 03-0000-0000"
    page = _invite(cast, django_capture_on_commit_callbacks)
    (message,) = smtp.mails
    assert message["To"] == "hanako@minato.example"
    assert message["From"] == "関所 <sekisho@sekisho.example>"
    assert message["Reply-To"] == "office@sekisho.example"
    assert message["Subject"].strip() == "Sekisho への招待：みなと病院 病院長・経営層"
    assert message.get_content_type() == "text/plain"
    body = message.get_content()
    assert f"{settings.SITE_URL}/invitations/open/" in body
    assert "事務局 03-0000-0000" in body
    assert "に送信" in page
    assert Invitation.objects.get().send_error == ""


@pytest.mark.parametrize(
    ("recipient_answer", "data_answer", "problem"),
    [
        ("550 5.1.1 no such user", "250 OK", mails.MailProblem.REFUSED),
        ("250 OK", "554 5.7.1 looks like spam", mails.MailProblem.OTHER),
    ],
)
def test_refusal_is_shown_with_a_way_to_send_again(
    cast: Cast,
    smtp: _Server,
    django_capture_on_commit_callbacks: Any,
    recipient_answer: str,
    data_answer: str,
    problem: mails.MailProblem,
) -> None:
    smtp.recipient_answer, smtp.data_answer = recipient_answer, data_answer
    page = _invite(cast, django_capture_on_commit_callbacks)
    assert "送れていません" in page
    assert str(mails.PROBLEM_TEXTS[problem]) in page
    assert "もう一度送る" in page
    assert Invitation.objects.get().sent_at is None

    smtp.recipient_answer = smtp.data_answer = "250 OK"
    invitation = Invitation.objects.get()
    with django_capture_on_commit_callbacks(execute=True):
        signed_in(cast.alice).post(f"/h/{cast.hospital.code}/members/invitations/{invitation.pk}/resend/")
    invitation.refresh_from_db()
    assert invitation.send_error == ""
    assert invitation.sent_at is not None
    assert len(smtp.mails) == 1


def test_server_down_is_shown_and_the_invitation_is_kept(
    cast: Cast, settings: Any, django_capture_on_commit_callbacks: Any
) -> None:
    with socket.socket() as nobody_listens:
        nobody_listens.bind(("127.0.0.1", 0))
        _point_to(settings, nobody_listens.getsockname()[1])
        page = _invite(cast, django_capture_on_commit_callbacks)
    assert str(mails.PROBLEM_TEXTS[mails.MailProblem.UNREACHABLE]) in page
    assert Invitation.objects.get().send_error == "unreachable"


@pytest.fixture
def no_server(settings: Any, tmp_path: Path) -> Path:
    """The portal as it is before anybody has named a mail server; the value is the folder of the mails."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    settings.EMAIL_FILE_PATH = str(tmp_path / "mail")
    return tmp_path / "mail"


@pytest.mark.django_db(transaction=True)
def test_without_a_mail_server_nothing_is_called_sent_and_the_mail_is_where_the_page_says(
    cast: Cast, no_server: Path
) -> None:
    url = f"/h/{cast.hospital.code}/members/invite/"
    form = {"email": "hanako@minato.example", "role": "director", "vendor_name": "", "language": "ja"}
    told = signed_in(cast.alice).post(url, form, follow=True).content.decode()
    assert "へ招待状を送りました" not in told
    for page in (told, signed_in(cast.alice).get(f"/h/{cast.hospital.code}/members/").content.decode()):
        assert "メールサーバが設定されていないので、メールは出ていません。" in page
        assert "「mail」に書いてあります。" in page
        assert "送れていません" in page
    assert Invitation.objects.get().sent_at is None
    (kept,) = no_server.iterdir()
    assert b"hanako@minato.example" in kept.read_bytes()


@pytest.mark.parametrize("address", ["alice@minato.example", "stranger@nowhere.example"])
def test_reset_page_without_a_mail_server_says_so_and_not_who_has_an_account(
    cast: Cast, no_server: Path, address: str
) -> None:
    page = Client().post("/accounts/password/reset/", {"email": address}, follow=True).content.decode()
    assert "リンクを送りました" not in page
    assert "メールは出ていません" in page
    assert page.count("メールサーバが設定されていない") == 1
    assert no_server.exists() == (address == cast.alice.email)


def test_server_that_wants_no_encryption_when_we_insist_is_named(
    cast: Cast, smtp: _Server, settings: Any, django_capture_on_commit_callbacks: Any
) -> None:
    settings.EMAIL_USE_TLS = True
    page = _invite(cast, django_capture_on_commit_callbacks)
    assert str(mails.PROBLEM_TEXTS[mails.MailProblem.REJECTED_US]) in page
    assert smtp.mails == []


@pytest.mark.parametrize("error", [ssl.SSLCertVerificationError(), TimeoutError(), socket.gaierror(), OSError()])
def test_every_network_error_becomes_a_problem_for_the_page(
    cast: Cast, error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise error

    monkeypatch.setattr("django.core.mail.EmailMessage.send", fail)
    with pytest.raises(mails.MailNotSent) as raised:
        mails.send("totp_activated", to="a@example.com", language="ja", context={})
    assert raised.value.problem is mails.MailProblem.UNREACHABLE


def test_subject_cannot_smuggle_in_a_header(cast: Cast) -> None:
    cast.hospital.name = "悪い\nBcc: everybody@example.com\r\n病院"
    invitation = Invitation(hospital=cast.hospital, role="director", email="a@example.com", invited_by=cast.alice)
    message = mails.compose("invitation", to="a@example.com", language="ja", context={"invitation": invitation})
    assert "\n" not in message.subject
    assert message.recipients() == ["a@example.com"]
