"""Django app configuration."""

from django.apps import AppConfig


class JudgementConfig(AppConfig):
    name = "sekisho.apps.judgement"
    label = "judgement"
