"""Addresses of this app."""

from django.urls import path

from sekisho.apps.programme import views

app_name = "programme"
urlpatterns = [
    path("", views.basics, name="basics"),
    path("edit/", views.basics_edit, name="basics_edit"),
    path("contacts/<int:position>/", views.contact_edit, name="contact_edit"),
    path("check/", views.check, name="check"),
    path("ask/", views.ask, name="ask"),
    path("terms/", views.terms, name="terms"),
    path("terms/withdraw/", views.terms_withdraw, name="terms_withdraw"),
]
