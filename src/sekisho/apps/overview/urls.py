"""Addresses of this app."""

from django.urls import path

from sekisho.apps.overview import views

app_name = "overview"
urlpatterns = [
    path("", views.page, name="page"),
    path("thumbnail.svg", views.thumbnail, name="thumbnail"),
    path("overview.svg", views.svg, name="svg"),
    path("overview.drawio", views.drawio, name="drawio"),
]
