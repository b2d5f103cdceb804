#!/usr/bin/env python3
"""Write the reference pages that are made from the code, so that they are never wrong.

    scripts/generate_docs.py            write them
    scripts/generate_docs.py --check    change nothing; say which are out of date

To add a page, write a function in `scripts/reference_pages/` that returns its text for a language, and give it a line in
`pages` (English and Japanese), or in `developer_pages` (English only) when nobody but a developer needs it.
"""

import argparse
import os
import sys
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
REFERENCE = ROOT / "docs" / "reference"


Page = Callable[[str], str]


def pages() -> list[tuple[str, Page]]:
    """Return the name of each page, without the ending, and what writes it; in English and in Japanese."""
    from scripts.reference_pages import (
        access,
        commands,
        formats,
        level,
        network_file,
        report,
        settings,
        threats,
        workbook,
    )

    return [
        ("permissions", access.permissions),
        ("settings", settings.settings),
        ("command-line", commands.commands),
        ("workbook", workbook.workbook),
        ("level-rules", level.level),
        ("threats", threats.threats),
        ("measures", report.measures),
        ("glossary", report.glossary),
        ("json-formats", formats.formats),
        ("network-yaml", network_file.network_file),
    ]


def developer_pages() -> list[tuple[str, Page]]:
    """Return the pages that are in English only."""
    from scripts.reference_pages import network_api, tables, trail

    return [("audit-verbs", trail.audit_verbs), ("network-api", network_api.network_api), *tables.pages()]


def texts() -> dict[Path, str]:
    """Return every page and what it should say."""
    in_both = {
        REFERENCE / (f"{name}.md" if language == "en" else f"{name}.ja.md"): page(language)
        for name, page in pages()
        for language in ("en", "ja")
    }
    return in_both | {REFERENCE / f"{name}.md": page("en") for name, page in developer_pages()}


def prepare_django() -> None:
    """Load the settings, without touching a database."""
    sys.path[:0] = [str(ROOT / "src"), str(ROOT)]
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sekisho.config.settings")
    import django

    django.setup()


def main() -> int:
    """Write or check; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="change nothing, say what is out of date")
    check = parser.parse_args().check
    prepare_django()
    made = texts()
    left = {path for path in REFERENCE.glob("models/*.md") if path not in made}
    stale = [path for path, text in made.items() if not path.exists() or path.read_text(encoding="utf-8") != text]
    for path in left:
        print(f"of no app: {path.relative_to(ROOT)}")
        if not check:
            path.unlink()
    for path in stale:
        print(f"{'out of date' if check else 'written'}: {path.relative_to(ROOT)}")
        if not check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(made[path], encoding="utf-8")
    return 1 if check and (stale or left) else 0


if __name__ == "__main__":
    sys.exit(main())
