"""Django app configuration."""

from django.apps import AppConfig


class UiConfig(AppConfig):
    name = "sekisho.foundation.ui"
    label = "ui"
