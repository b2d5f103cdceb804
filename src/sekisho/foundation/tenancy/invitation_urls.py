"""Addresses for those who are invited, and for the programme's own people."""

from django.urls import path

from sekisho.foundation.tenancy.views import accepting, staff

app_name = "invitations"
urlpatterns = [
    path("accept/", accepting.accept, name="accept"),
    path("open/<str:token>/", accepting.open_link, name="open"),
    path("staff/", staff.staff_list, name="staff"),
    path("staff/invite/", staff.invite, name="staff_invite"),
    path("staff/<int:assignment_id>/end/", staff.end, name="staff_end"),
    path("staff/invitations/<int:invitation_id>/resend/", staff.resend, name="staff_resend"),
    path("staff/invitations/<int:invitation_id>/revoke/", staff.revoke, name="staff_revoke"),
]
