"""Django app configuration."""

from django.apps import AppConfig


class ReportsConfig(AppConfig):
    name = "sekisho.apps.reports"
    label = "reports"

    def ready(self) -> None:
        # Tells the jobs what "reports.issue" does; a worker loads no address and would never come by here otherwise.
        from sekisho.apps.reports import actions  # noqa: F401
