"""The documentation leads where it says, and each decision is one page with its reasons."""

import re
from pathlib import Path

import pytest

from scripts.reference_pages.commands import parsers
from scripts.reference_pages.settings import MEANINGS
from tests.conventions.repository import ROOT, files, name_of

PAGES = [path for path in files() if path.suffix == ".md" and "src" not in path.parts]
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
DECISIONS = sorted((ROOT / "docs" / "decisions").glob("*.md"))


def anchors(page: Path) -> set[str]:
    heads = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.strip().lower()).replace(" ", "-") for head in heads}


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_link_leads_somewhere(page: Path) -> None:
    for link in LINK.findall(page.read_text(encoding="utf-8")):
        if link.startswith(("http:", "https:", "mailto:")):
            continue
        target, _hash, anchor = link.partition("#")
        there = (page.parent / target).resolve() if target else page
        assert there.exists(), f"{link} leads nowhere"
        if anchor:
            assert anchor in anchors(there), f"{link}: no such heading"


WRITTEN_BY_HAND = [path for path in PAGES if "reference" not in path.parts]


@pytest.mark.parametrize("page", WRITTEN_BY_HAND, ids=name_of)
def test_every_file_that_a_page_names_exists(page: Path) -> None:
    """Whole paths, and those below src/sekisho as explanations write them (`domain/facts.py`)."""
    for written in re.findall(r"`([\w./*-]+)`", page.read_text(encoding="utf-8")):
        first = written.partition("/")[0]
        if first in {"src", "tests", "docs", "examples", "scripts", "benchmarks", "requirements"} and "/" in written:
            assert list(ROOT.glob(written.rstrip("/"))), written
        elif first in {"domain", "adapters", "assessment", "foundation", "apps", "config", "cli"} and "/" in written:
            assert list((ROOT / "src" / "sekisho").glob(written.rstrip("/"))), written


def test_every_page_of_the_documentation_is_in_the_index() -> None:
    docs = ROOT / "docs"
    index = (docs / "README.md").read_text(encoding="utf-8")
    linked = {(docs / link.partition("#")[0]).resolve() for link in LINK.findall(index)}
    pages = [path for path in PAGES if docs in path.parents and path != docs / "README.md"]
    left = [path for path in pages if not any(path == to or to in path.parents for to in linked if to != docs)]
    assert [name_of(path) for path in left] == []


def test_every_picture_of_the_documentation_is_used() -> None:
    said = "".join(page.read_text(encoding="utf-8") for page in PAGES)
    pictures = [path for path in files() if path.suffix in {".png", ".svg", ".jpg"} and ROOT / "docs" in path.parents]
    assert [name_of(path) for path in pictures if path.name not in said] == []


def test_pages_in_two_languages_lead_to_each_other() -> None:
    for page in (path for path in PAGES if path.name.endswith(".ja.md") and path.parent.name == "how-to"):
        twin = page.with_name(page.name.replace(".ja.md", ".md"))
        assert twin.name in page.read_text(encoding="utf-8")
        assert page.name in twin.read_text(encoding="utf-8")


def test_twins_show_the_same_settings_and_configuration() -> None:
    for page in (path for path in PAGES if path.name.endswith(".ja.md") and path.parent.name == "how-to"):
        twin = page.with_name(page.name.replace(".ja.md", ".md"))
        for kind in ("nginx", "ini"):
            block = re.compile(rf"```{kind}\n.*?```", re.DOTALL)
            assert block.findall(page.read_text(encoding="utf-8")) == block.findall(twin.read_text(encoding="utf-8"))


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_settings_and_commands_that_a_page_names_exist(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert set(re.findall(r"\b(?:SEKISHO_[A-Z_]+|DATABASE_URL)\b", text)) <= MEANINGS.keys()
    code = "\n".join(re.findall(r"```.*?```|`[^`\n]+`", text, re.DOTALL))
    known = parsers()
    for first, second in re.findall(
        r"(?:bin/|`|\$ |^)sekisho ([a-z][a-z-]*)(?: ([a-z][a-z-]*))?(?![\w.])", code, re.MULTILINE
    ):
        assert f"sekisho {first}" in known, f"sekisho {first}"
        if second and any(called.startswith(f"sekisho {first} ") for called in known):
            assert f"sekisho {first} {second}" in known, f"sekisho {first} {second}"


def test_numbers_of_decisions_are_unique() -> None:
    numbers = [path.name[:4] for path in DECISIONS]
    assert all(number.isdecimal() for number in numbers)
    assert len(set(numbers)) == len(numbers)


@pytest.mark.parametrize("page", DECISIONS, ids=lambda path: path.stem)
def test_decision_has_its_number_context_decision_and_consequences(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert text.startswith(f"# {page.name[:4]} — ")
    heads = re.findall(r"^## (\w+)", text, re.MULTILINE)
    assert [head.rstrip("s") for head in heads if head.startswith(("Context", "Decision", "Consequence"))] == [
        "Context",
        "Decision",
        "Consequence",
    ]
    assert len(text.splitlines()) <= 80, "a page"
