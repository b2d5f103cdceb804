"""Addresses of the guide."""

from django.urls import path

from sekisho.apps.portal import views

app_name = "guide"
urlpatterns = [
    path("", views.guide_start, name="start"),
    path("<slug:name>/", views.guide_page, name="page"),
]
