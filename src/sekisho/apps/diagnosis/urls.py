"""Addresses of this app inside one hospital."""

from django.urls import path

from sekisho.apps.diagnosis.views import confirming, ledger, running, stopping

app_name = "diagnosis"
urlpatterns = [
    path("", running.start, name="start"),
    path("consents/", ledger.consents, name="consents"),
    path("consents/add/", ledger.consent_add, name="consent_add"),
    path("consents/sign/", ledger.consents_sign, name="consents_sign"),
    path("consents/<uuid:consent_id>/", ledger.consent, name="consent"),
    path("consents/<uuid:consent_id>/edit/", ledger.consent_edit, name="consent_edit"),
    path("consents/<uuid:consent_id>/discard/", ledger.consent_discard, name="consent_discard"),
    path("consents/<uuid:consent_id>/accounts/", ledger.consent_accounts, name="consent_accounts"),
    path("consents/<uuid:consent_id>/withdraw/", ledger.consent_withdraw, name="consent_withdraw"),
    path("consents/<uuid:consent_id>/monitoring/", ledger.consent_monitoring, name="consent_monitoring"),
    path("lines/<uuid:line_id>/confirm/", confirming.confirm, name="confirm"),
    path("lines/<uuid:line_id>/link/", confirming.link, name="link"),
    path("runs/start/", running.run_start, name="run_start"),
    path("runs/<uuid:run_id>/", running.run, name="run"),
    path("runs/<uuid:run_id>/stop/", stopping.stop_run, name="stop_run"),
    path("runs/<uuid:run_id>/resume/", running.run_resume, name="run_resume"),
    path("addresses/<int:address_id>/", running.run_address, name="run_address"),
    path("evidence/<int:evidence_id>/", running.evidence, name="evidence"),
    path("stop/", stopping.stop_hospital, name="stop_hospital"),
    path("stop/everywhere/", stopping.stop_everywhere, name="stop_everywhere"),
    path("stops/<int:stop_id>/lift/", stopping.lift, name="lift"),
    path("region/", running.region, name="region"),
]
