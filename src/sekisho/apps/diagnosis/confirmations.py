"""Look up the address of a dynamic line on the day: on the screen, or by a mailed link without an account."""

import hashlib
import secrets
from datetime import date, datetime, time, timedelta

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from sekisho.apps.diagnosis.models import AddressConfirmation, ConfirmationLink
from sekisho.apps.register import queries as register
from sekisho.domain.diagnosis.consents import JAPAN, REASONS, is_never_scanned, public_address
from sekisho.domain.text import Text
from sekisho.foundation.accounts import mails
from sekisho.foundation.accounts.models import User
from sekisho.foundation.audit.actions import record
from sekisho.foundation.tenancy.scope import all_hospitals, hospital_scope

NOT_ONE_ADDRESS = Text(
    "一つのアドレスとして読めません。ルータの「WAN」に出ている番号だけを、そのまま書いてください。例：203.0.113.10",
    "This is not one address. Write just the number that the router shows as “WAN”, for example 203.0.113.10.",
)
MOST_LINKS_A_DAY = 5
"""For one line: enough for a mistyped address or two."""


class NotAnAddress(Exception):
    """What was given cannot be the address of the line. `text` says why."""

    def __init__(self, text: Text) -> None:
        super().__init__(text.en)
        self.text = text


class NotDynamic(Exception):
    """The line's address does not change: there is nothing to look up."""


class NameMissing(Exception):
    """It must say who has looked the address up."""


class TooManyLinks(Exception):
    """So many links were mailed for this line today that another will not help."""


class LinkVoid(Exception):
    """The link was used, replaced by a newer one, is of another day, or never was."""


def today() -> date:
    """Return the day in Japan: the day of the scan is one of Japan."""
    return timezone.now().astimezone(JAPAN).date()


def end_of(day: date) -> datetime:
    """Return when a day of Japan ends."""
    return datetime.combine(day + timedelta(days=1), time(), JAPAN)


@transaction.atomic
def confirm(line: register.Line, *, address: str, said_by: str, way: str, by: User | None) -> AddressConfirmation:
    """Note that the address of a dynamic line was looked up today.

    Raises:
        NotDynamic, NameMissing: see there.
        NotAnAddress: it is no single address, or one that the internet cannot reach.
    """
    if line.address_assignment != "dynamic" or line.is_retired:
        raise NotDynamic
    if not said_by.strip():
        raise NameMissing
    found = _checked(address)
    confirmation = AddressConfirmation.objects.create(
        hospital=line.hospital, line=line, day=today(), address=found, way=way, said_by=said_by.strip()[:100], by=by
    )
    changes = {"address": [None, found], "way": [None, way], "said_by": [None, confirmation.said_by]}
    record("diagnosis.address.confirmed", confirmation, by=by, changes=changes)
    return confirmation


def _checked(text: str) -> str:
    try:
        address = public_address(text)
    except ValueError as error:
        raise NotAnAddress(NOT_ONE_ADDRESS) from error
    if is_never_scanned(address):
        raise NotAnAddress(REASONS["address-not-public"])
    return str(address)


# --- Links --------------------------------------------------------------------------------------------------------------
@transaction.atomic
def send_link(line: register.Line, *, email: str, language: str, by: User) -> ConfirmationLink:
    """Mail a link with which the reader confirms the address of this line today. Older links for it become void.

    The mail goes out after the transaction; see `send_error` for what became of it.

    Raises:
        NotDynamic, TooManyLinks: see there.
    """
    if line.address_assignment != "dynamic" or line.is_retired:
        raise NotDynamic
    links = ConfirmationLink.objects.select_for_update().filter(line=line, day=today())
    if len(links) >= MOST_LINKS_A_DAY:
        raise TooManyLinks
    links.filter(used_at__isnull=True, void_at__isnull=True).update(void_at=timezone.now())
    token = secrets.token_urlsafe(32)
    link = ConfirmationLink.objects.create(
        hospital=line.hospital,
        line=line,
        day=today(),
        email=email.strip().lower(),
        language=language if language in {"ja", "en"} else "ja",
        token_hash=hash_of(token),
        sent_by=by,
    )
    record("diagnosis.link.sent", link, by=by, changes={"email": [None, link.email]})
    # Not a background job: its arguments are kept in the database, and the link's secret must not be.
    transaction.on_commit(lambda: _send(link, token))
    return link


def hash_of(token: str) -> str:
    """Return what is kept of a link's secret. It has 256 random bits, so a plain hash cannot be turned back."""
    return hashlib.sha256(token.encode()).hexdigest()


def _send(link: ConfirmationLink, token: str) -> None:
    context = {
        "link": link,
        "url": settings.SITE_URL + reverse("confirmation:open", args=[token]),
        "until": end_of(link.day) - timedelta(minutes=1),
    }
    with hospital_scope(link.hospital):
        try:
            mails.send("address_confirmation", to=link.email, language=link.language, context=context)
        except mails.MailNotSent as error:
            ConfirmationLink.objects.filter(pk=link.pk).update(send_error=error.problem.value)
        else:
            ConfirmationLink.objects.filter(pk=link.pk).update(sent_at=timezone.now(), send_error="")
        link.refresh_from_db(fields=["sent_at", "send_error"])


def link_of(token: str) -> ConfirmationLink | None:
    """Return the link that a secret belongs to, void or not."""
    with all_hospitals(reason="whoever follows a mailed link is not signed in"):
        found = ConfirmationLink.objects.filter(token_hash=hash_of(token))
        return found.select_related("line", "hospital", "sent_by").first()


def is_open(link: ConfirmationLink) -> bool:
    """Return True while the link may be used."""
    return link.used_at is None and link.void_at is None and link.day == today()


@transaction.atomic
def confirm_by_link(token: str, *, address: str, said_by: str) -> AddressConfirmation:
    """Note what the reader of a mailed link has looked up. The link is void afterwards.

    Raises:
        LinkVoid: see there.
        NotDynamic, NameMissing, NotAnAddress: as for `confirm`; the link can be used again.
    """
    link = link_of(token)
    if link is None:
        raise LinkVoid
    with hospital_scope(link.hospital):
        locked = ConfirmationLink.objects.select_for_update(of=("self",)).select_related("line__hospital")
        link = locked.get(pk=link.pk)
        if not is_open(link):
            raise LinkVoid
        done = confirm(link.line, address=address, said_by=said_by, way=AddressConfirmation.Way.LINK, by=None)
        ConfirmationLink.objects.filter(pk=link.pk).update(used_at=timezone.now())
    return done
