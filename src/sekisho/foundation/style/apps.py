"""Django app configuration."""

from django.apps import AppConfig


class StyleConfig(AppConfig):
    name = "sekisho.foundation.style"
    label = "style"
