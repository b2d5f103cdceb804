"""Read who belongs to a hospital or to the programme, and who is invited."""

from django.db.models import Q, QuerySet

from sekisho.foundation.accounts.permissions import PROGRAMME_ROLES
from sekisho.foundation.tenancy.actions import hash_of
from sekisho.foundation.tenancy.models import Assignment, Hospital, Invitation


def members(hospital: Hospital | None, *, search: str = "", role: str = "") -> QuerySet[Assignment]:
    """Return the current assignments of `hospital`, or, for None, of the programme roles; by role and name.

    Args:
        search: part of the name, the e-mail address or the vendor's name.
        role: a role's value, or "" for all.
    """
    found = Assignment.objects.filter(hospital=hospital, ended_at__isnull=True).select_related("user", "hospital")
    if search:
        found = found.filter(
            Q(user__name__icontains=search) | Q(user__email__icontains=search) | Q(vendor_name__icontains=search)
        )
    if role:
        found = found.filter(role=role)
    return found.order_by("role", "user__name", "id")


def open_invitations(hospital: Hospital | None, *, search: str = "", role: str = "") -> QuerySet[Invitation]:
    """Return the invitations neither accepted nor revoked, also those out of date; newest first."""
    found = Invitation.objects.filter(hospital=hospital, accepted_at__isnull=True, revoked_at__isnull=True)
    if search:
        found = found.filter(Q(email__icontains=search) | Q(vendor_name__icontains=search))
    if role:
        found = found.filter(role=role)
    return found.select_related("hospital", "invited_by")


def invitation_of_token(token: str) -> Invitation | None:
    """Return the invitation that a link belongs to, open or not."""
    return Invitation.objects.filter(token_hash=hash_of(token)).select_related("hospital", "invited_by").first()


def programme_role_values() -> list[str]:
    """Return the values of the roles held for the whole programme."""
    return sorted(role.value for role in PROGRAMME_ROLES)
