"""The tables, one page per app, from the models."""

from collections.abc import Callable

from django.apps import AppConfig, apps
from django.db import models
from django.utils import translation
from django.utils.encoding import force_str

from scripts.reference_pages.markdown import code, page, table
from sekisho.catalogue.workbooks import load_edition

EVERYWHERE = {
    "hospital": "the hospital that it belongs to",
    "version": "how often it was changed",
    "unknowns": "the questions answered “unknown”, each with its reason",
    "created_at": "when it was made",
    "updated_at": "when it was last changed",
    "created_by": "who made it; none for the system itself",
    "retired_at": "since when it is out of use",
    "retired_reason": "why it is out of use",
    "sha256": "SHA-256 of the content, in hexadecimal digits",
}
"""What fields of the same name hold in every table."""


def app_configs() -> list[AppConfig]:
    """Return our apps that have tables."""
    return [config for config in apps.get_app_configs() if config.name.startswith("sekisho.") and list(_models(config))]


def _models(config: AppConfig) -> list[type[models.Model]]:
    return sorted(config.get_models(), key=lambda model: model.__name__)


def pages() -> list[tuple[str, Callable[[str], str]]]:
    """Return the name and the writer of each page."""
    return [(f"models/{config.label}", _writer(config)) for config in app_configs()]


def _writer(config: AppConfig) -> Callable[[str], str]:
    return lambda _language: app_page(config)


def app_page(config: AppConfig) -> str:
    """Return the page of one app."""
    parts = []
    for model in _models(config):
        parts += [f"## {model.__name__}", (model.__doc__ or "").strip().replace("\n    ", "\n"), _fields(model)]
        if model._meta.constraints:
            named = "\n".join(f"* `{constraint.name}`" for constraint in model._meta.constraints)
            parts.append(f"Constraints:\n\n{named}")
    source = f"{config.name.replace('.', '/')}/models.py"
    return page(f"Tables of `{config.name.removeprefix('sekisho.')}`", f"src/{source}", "en", *parts)


def _fields(model: type[models.Model]) -> str:
    heads = ["field", "type", "holds", "may be empty"]
    asked = _questions(model)
    rows = [
        [
            code(field.name),
            _type(field),
            asked.get(field.name) or _holds(field) or EVERYWHERE.get(field.name, ""),
            "yes" if field.null or field.blank else "",
        ]
        for field in model._meta.concrete_fields
    ]
    return table(heads, rows)


def _questions(model: type[models.Model]) -> dict[str, str]:
    """Return the headings of the questions whose answers the table holds."""
    from sekisho.apps.register import basics_pages, kinds
    from sekisho.apps.register.models import Basics, Contact

    columns = {kind.model: kind.columns for kind in kinds.kinds().values()}
    columns |= {Basics: load_edition().sheet("basic").columns, Contact: basics_pages.contact_columns()}
    return {column.key: f"{column.heading.ja} ({column.heading.en})" for column in columns.get(model, ())}


def _type(field: models.Field) -> str:
    if isinstance(field, models.ForeignKey):
        return f"→ {field.remote_field.model._meta.label}"
    length = f"({field.max_length})" if isinstance(field, models.CharField) and field.max_length else ""
    unique = ", unique" if field.unique and not field.primary_key else ""
    return f"{type(field).__name__.removesuffix('Field')}{length}{', key' if field.primary_key else ''}{unique}"


def _holds(field: models.Field) -> str:
    with translation.override("ja"):
        ja = force_str(field.verbose_name)
        choices = "／".join(f"{force_str(label)} `{value}`" for value, label in field.flatchoices if value)
    named = ja if ja != field.name.replace("_", " ") else ""
    return "：".join(filter(None, (named, choices)))
