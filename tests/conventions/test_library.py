"""The engine is a library: it needs no Django, is typed, and every public part of it is documented."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from scripts.reference_pages import network_api, network_file
from sekisho.adapters.network.read import KEYS

SRC = Path(__file__).resolve().parents[2] / "src"
_IMPORTS = """
import importlib, pkgutil, sys
for name in sys.argv[1:]:
    package = importlib.import_module(name)
    for module in pkgutil.walk_packages(package.__path__, name + "."):
        importlib.import_module(module.name)
print(*sorted({name.partition(".")[0] for name in sys.modules}))
"""


def loaded_with(*packages: str) -> set[str]:
    ran = subprocess.run([sys.executable, "-c", _IMPORTS, *packages], capture_output=True, text=True, timeout=120)
    assert ran.returncode == 0, ran.stderr
    return set(ran.stdout.split())


def test_importing_the_domain_and_the_networks_adapters_imports_no_django() -> None:
    loaded = loaded_with("sekisho.domain", "sekisho.adapters.network", "sekisho.adapters.configurations")
    assert "sekisho" in loaded
    assert loaded & {"django", "allauth", "asgiref", "sqlite3"} == set()


def test_importing_the_domain_imports_nothing_but_python() -> None:
    outside = loaded_with("sekisho.domain") - set(sys.stdlib_module_names) - {"sekisho"}
    installed = {name for name in outside if (SRC.parent / ".venv").exists() and not name.startswith("_")}
    assert installed & {"yaml", "openpyxl", "typst", "pydantic", "numpy", "networkx", "scipy", "rustworkx"} == set()


def test_the_package_says_that_it_is_typed() -> None:
    assert (SRC / "sekisho" / "py.typed").is_file()


@pytest.mark.parametrize("path", network_api.modules(), ids=network_api.name_of)
def test_every_public_part_has_a_docstring_and_types(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))), "the module"
    for one in network_api.offered(path):
        assert ast.get_docstring(one), one.name
        parts = one.body if isinstance(one, ast.ClassDef) else [one]
        for function in (part for part in parts if isinstance(part, ast.FunctionDef)):
            named = f"{one.name}.{function.name}"
            assert function.returns is not None, named
            arguments = [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]
            untyped = [argument.arg for argument in arguments if argument.annotation is None]
            assert set(untyped) <= {"self", "cls"}, named
            if not function.name.startswith("_"):
                assert ast.get_docstring(function), named


def test_the_page_of_the_library_has_every_public_part() -> None:
    page = network_api.network_api("en")
    for path in network_api.modules():
        section = page.partition(f"## `{network_api.name_of(path)}`\n")[2].partition("\n## ")[0]
        assert {one.name for one in network_api.offered(path)} <= {
            line.strip("#` ") for line in section.splitlines() if line.startswith("### ")
        }
    assert "answer(self, source: str, target: str, service: int) -> Tri" in page
    assert "read_network_model(raw: bytes, *, configurations:" in page


def test_the_page_of_network_yaml_has_every_key_that_the_reader_knows() -> None:
    for part in network_file.PARTS:
        assert sorted(part.keys) == sorted(part.known), part.title
    assert {part.title for part in network_file.PARTS if "." not in part.title} == set(KEYS)
    for language in ("en", "ja"):
        page = network_file.network_file(language)
        assert all(f"| `{key}` |" in page for part in network_file.PARTS for key in part.known)
