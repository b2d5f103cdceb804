"""Addresses of this app that belong to no hospital."""

from django.urls import path

from sekisho.apps.portal import views

app_name = "portal"
urlpatterns = [
    path("", views.start, name="start"),
    path("hospitals/", views.hospital_list, name="hospital_list"),
    path("hospitals/add/", views.hospital_add, name="hospital_add"),
    path("health/", views.health, name="health"),
]
