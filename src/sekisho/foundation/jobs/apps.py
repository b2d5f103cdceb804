"""Django app configuration."""

from django.apps import AppConfig


class JobsConfig(AppConfig):
    name = "sekisho.foundation.jobs"
    label = "jobs"
