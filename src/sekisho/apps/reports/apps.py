"""Django app configuration."""

from django.apps import AppConfig


class ReportsConfig(AppConfig):
    name = "sekisho.apps.reports"
    label = "reports"
