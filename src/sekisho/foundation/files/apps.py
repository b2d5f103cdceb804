"""Django app configuration."""

from django.apps import AppConfig


class FilesConfig(AppConfig):
    name = "sekisho.foundation.files"
    label = "files"
