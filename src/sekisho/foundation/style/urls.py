"""Addresses of this app."""

from django.urls import path

from sekisho.foundation.style import views

app_name = "style"
urlpatterns = [
    path("", views.components, name="components"),
    path("list/", views.listing, name="list"),
    path("record/", views.record, name="record"),
    path("autosave/", views.autosave, name="autosave"),
    path("upload/", views.upload, name="upload"),
    path("job/<int:done>/", views.job, name="job"),
    path("undo/", views.undo, name="undo"),
    path("error/<int:number>/", views.error, name="error"),
]
