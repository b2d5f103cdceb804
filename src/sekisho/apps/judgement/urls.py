"""Addresses of this app."""

from django.urls import path

from sekisho.apps.judgement import risk_page, views

app_name = "judgement"
urlpatterns = [
    path("", views.level, name="level"),
    path("risk/", risk_page.risk, name="risk"),
    path("questions/", views.fact_list, name="facts"),
    path("questions/save/", views.fact_save, name="fact_save"),
    path("override/", views.override, name="override"),
    path("override/withdraw/", views.override_withdraw, name="override_withdraw"),
    path("files/add/", views.case_file_add, name="case_file_add"),
]
