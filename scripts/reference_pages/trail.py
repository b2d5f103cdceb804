"""Verbs of the audit trail, from the calls that write them."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from scripts.reference_pages.markdown import code, page, table

SRC = Path(__file__).resolve().parents[2] / "src"
WRITERS = {"record", "_record"}
Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, order=True)
class Verb:
    """One verb, what is done when it is written, and where."""

    name: str
    meaning: str
    place: str


def verbs() -> list[Verb]:
    """Return every verb that the code writes, sorted."""
    found = {verb for path in SRC.rglob("*.py") for verb in _verbs_of(path)}
    return sorted(found)


def _verbs_of(path: Path) -> Iterator[Verb]:
    place = path.relative_to(SRC).as_posix()
    if "/apps/" not in f"/{place}" and "/foundation/" not in f"/{place}":
        return
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for function in (node for node in ast.walk(tree) if isinstance(node, Function)):
        for call in _calls_in(function):
            if call.args and (name := _text(call.args[0])).count(".") >= 2:
                yield Verb(name, _meaning(function), f"{place}: {function.name}")


def _calls_in(function: Function) -> Iterator[ast.Call]:
    for node in ast.walk(function):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in WRITERS:
            yield node


def _text(node: ast.expr) -> str:
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else "<…>" for part in node.values)
    return ""


def _meaning(function: Function) -> str:
    docstring = ast.get_docstring(function)
    return docstring.split("\n\n")[0] if docstring else function.name.strip("_").replace("_", " ")


def audit_verbs(_language: str) -> str:
    """Return the page."""
    about = (
        "Every change is told to the audit trail in its own transaction (`foundation/audit`). A verb is "
        "`app.thing.done`; `<…>` is\nfilled in at run time with the kind of record or the state of the job. The meaning is what "
        "the function that writes it says\nof itself."
    )
    rows = ([code(verb.name), verb.meaning, code(verb.place)] for verb in verbs())
    return page("Audit verbs", "src/sekisho/", "en", about, table(["verb", "written when", "where"], rows))
