"""Letters about notices: written with them, sent at most once by themselves, and nothing that went wrong is silent.

A letter names no device, no address and no weakness: it goes over mail, and says where to read on.
"""

from collections.abc import Sequence
from datetime import timedelta

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import Sum
from django.urls import reverse
from django.utils import timezone

from sekisho.apps.register import queries as register
from sekisho.apps.vulnerabilities.models import WatchLetter, WatchMail, WatchNotice
from sekisho.domain.facts import known
from sekisho.foundation.accounts import mails
from sekisho.foundation.accounts.models import User
from sekisho.foundation.accounts.permissions import Role
from sekisho.foundation.audit.actions import record
from sekisho.foundation.tenancy.models import Assignment, Hospital

_BROKEN_OFF_AFTER = timedelta(minutes=10)
_MOST_NAMED = 30
"""So many hospitals a letter to the secretariat names; the list has all of them."""


def write(hospital: Hospital, notices: Sequence[WatchNotice]) -> WatchLetter:
    """Write the letter to a hospital's contacts about `notices`, in the transaction that writes these."""
    urgent = sum(notice.is_urgent for notice in notices)
    letter = WatchLetter.objects.create(hospital=hospital, notices=len(notices), urgent=urgent)
    WatchNotice.objects.filter(pk__in=[notice.pk for notice in notices]).update(letter=letter)
    WatchMail.objects.bulk_create(WatchMail(letter=letter, to=to) for to in contacts_of(hospital))
    return letter


def contacts_of(hospital: Hospital) -> list[str]:
    """Return the addresses of a hospital's contacts, in calling order, each once. What is no address is left out."""
    found: dict[str, str] = {}
    for contact in register.register_of(hospital).basics.contacts:
        to = (known(contact.email) or "").strip()
        try:
            validate_email(to)
        except ValidationError:
            continue
        found.setdefault(to.casefold(), to)
    return list(found.values())


@transaction.atomic
def tell_the_office() -> WatchLetter | None:
    """Write one letter to the secretariat about all letters to hospitals that it was not told of; None when there are none."""
    untold = WatchLetter.objects.select_for_update().filter(hospital__isnull=False, office__isnull=True)
    rows = list(untold.order_by("pk"))
    if not rows:
        return None
    letter = WatchLetter.objects.create(
        notices=sum(row.notices for row in rows), urgent=sum(row.urgent for row in rows)
    )
    WatchLetter.objects.filter(pk__in=[row.pk for row in rows]).update(office=letter)
    WatchMail.objects.bulk_create(
        WatchMail(letter=letter, to=user.email, language=user.language or "ja") for user in _office()
    )
    return letter


def _office() -> list[User]:
    current = Assignment.objects.filter(role=Role.SECRETARIAT.value, ended_at__isnull=True)
    return list(User.objects.filter(pk__in=current.values("user_id"), is_active=True).order_by("pk"))


# --- Sending ----------------------------------------------------------------------------------------------------------------
def send_waiting() -> int:
    """Send every mail that waits, and return how many went out. One that another worker sends is left to it."""
    broken_off = WatchMail.objects.filter(
        state=WatchMail.State.SENDING, tried_at__lt=timezone.now() - _BROKEN_OFF_AFTER
    )
    broken_off.update(state=WatchMail.State.UNSURE)
    waiting = WatchMail.objects.filter(state=WatchMail.State.WAITING).order_by("pk").values_list("pk", flat=True)
    return sum(_send(pk) for pk in list(waiting))


def _send(pk: int) -> bool:
    """Send one mail. It is claimed first: a worker that dies while it sends leaves it unsure, and nobody sends it twice."""
    claimed = WatchMail.objects.filter(pk=pk, state=WatchMail.State.WAITING)
    if not claimed.update(state=WatchMail.State.SENDING, tried_at=timezone.now(), problem=""):
        return False
    mail = WatchMail.objects.select_related("letter__hospital").get(pk=pk)
    whom = {"to": mail.to, "language": mail.language}
    try:
        if mail.letter.hospital is not None:
            mails.send("weaknesses", **whom, context=_of_hospital(mail.letter))
        else:
            mails.send("weaknesses_office", **whom, context=_of_office(mail.letter))
    except mails.MailNotSent as error:
        WatchMail.objects.filter(pk=pk).update(state=WatchMail.State.FAILED, problem=error.problem.value)
        return False
    WatchMail.objects.filter(pk=pk).update(state=WatchMail.State.SENT)
    return True


def _of_hospital(letter: WatchLetter) -> dict[str, object]:
    code = letter.hospital.code if letter.hospital else ""
    path = reverse("vulnerabilities:start", kwargs={"hospital_code": code})
    return {"letter": letter, "hospital": letter.hospital, "link": settings.SITE_URL + path}


def _of_office(letter: WatchLetter) -> dict[str, object]:
    covered = letter.covers.values("hospital__code", "hospital__name").annotate(n=Sum("notices"), now=Sum("urgent"))
    rows = list(covered.order_by("-now", "-n", "hospital__code"))
    return {
        "letter": letter,
        "hospitals": rows[:_MOST_NAMED],
        "more": max(0, len(rows) - _MOST_NAMED),
        "count": len(rows),
        "link": settings.SITE_URL + reverse("weaknesses:notices"),
    }


@transaction.atomic
def send_again(mail: WatchMail, *, by: User) -> bool:
    """Let a mail that failed, or of which nobody knows, be sent once more; False when it is neither."""
    not_sent = WatchMail.objects.filter(pk=mail.pk, state__in=(WatchMail.State.FAILED, WatchMail.State.UNSURE))
    if not not_sent.update(state=WatchMail.State.WAITING, problem=""):
        return False
    record("vulnerabilities.mail.again", mail, by=by, hospital=mail.letter.hospital)
    return True
