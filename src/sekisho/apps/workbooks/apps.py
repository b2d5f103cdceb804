"""Django app configuration."""

from django.apps import AppConfig


class WorkbooksConfig(AppConfig):
    name = "sekisho.apps.workbooks"
    label = "workbooks"
