"""All addresses. What belongs to one hospital stands under `/h/<hospital_code>/` (see `tenancy.middleware`)."""

from django.urls import URLPattern, URLResolver, include, path
from django.views.i18n import set_language

from sekisho.foundation.tenancy.guard import public

hospital_patterns: list[URLPattern | URLResolver] = [
    path("", include("sekisho.apps.portal.hospital_urls")),
    path("register/", include("sekisho.apps.register.urls")),
    path("basics/", include("sekisho.apps.programme.urls")),
    path("workbook/", include("sekisho.apps.workbooks.urls")),
    path("network/", include("sekisho.apps.network.urls")),
    path("diagnosis/", include("sekisho.apps.diagnosis.urls")),
    path("findings/", include("sekisho.apps.findings.urls")),
    path("weaknesses/", include("sekisho.apps.vulnerabilities.urls")),
    path("level/", include("sekisho.apps.judgement.urls")),
    path("overview/", include("sekisho.apps.overview.urls")),
    path("reports/", include("sekisho.apps.reports.urls")),
    path("files/", include("sekisho.foundation.files.urls")),
    path("jobs/", include("sekisho.foundation.jobs.urls")),
    path("members/", include("sekisho.foundation.tenancy.urls")),
]

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("sekisho.apps.portal.urls")),
    path("h/<slug:hospital_code>/", include(hospital_patterns)),
    path("guide/", include("sekisho.apps.portal.guide_urls")),
    path("diagnosis/", include("sekisho.apps.diagnosis.office_urls")),
    path("confirm/", include("sekisho.apps.diagnosis.confirmation_urls")),
    path("weaknesses/", include("sekisho.apps.vulnerabilities.office_urls")),
    path("feeds/", include("sekisho.apps.vulnerabilities.feed_urls")),
    path("templates/", include("sekisho.apps.reports.template_urls")),
    path("accounts/", include("sekisho.foundation.accounts.urls")),
    path("invitations/", include("sekisho.foundation.tenancy.invitation_urls")),
    path("language/", public(set_language), name="set_language"),
    path("lists/", include("sekisho.foundation.ui.urls")),
    path("_components/", include("sekisho.foundation.style.urls")),
]
