"""Addresses of this app inside one hospital."""

from django.urls import path

from sekisho.apps.reports import views

app_name = "reports"
urlpatterns = [
    path("", views.report_list, name="list"),
    path("issue/", views.issue, name="issue"),
    path("<uuid:report_id>/withdraw/", views.withdraw, name="withdraw"),
    path("documents/<int:document_id>/", views.document, name="document"),
]
