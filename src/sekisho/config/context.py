"""What every page knows: who is asking, for which hospital, what the navigation shows."""

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from sekisho import __version__
from sekisho.apps.portal.guidance import help_url
from sekisho.config.navigation import navigation
from sekisho.foundation.accounts import mails
from sekisho.foundation.accounts.permissions import Permission
from sekisho.foundation.tenancy import access


def page(request: HttpRequest) -> dict[str, object]:
    """Return the context that base.html needs."""
    user = getattr(request, "user", None)
    hospital = getattr(request, "hospital", None)
    if user is None or not user.is_authenticated:
        return {
            "sekisho_version": __version__,
            "support_contact": settings.SUPPORT_CONTACT,
            "mails_go_out": mails.goes_out(),
            "hospital": None,
            "may": frozenset(),
        }
    may = access.permissions_of(user, hospital)
    visible = access.hospitals_visible_to(user)
    return {
        "sekisho_version": __version__,
        "support_contact": settings.SUPPORT_CONTACT,
        "mails_go_out": mails.goes_out(),
        "help_url": help_url(request.resolver_match.view_name if request.resolver_match else ""),
        "hospital": hospital,
        "may": {permission.value for permission in may},
        "nav": navigation(request, hospital, may),
        "hospital_count": len(visible[:2]),
        "hospital_list_url": reverse("portal:hospital_list")
        if Permission.HOSPITALS_LIST in may
        else reverse("portal:start"),
    }
