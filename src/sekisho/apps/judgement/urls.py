"""Addresses of this app."""

from django.urls import URLPattern

app_name = "judgement"
urlpatterns: list[URLPattern] = []
