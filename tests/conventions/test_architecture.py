"""ARCHITECTURE.md names every package there is, and nothing that is not there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SRC = ROOT / "src" / "sekisho"
TEXT = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
TREE = TEXT.partition("## The tree")[2].partition("\n## ")[0]
ROOTS = ("src/", "tests/", "docs/", "examples/", "scripts/", "benchmarks/", "requirements/")


def packages() -> list[Path]:
    """Return every package of the top level, and every one of the second where the tree goes down to it."""
    top = [path for path in SRC.iterdir() if path.is_dir() and path.name != "__pycache__"]
    deep = [SRC / name for name in ("domain", "catalogue", "adapters", "foundation", "apps")]
    return top + [path for folder in deep for path in folder.iterdir() if path.is_dir() and path.name != "__pycache__"]


@pytest.mark.parametrize("package", packages(), ids=lambda path: path.relative_to(SRC).as_posix())
def test_tree_names_every_package(package: Path) -> None:
    depth = len(package.relative_to(SRC).parts)
    indented = rf"^{' ' * 2 * depth}(?:\w+/ )*{package.name}/"
    assert re.search(indented, TREE, re.MULTILINE), f"give {package.name}/ a line in the tree of ARCHITECTURE.md"


def test_tree_names_no_package_that_is_not_there() -> None:
    named = set(re.findall(r"([a-z_]+)/(?=[ \n])", TREE)) - {root.strip("/") for root in ROOTS}
    there = {path.name for path in packages()} | {"sekisho"}
    assert named - there == set()


def named_paths() -> list[str]:
    written = re.findall(r"`([^`\n]+)`", TEXT)
    return sorted({word for word in written if word.startswith(ROOTS) and "<" not in word})


@pytest.mark.parametrize("path", named_paths())
def test_every_path_exists(path: str) -> None:
    assert (ROOT / path).exists()


def test_layers_are_those_that_are_enforced() -> None:
    import tomllib

    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"][
        "contracts"
    ]
    drawn = TEXT.partition("## The layers")[2].partition("```\n")[2].partition("```")[0]
    first_words = [re.sub(r"\s*│\s*", " | ", line.strip()) for line in drawn.splitlines() if line.strip()]
    layers = next(c["layers"] for c in contracts if c.get("containers") == ["sekisho"])
    assert len(first_words) == len(layers)
    for line, layer in zip(first_words, layers, strict=True):
        assert line.startswith(layer), (line, layer)
    apps = next(c["layers"] for c in contracts if c.get("containers") == ["sekisho.apps"])
    assert " > ".join(apps) in drawn
