"""What every page knows: who is asking, for which hospital, what the navigation shows."""

from django.conf import settings
from django.http import HttpRequest

from sekisho import __version__
from sekisho.foundation.tenancy import access


def page(request: HttpRequest) -> dict[str, object]:
    """Return the context that base.html needs."""
    user = getattr(request, "user", None)
    hospital = getattr(request, "hospital", None)
    if user is None or not user.is_authenticated:
        return {
            "sekisho_version": __version__,
            "support_contact": settings.SUPPORT_CONTACT,
            "hospital": None,
            "may": frozenset(),
        }
    return {
        "sekisho_version": __version__,
        "support_contact": settings.SUPPORT_CONTACT,
        "hospital": hospital,
        "may": {permission.value for permission in access.permissions_of(user, hospital)},
        "hospital_count": access.hospitals_visible_to(user).count(),
    }
