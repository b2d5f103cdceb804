"""Who may do what, for which hospital. Fetching is the check: what a person may not see does not exist for them."""

from collections.abc import Iterable

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404

from sekisho.foundation.accounts.models import User
from sekisho.foundation.accounts.permissions import ROLE_PERMISSIONS, SECOND_FACTOR_ROLES, Permission, Role
from sekisho.foundation.tenancy.models import Assignment, Hospital


def _assignments(user: User) -> list[Assignment]:
    """Return the current assignments of `user`, read once per object (that is, once per request)."""
    cached: list[Assignment] | None = getattr(user, "_current_assignments", None)
    if cached is None:
        cached = list(Assignment.objects.filter(user=user, ended_at__isnull=True))
        user._current_assignments = cached  # type: ignore[attr-defined]
    return cached


def forget(user: User) -> None:
    """Drop what was read of `user`'s assignments, after they changed."""
    user.__dict__.pop("_current_assignments", None)


def roles_of(user: User, hospital: Hospital | None = None) -> frozenset[Role]:
    """Return the roles that `user` holds for `hospital`, programme roles included; for None only these."""
    hospital_id = hospital.pk if hospital is not None else None
    return frozenset(Role(a.role) for a in _assignments(user) if a.hospital_id in (None, hospital_id))


def all_roles_of(user: User) -> frozenset[Role]:
    """Return every role that `user` holds anywhere."""
    return frozenset(Role(a.role) for a in _assignments(user))


def needs_second_factor(user: User) -> bool:
    """Return True when `user` holds a role for which a password alone is not enough."""
    return bool(all_roles_of(user) & SECOND_FACTOR_ROLES)


def permissions_of(user: User, hospital: Hospital | None = None) -> frozenset[Permission]:
    """Return what `user` may do for `hospital`, or, for None, outside any hospital."""
    return permissions_of_roles(roles_of(user, hospital))


def permissions_of_roles(roles: Iterable[Role]) -> frozenset[Permission]:
    """Return the union of what `roles` may do."""
    return frozenset().union(*(ROLE_PERMISSIONS[role] for role in roles))


def hospitals_visible_to(user: User) -> QuerySet[Hospital]:
    """Return the hospitals that exist for `user`."""
    if Permission.HOSPITALS_LIST in permissions_of(user):
        return Hospital.objects.all()
    ids = {a.hospital_id for a in _assignments(user) if a.hospital_id is not None}
    return Hospital.objects.filter(pk__in=ids)


def hospital_for(user: User, code: str) -> Hospital:
    """Return the hospital with `code` if it exists for `user`.

    Raises:
        Http404: there is none, or `user` has nothing to do with it. The two look the same from outside.
    """
    return get_object_or_404(hospitals_visible_to(user), code=code)


def vendor_names_of(user: User, hospital: Hospital) -> frozenset[str]:
    """Return the vendors in whose name `user` acts at `hospital`."""
    return frozenset(
        a.vendor_name for a in _assignments(user) if a.hospital_id == hospital.pk and a.role == Role.VENDOR.value
    )
