"""Read who belongs to a hospital or to the programme, and who is invited."""

from django.db.models import QuerySet

from sekisho.foundation.tenancy.actions import hash_of
from sekisho.foundation.tenancy.models import Assignment, Hospital, Invitation


def members(hospital: Hospital | None) -> QuerySet[Assignment]:
    """Return the current assignments of `hospital`, or, for None, of the programme roles."""
    return Assignment.objects.filter(hospital=hospital, ended_at__isnull=True).select_related("user", "hospital")


def open_invitations(hospital: Hospital | None) -> QuerySet[Invitation]:
    """Return the invitations neither accepted nor revoked, also those out of date; newest first."""
    found = Invitation.objects.filter(hospital=hospital, accepted_at__isnull=True, revoked_at__isnull=True)
    return found.select_related("hospital", "invited_by")


def invitation_of_token(token: str) -> Invitation | None:
    """Return the invitation that a link belongs to, open or not."""
    return Invitation.objects.filter(token_hash=hash_of(token)).select_related("hospital", "invited_by").first()
