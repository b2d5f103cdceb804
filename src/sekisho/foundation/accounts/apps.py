"""Django app configuration."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "sekisho.foundation.accounts"
    label = "accounts"

    def ready(self) -> None:
        from sekisho.foundation.accounts import signals  # noqa: F401
