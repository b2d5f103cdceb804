"""Addresses of this app that belong to no hospital."""

from django.urls import path

from sekisho.apps.portal import views

app_name = "portal"
urlpatterns = [
    path("", views.start, name="start"),
]
