"""The reference pages made from the code say what the code says."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "generate_docs.py"


@pytest.fixture(scope="module")
def generate_docs() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate_docs", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_generated_pages_are_fresh(generate_docs: ModuleType) -> None:
    stale = [str(path) for path, text in generate_docs.texts().items() if path.read_text(encoding="utf-8") != text]
    assert stale == [], "run `make docs`"


def test_every_page_exists_in_both_languages(generate_docs: ModuleType) -> None:
    names = {path.name for path in generate_docs.texts()}
    assert {f"{name}{end}" for name, _page in generate_docs.PAGES for end in (".md", ".ja.md")} == names


def test_table_keeps_a_bar_inside_its_cell(generate_docs: ModuleType) -> None:
    assert generate_docs.table(["a"], [["x|y"]]).splitlines()[-1] == "| x\\|y |"
