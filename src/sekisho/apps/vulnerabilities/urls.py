"""Addresses of this app inside one hospital."""

from django.urls import path

from sekisho.apps.vulnerabilities.views import hospital

app_name = "vulnerabilities"
urlpatterns = [
    path("", hospital.start, name="start"),
    path("products/<uuid:product_id>/", hospital.product, name="product"),
    path("notices/<uuid:notice_id>/", hospital.answer, name="answer"),
]
