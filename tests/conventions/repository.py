"""The files of the repository, as the rules of the house look at them."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
NOT_OURS = {".git", ".venv", "var", "node_modules", "__pycache__", ".hypothesis", ".mypy_cache", ".ruff_cache"}
NOT_OURS |= {".pytest_cache", ".import_linter_cache"}


@cache
def files() -> tuple[Path, ...]:
    """Return every file that could be committed."""
    return tuple(sorted(_walk(ROOT)))


def _walk(folder: Path) -> Iterator[Path]:
    for path in folder.iterdir():
        if path.name in NOT_OURS or path.name.startswith(".coverage"):
            continue
        if path.is_dir():
            yield from _walk(path)
        elif not path.name.startswith("~") and path.suffix != ".pyc":
            yield path


def text_of(path: Path) -> str | None:
    """Return what a text file says; None for any other, also for one that somebody's editor has just taken away."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return None
    if b"\0" in content[:8000]:
        return None
    try:
        return content.decode()
    except UnicodeDecodeError:
        return None


def name_of(path: Path) -> str:
    """Return how a file is called in messages."""
    return path.relative_to(ROOT).as_posix()
