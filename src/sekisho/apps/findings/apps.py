"""Django app configuration."""

from django.apps import AppConfig


class FindingsConfig(AppConfig):
    name = "sekisho.apps.findings"
    label = "findings"

    def ready(self) -> None:
        """Have every diagnosis that has scanned something tell this app."""
        from sekisho.apps.findings import runs  # noqa: F401
