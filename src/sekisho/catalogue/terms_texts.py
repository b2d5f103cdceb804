"""The terms that Sekisho ships with, as a starting text for a programme."""

from dataclasses import dataclass
from datetime import date
from importlib.resources import files

import yaml

from sekisho.catalogue.errors import CatalogueError


@dataclass(frozen=True, slots=True)
class TermsText:
    """One version of the terms, to be published."""

    version: str
    title: str
    text: str
    effective_on: date


def load_terms(version: str = "1.0") -> TermsText:
    """Return the bundled terms.

    Raises:
        CatalogueError: there is no such version, or its file lacks something.
    """
    path = files("sekisho.catalogue") / "terms" / f"terms_{version}.yaml"
    try:
        raw = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
        return TermsText(raw["version"], raw["title"], raw["text"].strip(), date.fromisoformat(raw["effective_on"]))
    except (OSError, KeyError, TypeError, ValueError, yaml.YAMLError) as error:
        raise CatalogueError(f"terms/terms_{version}.yaml: {error}") from error
