"""Every write of the programme app: terms, consent, and the check of basic information."""

import hashlib
from datetime import date, timedelta

from django.db import transaction
from django.utils import timezone

from sekisho.apps.programme.models import BasicsCheck, Terms, TermsConsent
from sekisho.foundation.accounts.models import User
from sekisho.foundation.audit.actions import record
from sekisho.foundation.tenancy.models import Hospital
from sekisho.foundation.tenancy.scope import all_hospitals

ANSWER_WITHIN = timedelta(days=3)
"""Calendar days for the check of basic information (the programme's deck says "within 3 days" and no more)."""


class TermsAreFixed(Exception):
    """Somebody has agreed to these terms: their text can no longer change. Publish a new version."""


class AlreadyAgreed(Exception):
    """This hospital's consent to this version is in force already."""


class TermsChanged(Exception):
    """The text has changed since the person read it: nobody agrees to what they have not seen."""


class SignatureMissing(Exception):
    """Agreeing needs the name of the person who agrees."""


class RemarksMissing(Exception):
    """Saying that something is wrong needs to say what."""


@transaction.atomic
def publish_terms(*, version: str, title: str, text: str, effective_on: date, by: User | None) -> Terms:
    """Add a version of the terms, or change one that nobody has agreed to yet.

    Raises:
        TermsAreFixed: this version was agreed to and something of it differs.
    """
    digest = hashlib.sha256(text.encode()).hexdigest()
    terms = Terms.objects.select_for_update().filter(version=version).first()
    if terms is not None and (terms.sha256, terms.title, terms.effective_on) == (digest, title, effective_on):
        return terms
    if terms is not None and _agreed_to(terms):
        raise TermsAreFixed(version)
    terms = terms or Terms(version=version)
    terms.title, terms.text, terms.sha256, terms.effective_on = title, text, digest, effective_on
    terms.save()
    record("programme.terms.published", terms, by=by, changes={"sha256": [None, digest]})
    return terms


def _agreed_to(terms: Terms) -> bool:
    with all_hospitals(reason="terms are fixed once any hospital has agreed to them"):
        return TermsConsent.objects.filter(terms=terms).exists()


@transaction.atomic
def agree(hospital: Hospital, *, terms: Terms, signed_name: str, by: User) -> TermsConsent:
    """Agree to the terms for a hospital: which version, which text (hash), who, when.

    Raises:
        SignatureMissing: no name was given.
        TermsChanged: the text is no longer that of `terms`.
        AlreadyAgreed: the consent to this version is in force.
    """
    if not signed_name.strip():
        raise SignatureMissing
    if Terms.objects.select_for_update().get(pk=terms.pk).sha256 != terms.sha256:
        raise TermsChanged
    if TermsConsent.objects.filter(hospital=hospital, terms=terms, withdrawn_at__isnull=True).exists():
        raise AlreadyAgreed
    consent = TermsConsent.objects.create(
        hospital=hospital,
        terms=terms,
        terms_sha256=terms.sha256,
        signed_name=signed_name.strip()[:100],
        agreed_by=by,
    )
    record(
        "programme.terms.agreed",
        consent,
        by=by,
        changes={
            "version": [None, terms.version],
            "sha256": [None, terms.sha256],
            "signed": [None, consent.signed_name],
        },
    )
    return consent


@transaction.atomic
def withdraw_consent(consent: TermsConsent, *, by: User, reason: str) -> None:
    """Take a consent back; that it was given stays on record. Nothing happens when it was taken back before."""
    in_force = TermsConsent.objects.filter(pk=consent.pk, withdrawn_at__isnull=True)
    if not in_force.update(withdrawn_at=timezone.now(), withdrawn_by=by):
        return
    record("programme.terms.withdrawn", consent, by=by, reason=reason)


@transaction.atomic
def ask_to_check(hospital: Hospital, *, by: User | None) -> BasicsCheck:
    """Ask the hospital to check its basic information; a request still open stays as it is."""
    Hospital.objects.select_for_update().get(pk=hospital.pk)
    open_check = BasicsCheck.objects.filter(hospital=hospital, answer="").first()
    if open_check is not None:
        return open_check
    now = timezone.now()
    check = BasicsCheck.objects.create(
        hospital=hospital, asked_at=now, asked_by=by, due_on=timezone.localdate(now) + ANSWER_WITHIN
    )
    record("programme.basics.asked", check, by=by)
    return check


@transaction.atomic
def answer_check(hospital: Hospital, *, answer: str, remarks: str, by: User) -> BasicsCheck:
    """Answer the check: correct, or what is wrong. Without an open request the answer counts as one of its own.

    Raises:
        RemarksMissing: the answer is "remarks" and says nothing.
    """
    if answer == BasicsCheck.Answer.REMARKS and not remarks.strip():
        raise RemarksMissing
    check = ask_to_check(hospital, by=None)
    check.answer, check.remarks = answer, remarks.strip()
    check.answered_at, check.answered_by = timezone.now(), by
    check.save()
    record("programme.basics.checked", check, by=by, changes={"answer": [None, answer]}, reason=remarks.strip())
    return check
