"""The reference pages made from the code say what the code says."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest
from django.apps import apps

from scripts.reference_pages import commands, formats, settings, tables, trail
from scripts.reference_pages.markdown import table
from sekisho.cli.main import COMMANDS

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "scripts" / "generate_docs.py"


@pytest.fixture(scope="module")
def generate_docs() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate_docs", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def made(generate_docs: ModuleType) -> dict[Path, str]:
    """Every page by its path, as the code would have it."""
    texts: dict[Path, str] = generate_docs.texts()
    return texts


def test_generated_pages_are_fresh(made: dict[Path, str]) -> None:
    stale = [path.name for path, text in made.items() if not path.exists() or path.read_text(encoding="utf-8") != text]
    assert stale == [], "run `make docs`"


def test_pages_for_everybody_exist_in_both_languages(generate_docs: ModuleType, made: dict[Path, str]) -> None:
    names = {path.name for path in made}
    wanted = {f"{name}{end}" for name, _page in generate_docs.pages() for end in (".md", ".ja.md")}
    assert wanted - names == set()
    assert wanted, "there are pages"


def test_every_model_has_its_section_on_the_page_of_its_app(made: dict[Path, str]) -> None:
    text = {path.stem: page for path, page in made.items() if path.parent.name == "models"}
    for config in tables.app_configs():
        for model in apps.get_app_config(config.label).get_models():
            section = text[config.label].partition(f"## {model.__name__}\n")[2].partition("\n## ")[0]
            for field in model._meta.concrete_fields:
                assert f"| `{field.name}` |" in section, f"{model._meta.label}.{field.name}"


def test_no_page_is_left_of_an_app_that_is_gone(made: dict[Path, str]) -> None:
    assert set((ROOT / "docs" / "reference" / "models").glob("*.md")) - made.keys() == set()


def test_every_variable_that_the_code_reads_is_explained() -> None:
    assert settings.environment_reads().keys() == settings.MEANINGS.keys()
    assert settings.environment_reads()["SEKISHO_SMTP_PORT"] == "587"


def test_every_command_is_on_the_page_and_says_what_it_does_in_both_languages(made: dict[Path, str]) -> None:
    assert {called.split()[1] for called in commands.parsers()} == set(COMMANDS)
    told = commands.purposes()
    for called, parser in commands.parsers().items():
        ja, slash, en = told[called].partition(" / ")
        assert (bool(ja), slash, bool(en)) == (True, " / ", True), called
        assert any("ぁ" <= letter <= "ん" for letter in ja), called
        assert en.isascii(), called
        for action in parser._actions:
            assert " / " in (action.help or "") or not action.help, (called, action.dest)
            assert action.help or action.dest == "action", f"{called}: {action.dest} has no help"
        for path in made:
            if path.name.startswith("command-line"):
                assert f"## `{called}`" in made[path]


def test_every_audit_verb_has_three_parts_and_begins_with_its_app() -> None:
    assert len(trail.verbs()) > 40
    for verb in trail.verbs():
        app = verb.place.split("/")[2]
        assert verb.name.split(".")[0] == app, verb
        assert len(verb.name.split(".")) == 3, verb


def test_examples_of_json_have_every_key_of_the_real_output() -> None:
    def keys(value: object) -> set[str]:
        if isinstance(value, dict):
            return set(value) | {key for inner in value.values() for key in keys(inner)}
        return {key for inner in value for key in keys(inner)} if isinstance(value, list) else set()

    about_a_workbook = {"sheet", "cell", "rule", "severity", "message"}
    wanted = {
        "check": about_a_workbook,
        "judge": about_a_workbook,
        "assessment": about_a_workbook,
        "read": {"key", "severity", "certainty", "evidence"},
        "run": {"state", "completeness", "commands", "sha256", "loss"},
    }
    assert formats._documents().keys() == wanted.keys()
    for name, document in formats._documents().items():
        short = formats.shortened(document)
        assert short.keys() == document.keys()
        assert wanted[name] <= keys(short), name
        assert not formats.HASH.search(str(short)), "a hash would go stale with every version"


def test_table_keeps_bars_and_line_ends_inside_their_cell() -> None:
    assert table(["a"], [["x|y\nz"]]).splitlines()[-1] == "| x\\|y z |"
