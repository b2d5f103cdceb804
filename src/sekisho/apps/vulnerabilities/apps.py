"""Django app configuration."""

from django.apps import AppConfig


class VulnerabilitiesConfig(AppConfig):
    name = "sekisho.apps.vulnerabilities"
    label = "vulnerabilities"

    def ready(self) -> None:
        # Tells the jobs what this app does, and keeps the table of products in step with the register.
        from sekisho.apps.vulnerabilities import loading, products, watch  # noqa: F401

        products.follow_the_register()
