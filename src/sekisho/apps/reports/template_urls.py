"""Addresses of the report templates; they belong to the programme, not to a hospital."""

from django.urls import path

from sekisho.apps.reports import views

app_name = "report_templates"
urlpatterns = [
    path("", views.template_list, name="list"),
    path("built-in.docx", views.template_built_in, name="built_in"),
    path("<uuid:template_id>/", views.template_download, name="download"),
    path("<uuid:template_id>/retire/", views.template_retire, name="retire"),
]
