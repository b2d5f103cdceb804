"""Addresses of this app for all hospitals."""

from django.urls import path

from sekisho.apps.vulnerabilities.views import office

app_name = "weaknesses"
urlpatterns = [
    path("", office.product_list, name="list"),
    path("list.<slug:file_format>", office.product_export, name="product_export"),
    path("cve/<slug:cve>/", office.cve, name="cve"),
    path("cve/<slug:cve>/list.<slug:file_format>", office.cve_export, name="cve_export"),
    path("notices/", office.notices, name="notices"),
    path("notices/list.<slug:file_format>", office.notice_export, name="notice_export"),
    path("mails/again/", office.mails_again, name="mails_again"),
    path("mails/<int:mail_id>/again/", office.mail_again, name="mail_again"),
]
