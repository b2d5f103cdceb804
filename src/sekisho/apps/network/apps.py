"""Django app configuration."""

from django.apps import AppConfig


class NetworkConfig(AppConfig):
    name = "sekisho.apps.network"
    label = "network"

    def ready(self) -> None:
        # Tells the jobs what "network.configurations" does; a worker would never come by here otherwise.
        from sekisho.apps.network import configurations  # noqa: F401
