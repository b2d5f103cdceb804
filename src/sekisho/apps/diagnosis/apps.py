"""Django app configuration."""

from django.apps import AppConfig


class DiagnosisConfig(AppConfig):
    name = "sekisho.apps.diagnosis"
    label = "diagnosis"

    def ready(self) -> None:
        """Register what the jobs of this app do."""
        from sekisho.apps.diagnosis import scanning  # noqa: F401
