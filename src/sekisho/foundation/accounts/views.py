"""Pages about oneself. Signing in and out is django-allauth's work, see `urls.py`."""

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from sekisho.foundation.accounts import actions, second_factor
from sekisho.foundation.accounts.forms import ProfileForm
from sekisho.foundation.accounts.marks import signed_in
from sekisho.foundation.accounts.models import User


@signed_in
@require_http_methods(["GET", "POST"])
def profile(request: HttpRequest) -> HttpResponse:
    """Name, language, and the way to password and second factor."""
    # A copy: a form that fails must not change the name in the page head.
    user = User.objects.get(email=request.user.get_username())
    form = ProfileForm(request.POST if request.method == "POST" else None, instance=user)
    if request.method == "POST" and form.is_valid():
        actions.change_profile(user, by=user, **form.cleaned_data)
        with translation.override(user.language):
            messages.success(request, gettext("プロフィールを保存しました。"))
        response = redirect("account_profile")
        # The switch in the page head may have left another language in this browser; this choice is newer.
        response.set_cookie(
            settings.LANGUAGE_COOKIE_NAME, user.language, httponly=True, samesite="Lax", secure=settings.PRODUCTION
        )
        return response
    context = {"form": form, "factors": second_factor.factors_of(user)}
    return render(request, "account/profile.html", context, status=422 if form.errors else 200)
