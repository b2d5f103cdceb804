"""Django app configuration."""

from django.apps import AppConfig


class NetworkConfig(AppConfig):
    name = "sekisho.apps.network"
    label = "network"
