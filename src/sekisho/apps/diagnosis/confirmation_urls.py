"""Addresses of this app for people without an account who got a link by mail."""

from django.urls import path

from sekisho.apps.diagnosis.views import confirming

app_name = "confirmation"
urlpatterns = [
    path("", confirming.address, name="address"),
    path("<str:token>/", confirming.open_link, name="open"),
]
