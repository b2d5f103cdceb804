"""Django app configuration."""

from django.apps import AppConfig


class TenancyConfig(AppConfig):
    name = "sekisho.foundation.tenancy"
    label = "tenancy"
