"""Django app configuration."""

from django.apps import AppConfig


class OverviewConfig(AppConfig):
    name = "sekisho.apps.overview"
    label = "overview"
