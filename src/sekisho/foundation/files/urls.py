"""Addresses of this app."""

from django.urls import path

from sekisho.foundation.files import views

app_name = "files"
urlpatterns = [path("<uuid:file_id>/", views.download, name="download")]
