"""Markdown that the pages have in common."""

from collections.abc import Iterable

from sekisho.domain.text import Text


def table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """Return a Markdown table."""
    heads = list(heads)
    lines = [heads, ["---"] * len(heads), *([cell_text(cell) for cell in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def cell_text(cell: str) -> str:
    """Return `cell` on one line, with nothing in it that would end the cell."""
    return " ".join(cell.split()).replace("|", "\\|")


def code(word: str) -> str:
    """Return `word` as code; nothing for nothing."""
    return f"`{word}`" if word else ""


def page(title: str, source: str, language: str, *parts: str) -> str:
    """Return a page that says what it was made from."""
    made = Text(
        "このページは `{source}` から作られています。手で直さず、`make docs` で作り直してください。",
        "This page is made from `{source}`. Do not edit it; run `make docs`.",
    ).filled(source=source)
    return "\n\n".join((f"# {title}", made.within(language), *parts)) + "\n"


CERTAINTIES = {
    "read": Text("資料のとおり", "read in the source"),
    "derived": Text("資料から推測", "inferred from the source"),
    "own": Text("独自の提案", "our own proposal"),
    "✔": Text("資料のとおり", "read in the source"),
    "◇": Text("資料から推測", "inferred from the source"),
    "✎": Text("独自の提案", "our own proposal"),
}
