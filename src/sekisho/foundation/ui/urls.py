"""Addresses of this app."""

from django.urls import path

from sekisho.foundation.ui import views

app_name = "ui"
urlpatterns = [
    path("views/save/", views.save, name="save_view"),
    path("views/<int:view_id>/drop/", views.drop, name="drop_view"),
]
