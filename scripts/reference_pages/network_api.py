"""The network engine as a library: public modules, classes and functions with their signatures and docstrings.

Taken from the source without importing it, so that a signature reads as it is written.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

from scripts.reference_pages.markdown import page

SRC = Path(__file__).resolve().parents[2] / "src" / "sekisho"
ADAPTERS = (
    "adapters/network/read.py", "adapters/network/write.py", "adapters/network/beside.py",
    "adapters/network/reconfigured.py", "adapters/network/needs_table.py", "adapters/configurations/read.py",
    "adapters/configurations/decoding.py", "adapters/configurations/redaction.py", "catalogue/intrusion.py",
)  # fmt: skip
"""Besides the engine: how networks and configurations come in and go out."""
OFFERED = ("likeness", "read", "emit", "as_text")
"""What each vendor's package offers; its other functions are its own."""
Definition = ast.FunctionDef | ast.ClassDef


def modules() -> list[Path]:
    """Return the modules on the page, the engine first."""
    engine = sorted(path for path in (SRC / "domain/network").glob("*.py") if path.name != "__init__.py")
    return [*engine, *(SRC / name for name in ADAPTERS), *vendors()]


def vendors() -> list[Path]:
    """Return the modules that read or write the configurations of a vendor."""
    there = sorted((SRC / "adapters/configurations").glob("*/*.py"))
    return [path for path in there if any(one.name in OFFERED for one in public(path))]


def public(path: Path) -> list[Definition]:
    """Return the public classes and functions of a module, in the order of the source."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return [one for one in tree.body if isinstance(one, Definition) and not one.name.startswith("_")]


def offered(path: Path) -> list[Definition]:
    """Return what others may use of a module."""
    found = public(path)
    return [one for one in found if one.name in OFFERED] if path in vendors() else found


def name_of(path: Path) -> str:
    """Return a module's name."""
    return ".".join(path.relative_to(SRC.parent).with_suffix("").parts)


def network_api(_language: str) -> str:
    """Return the page."""
    told = (
        "None of these modules needs Django or a database; `sekisho.domain` needs nothing but Python. All are typed (`py.typed`). "
        "[The tutorial](../tutorials/network-engine.md) shows them at work. Addresses and services are sets of numbers "
        "(`Ranges`); unknown is an answer (`Tri.UNKNOWN`)."
    )
    return page(
        "The network engine as a library",
        "the docstrings of sekisho.domain.network, sekisho.adapters.network and sekisho.adapters.configurations",
        "en",
        told,
        *(part for path in modules() for part in _module(path)),
    )


def _module(path: Path) -> Iterator[str]:
    yield f"## `{name_of(path)}`"
    yield _docstring(ast.parse(path.read_text(encoding="utf-8")))
    for one in offered(path):
        yield f"### `{one.name}`"
        yield f"```python\n{_signature(one)}\n```"
        if told := _docstring(one):
            yield told
        if isinstance(one, ast.ClassDef):
            yield from _methods(one)


def _methods(one: ast.ClassDef) -> Iterator[str]:
    told = [
        f"* `{_signature(method)}`: {' '.join(_docstring(method).split())}"
        for method in one.body
        if isinstance(method, ast.FunctionDef) and not method.name.startswith("_")
    ]
    if told:
        yield "\n".join(told)


def _signature(one: Definition) -> str:
    if isinstance(one, ast.FunctionDef):
        returns = f" -> {ast.unparse(one.returns)}" if one.returns else ""
        return f"{one.name}({ast.unparse(one.args)}){returns}"
    bases = ", ".join(ast.unparse(base) for base in one.bases)
    fields = [ast.unparse(field) for field in one.body if isinstance(field, ast.AnnAssign)]
    fields += [ast.unparse(field) for field in one.body if isinstance(field, ast.Assign) and bases == "Enum"]
    begins = [method for method in one.body if isinstance(method, ast.FunctionDef) and method.name == "__init__"]
    fields += [f"def {_signature(method)}" for method in begins]
    return "\n    ".join([f"class {one.name}" + (f"({bases})" if bases else ""), *fields])


def _docstring(one: Definition | ast.Module) -> str:
    """Return a docstring as Markdown: what is no code keeps its angle brackets."""
    lines = (ast.get_docstring(one) or "").splitlines()
    return "\n".join(line if line.startswith("    ") else line.replace("<", "\\<") for line in lines)
