"""Django app configuration."""

from django.apps import AppConfig


class RegisterConfig(AppConfig):
    name = "sekisho.apps.register"
    label = "register"
