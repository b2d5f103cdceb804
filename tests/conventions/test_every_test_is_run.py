"""`make test` runs every folder that holds tests: one that is forgotten there proves nothing."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_scripts_test_names_every_folder_with_tests():
    folders = {path.relative_to(ROOT / "tests").parts[0] for path in (ROOT / "tests").rglob("test_*.py")}
    commands = (ROOT / "scripts" / "test").read_text(encoding="utf-8").split()
    assert {folder for folder in folders if f"tests/{folder}" not in commands} == set()
