"""The pages of django-allauth that Sekisho has, each with its mark; what is not here does not exist.

No sign-up, no change of address, no social accounts. The names are django-allauth's: it reverses them itself.
"""

from allauth.account import views as account
from allauth.mfa.base import views as mfa
from allauth.mfa.recovery_codes import views as recovery_codes
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as webauthn
from django.urls import path, re_path
from django.views.generic import RedirectView

from sekisho.foundation.accounts import views
from sekisho.foundation.accounts.marks import public, signed_in

urlpatterns = [
    path("", views.profile, name="account_profile"),
    path("login/", public(account.login), name="account_login"),
    path("logout/", public(account.logout), name="account_logout"),
    path("inactive/", public(account.account_inactive), name="account_inactive"),
    path("reauthenticate/", signed_in(account.reauthenticate), name="account_reauthenticate"),
    path("password/change/", signed_in(account.password_change), name="account_change_password"),
    # An account without a usable password (none is made so) gets one through its mail address.
    path(
        "password/set/",
        signed_in(RedirectView.as_view(pattern_name="account_reset_password")),
        name="account_set_password",
    ),
    path("password/reset/", public(account.password_reset), name="account_reset_password"),
    path("password/reset/sent/", public(account.password_reset_done), name="account_reset_password_done"),
    re_path(
        r"^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>[^/]+)/$",
        public(account.password_reset_from_key),
        name="account_reset_password_from_key",
    ),
    path(
        "password/reset/done/",
        public(account.password_reset_from_key_done),
        name="account_reset_password_from_key_done",
    ),
    path("second-factor/", signed_in(mfa.index), name="mfa_index"),
    # Between password and second factor nobody is signed in yet: the pending sign-in in the session is the key.
    path("second-factor/authenticate/", public(mfa.authenticate), name="mfa_authenticate"),
    path("second-factor/reauthenticate/", signed_in(mfa.reauthenticate), name="mfa_reauthenticate"),
    path("second-factor/app/add/", signed_in(totp.activate_totp), name="mfa_activate_totp"),
    path("second-factor/app/remove/", signed_in(totp.deactivate_totp), name="mfa_deactivate_totp"),
    path("second-factor/codes/", signed_in(recovery_codes.view_recovery_codes), name="mfa_view_recovery_codes"),
    path(
        "second-factor/codes/renew/",
        signed_in(recovery_codes.generate_recovery_codes),
        name="mfa_generate_recovery_codes",
    ),
    path(
        "second-factor/codes/download/",
        signed_in(recovery_codes.download_recovery_codes),
        name="mfa_download_recovery_codes",
    ),
    path("second-factor/keys/", signed_in(webauthn.list_webauthn), name="mfa_list_webauthn"),
    path("second-factor/keys/add/", signed_in(webauthn.add_webauthn), name="mfa_add_webauthn"),
    path(
        "second-factor/keys/reauthenticate/",
        signed_in(webauthn.reauthenticate_webauthn),
        name="mfa_reauthenticate_webauthn",
    ),
    path("second-factor/keys/<int:pk>/remove/", signed_in(webauthn.remove_webauthn), name="mfa_remove_webauthn"),
    path("second-factor/keys/<int:pk>/edit/", signed_in(webauthn.edit_webauthn), name="mfa_edit_webauthn"),
    path("second-factor/keys/login/", public(webauthn.login_webauthn), name="mfa_login_webauthn"),
]
