"""Rules for every file: nothing names where we work or download, what others made says so, migrations have names."""

import ipaddress
import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.conventions.repository import files, name_of, text_of

# Put together here, so that this file keeps its own rules.
DOWNLOADS = [
    "pypi" + ".org", "python" + "hosted", "npm" + "js.", "registry" + ".npm", "crates" + ".io", "unpkg" + ".com",
    "jsdelivr" + ".net", "cdnjs" + ".", "githubuser" + "content", "deb.debian" + ".org", "archive.ubuntu" + ".com",
    "ghcr" + ".io", "docker" + ".io", "google" + "apis.com", "gstatic" + ".com",
]  # fmt: skip
WORKPLACE = re.compile(r"(?<![\w.}/$-])/(?:wo" + r"rk|ro" + r"ot|ho" + r"me/\w+)/|\bfar" + r"m-\w+")
INDEX = re.compile(r"--(?:extra-)?index-" + r"url|--find-" + r"links|^\s*(?:-i|-f)\s+http", re.MULTILINE)
ADDRESS = re.compile(r"https?://[^\s\"'<>()`\\{}|]+")
NAMESPACES = {
    "www.w3.org",
    "schemas.openxmlformats.org",
    "schemas.microsoft.com",
    "purl.org",
    "purl.oclc.org",
    "www.sitemaps.org",
}
RESERVED = (".example", ".invalid", ".test", ".localhost", "example.com", "example.jp", "example.net", "example.org")
QUOTED = {
    "src/sekisho/catalogue/samples/aoba/devices": {"www.cisco.com"},  # what the devices themselves print
    "tests/unit/domain/workbook/test_normalise_addresses.py": {"121.119.249.222"},  # what people paste into a cell
}


def of_others(path: Path) -> bool:
    """Return True for what others wrote: kept as it is."""
    return path.name == "LICENSE" or "vendor" in path.parts or path.suffix in {".ttf", ".woff2"}


@pytest.fixture(scope="module")
def texts() -> dict[str, str]:
    """Every text of ours, by the file's name."""
    read = ((name_of(path), text_of(path)) for path in files() if not of_others(path))
    return {name: text for name, text in read if text is not None}


def test_no_file_names_where_packages_are_downloaded(texts: dict[str, str]) -> None:
    found = [(name, host) for name, text in texts.items() for host in DOWNLOADS if host in text]
    assert found == []
    with_index = [name for name, text in texts.items() if name.startswith("requirements/") and INDEX.search(text)]
    assert with_index == [], "pin packages with hashes and without an address"


def test_no_file_names_a_workplace(texts: dict[str, str]) -> None:
    found = [(name, match.group()) for name, text in texts.items() if (match := WORKPLACE.search(text))]
    assert found == []


def test_every_web_address_is_reserved_or_a_namespace(texts: dict[str, str]) -> None:
    strangers = [
        (name, address)
        for name, text in texts.items()
        for address in ADDRESS.findall(text)
        if _leads_out(name, address)
    ]
    assert strangers == []


def _leads_out(name: str, address: str) -> bool:
    try:
        host = urlsplit(address).hostname or ""
    except ValueError:
        return False
    if "." not in host or host in NAMESPACES or host.endswith(RESERVED) or host.isdecimal():
        return False
    quoted = next((hosts for place, hosts in QUOTED.items() if name.startswith(place)), set())
    return host not in quoted and not _is_reserved(host)


def _is_reserved(host: str) -> bool:
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        return False


def folders_of_others() -> list[Path]:
    kinds = {".ttf", ".otf", ".woff", ".woff2"}
    holding = {path.parent for path in files() if path.suffix in kinds or path.name.endswith(".min.js")}
    vendors = {path.parent for path in files() if path.parent.parent.name == "vendor"}
    return sorted(holding | vendors)


@pytest.mark.parametrize("folder", folders_of_others(), ids=name_of)
def test_what_others_made_has_its_licence_and_its_origin(folder: Path) -> None:
    for name in ("LICENSE", "ORIGIN"):
        assert (folder / name).read_text(encoding="utf-8").strip(), f"{name_of(folder)} lacks {name}"
    origin = (folder / "ORIGIN").read_text(encoding="utf-8")
    assert re.search(r"\d+\.\d+|see ORIGIN there", origin), "ORIGIN names no version"


def test_folders_of_others_are_found() -> None:
    assert len(folders_of_others()) >= 4


def test_requirements_are_pinned_with_hashes(texts: dict[str, str]) -> None:
    for name in ("requirements/runtime.txt", "requirements/development.txt"):
        pinned = re.findall(r"^([A-Za-z0-9._-]+(?:\[[\w,-]+\])?)==\S+(.*(?:\n    .*)*)", texts[name], re.MULTILINE)
        assert len(pinned) > 20
        assert [package for package, rest in pinned if "--hash=sha256:" not in rest] == []


MIGRATIONS = [path for path in files() if path.parent.name == "migrations" and path.name != "__init__.py"]


@pytest.mark.parametrize("path", MIGRATIONS, ids=name_of)
def test_migration_has_a_name_that_says_what_it_does(path: Path) -> None:
    assert re.fullmatch(r"\d{4}_[a-z][a-z0-9_]+\.py", path.name)
    assert "_auto" not in path.name, "makemigrations --name what_it_does"


def test_no_file_is_larger_than_somebody_would_read_past() -> None:
    large = [name_of(path) for path in files() if path.exists() and path.stat().st_size > 6_000_000]
    assert large == []
