"""Windows by the words and numbers that a PC or a service shows: which names it has in CPE, and which edition it is."""

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from sekisho.domain.vulnerabilities.products import Product, ProductName

_FOLDER = Path(__file__).parent / "vulnerabilities"
_EDITIONS = (
    ("iot-lts", r"iot.*ltsc|iotenterprises"),
    ("e-lts", r"lts[bc]|enterprises\b"),
    ("e", r"enterprise|education"),
    ("w", r"\bpro\b|professional|\bhome\b|\bcore\b"),
)
_BUILD = re.compile(r"(?:(\d{1,2})\.(\d)\.)?(\d{4,5})(?:\.(\d+))?")


@cache
def _builds() -> tuple[Mapping[str, Any], ...]:
    return tuple(yaml.safe_load((_FOLDER / "windows.yaml").read_bytes())["builds"])


def recognise_windows(system: str, version: str) -> Product | None:
    """Return the Windows that the folded name `system` and `version` mean; None when `system` does not say Windows.

    Without a build the version's own word (22H2) is looked up. "Windows 10" alone names no version: its product has no
    names but the family's, and every question about it stays open.
    """
    if "windows" not in system:
        return None
    is_server = "server" in system
    row = _row(system, version, is_server)
    kind = "server" if is_server else "client"
    names = [*(row.get(kind, ()) if row else ()), "windows_server" if is_server else "windows"]
    return Product(
        names=tuple(ProductName("o", "microsoft", name) for name in names),
        version=_whole_version(row, version),
        order="windows",
        label=" ".join(word.capitalize() if word.isascii() else word for word in system.split())[:80],
        edition=_edition(system, row, is_server),
    )


def _edition(system: str, row: Mapping[str, Any] | None, is_server: bool) -> str:
    if is_server:
        # Servers of the annual channel share builds with the long-lived ones; their names do not.
        return "ac" if row and row["year"] == "23H2" else "lts"
    return next((key for key, pattern in _EDITIONS if re.search(pattern, system)), "")


def _row(system: str, version: str, is_server: bool) -> Mapping[str, Any] | None:
    """Return the row of the build in `version`, else of the words in `system`."""
    kind = "server" if is_server else "client"
    found = _BUILD.fullmatch(version.split(" ")[0]) or re.search(r"(?:build |ビルド ?|10\.0\.)()()(\d{5})()", system)
    if found:
        return next((row for row in _builds() if row["build"].endswith(f".{found[3]}") and kind in row), None)
    words = set(system.replace("server", " ").split()) | {version.casefold()}
    for row in _builds():
        if kind not in row:
            continue
        if is_server:
            if re.search(rf"\b{row['year'].casefold()}\b(?! r2)", system):
                return row
        elif row.get("major", "10") in _major(system) and ("label" not in row or row["label"].casefold() in words):
            return row
    return None


def _major(system: str) -> tuple[str, ...]:
    found = re.search(r"windows (8\.1|11|10|8|7|xp)\b", system)
    return (found[1], found[1].upper()) if found else ()


def _whole_version(row: Mapping[str, Any] | None, version: str) -> str:
    """Return the version with all that is known: the build's own numbers where only 19045 or 22H2 was said."""
    found = _BUILD.fullmatch(version.split(" ")[0])
    if row is None:
        return version if found else ""
    return f"{row['build']}.{found[4]}" if found and found[4] else str(row["build"])
