#!/usr/bin/env python3
"""Fetch the released assets that Sekisho bundles (fonts, style tokens, scripts) as npm packages.

Each line of ASSETS pins one release by its sha512; nothing whose hash differs is unpacked. The files land in the tree
and are committed, so that a closed network needs no fetching. Beside them goes an ORIGIN file: package and version.
Needs `npm` on the PATH, and fonttools for the web fonts and for the list of characters that the document font holds.
"""

import base64
import hashlib
import subprocess
import sys
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path

from web_fonts import write_web_fonts

ROOT = Path(__file__).resolve().parent.parent
DOCUMENT_FONTS = "src/sekisho/adapters/documents/fonts"
VENDOR = "src/sekisho/foundation/ui/static/ui/vendor"
WEB_FONTS = f"{VENDOR}/biz-udpgothic"


@dataclass(frozen=True)
class Asset:
    """One npm release. `files` maps a path in the package to a path below `into`."""

    name: str
    version: str
    integrity: str
    licence: str
    into: str
    files: dict[str, str]


ASSETS = [
    Asset(
        name="@expo-google-fonts/biz-udpgothic",
        version="0.4.2",
        integrity="sha512-HySo5PUz//XzvqKTKiOcgvdFuyPvJBIrnhhEW7l+Q1sqxblzzHuXhIaiYx4VdLjLbNA1fNaMdTgM7wj2k1FYBQ==",
        licence="OFL-1.1",
        into=DOCUMENT_FONTS,
        files={
            "400Regular/BIZUDPGothic_400Regular.ttf": "BIZUDPGothic-Regular.ttf",
            "700Bold/BIZUDPGothic_700Bold.ttf": "BIZUDPGothic-Bold.ttf",
            "LICENSE_FONT": "LICENSE",
        },
    ),
    Asset(
        name="htmx.org",
        version="2.0.11",
        integrity="sha512-Thx/WtpeOQqSrqBCw/A1cwGJGg4UrVa3+sW0GmrM3p4gJgO89ecH4qtbnyzDDWFvBTqjnIMCgELTNt636dtamA==",
        licence="0BSD",
        into=f"{VENDOR}/htmx",
        files={"dist/htmx.min.js": "htmx.min.js", "LICENSE": "LICENSE"},
    ),
    Asset(
        name="@digital-go-jp/design-tokens",
        version="1.1.9",
        integrity="sha512-93zW/Gb4/pwb63W7r8RHWQdbLGap4heHt5unQQjaqP1OlPqRif146tvqtyJ2xPcot3pnndFY3ph1DC0Crwp6bg==",
        licence="MIT",
        into=f"{VENDOR}/design-tokens",
        files={"dist/tokens.css": "tokens.css", "LICENSE": "LICENSE"},
    ),
    # Only the browser tests use it; it is not part of the product.
    Asset(
        name="axe-core",
        version="4.14.1",
        integrity="sha512-FHfa+lmNjQZfJz1q8wKqIDwC6DExcHt/pkjNQb09a3NPjCKg2rhu5qb2S4r76ASyFNNtuFooJpZe37OgudVGtQ==",
        licence="MPL-2.0",
        into="tests/browser/vendor/axe-core",
        files={"axe.min.js": "axe.min.js", "LICENSE": "LICENSE"},
    ),
]


def fetch(asset: Asset, folder: Path) -> Path:
    """Return the package file of `asset`, its hash checked."""
    command = ["npm", "pack", f"{asset.name}@{asset.version}", "--pack-destination", str(folder), "--silent"]
    name = subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip().splitlines()[-1]
    package = folder / name
    digest = base64.b64encode(hashlib.sha512(package.read_bytes()).digest()).decode()
    if f"sha512-{digest}" != asset.integrity:
        raise SystemExit(f"{asset.name}@{asset.version}: hash differs from the pinned one; nothing was unpacked.")
    return package


def unpack(asset: Asset, package: Path) -> None:
    """Write the listed files of `package` and their ORIGIN."""
    into = ROOT / asset.into
    into.mkdir(parents=True, exist_ok=True)
    with tarfile.open(package) as archive:
        for source, target in asset.files.items():
            member = archive.extractfile(f"package/{source}")
            if member is None:
                raise SystemExit(f"{asset.name}: no file {source}")
            (into / target).parent.mkdir(parents=True, exist_ok=True)
            (into / target).write_bytes(member.read())


def write_origins() -> None:
    """Write one ORIGIN per folder: which package gave which file, under which licence."""
    folders = sorted({asset.into for asset in ASSETS})
    for folder in folders:
        lines = ["Released files, unchanged. Fetched with scripts/fetch_assets.py.", ""]
        for asset in (a for a in ASSETS if a.into == folder):
            lines += [f"npm package {asset.name} {asset.version} ({asset.licence})", asset.integrity]
            lines += [f"  {target} <- {source}" for source, target in asset.files.items()]
        (ROOT / folder / "ORIGIN").write_text("\n".join(lines) + "\n", encoding="utf-8")


def write_coverage() -> None:
    """List the characters that every document font holds, as hexadecimal ranges, for `documents/printable.py`."""
    from fontTools.ttLib import TTFont

    folder = ROOT / DOCUMENT_FONTS
    held = set.intersection(*(set(TTFont(path).getBestCmap()) for path in sorted(folder.glob("*.ttf"))))
    ranges: list[list[int]] = []
    for code in sorted(held):
        if ranges and ranges[-1][1] == code - 1:
            ranges[-1][1] = code
        else:
            ranges.append([code, code])
    text = "\n".join(f"{first:X}-{last:X}" for first, last in ranges)
    (folder / "coverage.txt").write_text(text + "\n", encoding="ascii")


def main() -> int:
    """Fetch every asset; return the exit status."""
    with tempfile.TemporaryDirectory() as folder:
        for asset in ASSETS:
            print(f"{asset.name}@{asset.version}")
            unpack(asset, fetch(asset, Path(folder)))
    write_origins()
    write_coverage()
    write_web_fonts(ROOT / DOCUMENT_FONTS, ROOT / WEB_FONTS)
    return 0


if __name__ == "__main__":
    sys.exit(main())
