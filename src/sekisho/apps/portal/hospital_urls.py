"""Addresses of this app inside one hospital."""

from django.urls import path

from sekisho.apps.portal import views

app_name = "hospital"
urlpatterns = [
    path("", views.hospital_home, name="home"),
    path("history/", views.hospital_history, name="history"),
]
