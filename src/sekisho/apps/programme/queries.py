"""Every read of the programme app."""

from datetime import date

from django.db.models import Count

from sekisho.apps.programme.models import BasicsCheck, Terms, TermsConsent
from sekisho.foundation.tenancy.models import Hospital
from sekisho.foundation.tenancy.scope import all_hospitals


def terms_in_force(on: date) -> Terms | None:
    """Return the newest terms that apply on a day; None when none were published."""
    return Terms.objects.filter(effective_on__lte=on).order_by("-effective_on", "-id").first()


def consent_in_force(hospital: Hospital, terms: Terms | None) -> TermsConsent | None:
    """Return the hospital's consent to `terms`; None when it has not agreed."""
    if terms is None:
        return None
    return (
        TermsConsent.objects.filter(hospital=hospital, terms=terms, withdrawn_at__isnull=True)
        .select_related("terms", "agreed_by")
        .first()
    )


def latest_check(hospital: Hospital) -> BasicsCheck | None:
    """Return the newest check of basic information, open or answered."""
    return BasicsCheck.objects.filter(hospital=hospital).select_related("answered_by", "asked_by").first()


def terms_with_consents() -> list[tuple[Terms, int]]:
    """Return every version, the newest first, each with the number of hospitals whose consent is in force."""
    with all_hospitals(reason="counts consents; names no hospital"):
        counted = TermsConsent.objects.filter(withdrawn_at__isnull=True).order_by().values_list("terms_id")
        agreed: dict[int, int] = dict(counted.annotate(Count("pk")))
    return [(terms, agreed.get(terms.pk, 0)) for terms in Terms.objects.all()]
