"""Addresses of this app."""

from django.urls import path

from sekisho.apps.workbooks import views

app_name = "workbooks"
urlpatterns = [
    path("", views.start, name="start"),
    path("blank.xlsx", views.blank, name="blank"),
    path("prefilled.xlsx", views.prefilled, name="prefilled"),
    path("upload/", views.upload, name="upload"),
    path("<uuid:upload_id>/", views.detail, name="detail"),
    path("<uuid:upload_id>/accept/", views.accept, name="accept"),
    path("<uuid:upload_id>/discard/", views.discard, name="discard"),
    path("<uuid:upload_id>/undo/", views.undo, name="undo"),
    path("<uuid:upload_id>/marked.xlsx", views.marked, name="marked"),
]
