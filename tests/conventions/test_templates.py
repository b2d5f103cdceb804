"""Every template compiles and is used."""

import re
from functools import cache
from pathlib import Path

import pytest
from django.apps import apps
from django.template import engines
from django.template.backends.django import DjangoTemplates

from tests.conventions.repository import ROOT

SRC = ROOT / "src" / "sekisho"
BY_NAME = {"400.html", "403.html", "404.html", "500.html", "403_csrf.html", "429.html"}
"""Django and django-allauth find these themselves."""


def templates() -> list[tuple[str, Path]]:
    found = [path for path in SRC.rglob("templates/**/*") if path.is_file()]
    return sorted((path.relative_to(_folder(path)).as_posix(), path) for path in found)


def _folder(path: Path) -> Path:
    return next(parent for parent in reversed(path.parents) if parent.name == "templates" and SRC in parent.parents)


DJANGO = [(name, path) for name, path in templates() if path.suffix in {".html", ".txt"}]


@cache
def sources() -> dict[Path, str]:
    """Return everything that could name a template."""
    named = [*SRC.rglob("*.py"), *(path for _name, path in DJANGO)]
    return {path: path.read_text(encoding="utf-8") for path in named}


@pytest.mark.parametrize(("name", "path"), DJANGO, ids=[name for name, _path in DJANGO])
def test_template_compiles(name: str, path: Path) -> None:
    engine = engines["django"]
    assert isinstance(engine, DjangoTemplates)
    template = engine.get_template(name)
    assert Path(template.origin.name) == path, "another template of this name hides it"


@pytest.mark.parametrize(("name", "path"), DJANGO, ids=[name for name, _path in DJANGO])
def test_template_is_used(name: str, path: Path) -> None:
    assert name in BY_NAME or _takes_the_place_of_anothers(name) or _is_named(name, path), f"nothing uses {name}"


def _folders_of_others() -> list[Path]:
    return [Path(config.path) / "templates" for config in apps.get_app_configs() if "sekisho" not in config.name]


def _takes_the_place_of_anothers(name: str) -> bool:
    """Return True when an app of others has a template of this name, or sends a mail of it, which ours replaces."""
    if any((folder / name).exists() for folder in _folders_of_others()):
        return True
    mail = re.fullmatch(r"mails/(\w+)\.(?:ja|en)\.txt", name)
    return bool(mail) and any(
        list(folder.glob(f"*/email/{mail[1]}_subject.txt")) for folder in _folders_of_others() if mail
    )


def _is_named(name: str, path: Path) -> bool:
    folder, _slash, last = name.rpartition("/")
    stem = last.partition(".")[0]
    whole = re.compile(rf"""["']{re.escape(name)}["']""")
    # f"register/{'line' if ... else 'record'}.html", and mails, whose language is put in
    put_together = re.compile(rf"""{re.escape(folder)}/{{[^\n]*["']{stem}["']|send\(\s*["']{stem}["']""")
    return any(
        whole.search(text) or (folder and put_together.search(text))
        for other, text in sources().items()
        if other != path
    )


def test_templates_are_found() -> None:
    assert len(DJANGO) > 80
