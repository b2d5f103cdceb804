"""Addresses of a hospital's members."""

from django.urls import path

from sekisho.foundation.tenancy.views import members

app_name = "members"
urlpatterns = [
    path("", members.member_list, name="list"),
    path("invite/", members.invite, name="invite"),
    path("<int:assignment_id>/end/", members.end, name="end"),
    path("invitations/<int:invitation_id>/resend/", members.resend, name="resend"),
    path("invitations/<int:invitation_id>/revoke/", members.revoke, name="revoke"),
]
