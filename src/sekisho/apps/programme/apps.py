"""Django app configuration."""

from django.apps import AppConfig


class ProgrammeConfig(AppConfig):
    name = "sekisho.apps.programme"
    label = "programme"
