"""Django app configuration."""

from django.apps import AppConfig


class PortalConfig(AppConfig):
    name = "sekisho.apps.portal"
    label = "portal"
