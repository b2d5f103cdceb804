"""Addresses of this app for all hospitals."""

from django.urls import path

from sekisho.apps.diagnosis.views import stopping

app_name = "scans"
urlpatterns = [
    path("", stopping.office, name="office"),
    path("stop/", stopping.office_stop, name="office_stop"),
    path("stops/<int:stop_id>/lift/", stopping.office_lift, name="office_lift"),
]
