"""Addresses of this app inside one hospital."""

from django.urls import path

from sekisho.apps.findings.views import finding, listing, looks, outside

app_name = "findings"
urlpatterns = [
    path("", listing.listed, name="list"),
    path("export/<slug:file_format>/", listing.export, name="export"),
    path("bulk/", listing.bulk, name="bulk"),
    path("bulk/move/", listing.bulk_move, name="bulk_move"),
    path("bulk/<uuid:batch_id>/undo/", listing.bulk_undo, name="bulk_undo"),
    path("looks/", looks.looks, name="looks"),
    path("looks/upload/", looks.upload, name="upload"),
    path("compare/", looks.compare, name="compare"),
    path("ports/<int:seen_id>/", looks.ports, name="ports"),
    path("outside/", outside.outside, name="outside"),
    path("outside/pdf/", outside.outside_pdf, name="outside_pdf"),
    path("evidence/<int:piece_id>/", finding.evidence, name="evidence"),
    path("<uuid:finding_id>/", finding.finding, name="finding"),
    path("<uuid:finding_id>/move/", finding.move, name="move"),
    path("<uuid:finding_id>/recheck/", finding.recheck, name="recheck"),
]
