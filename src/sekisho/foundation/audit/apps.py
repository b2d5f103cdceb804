"""Django app configuration."""

from django.apps import AppConfig


class AuditConfig(AppConfig):
    name = "sekisho.foundation.audit"
    label = "audit"
