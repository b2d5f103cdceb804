"""Addresses of the feeds."""

from django.urls import path

from sekisho.apps.vulnerabilities.views import feeds

app_name = "feeds"
urlpatterns = [
    path("", feeds.listed, name="list"),
    path("upload/", feeds.upload, name="upload"),
    path("look/", feeds.look, name="look"),
    path("<uuid:load_id>/", feeds.load, name="load"),
    path("<uuid:load_id>/undo/", feeds.undo, name="undo"),
    path("<uuid:load_id>/again/", feeds.read_again, name="again"),
]
