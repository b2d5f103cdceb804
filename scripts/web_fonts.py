"""Make the portal's web fonts from the bundled document fonts: the same letters on screen and in print.

A Japanese font is large, so each weight is cut into three slices that a browser fetches only when a page needs them:
everything but kanji (0.15 MB), the kanji of JIS level 1 (0.5 MB), the rest (1.4 MB; names of people and places).
"""

import hashlib
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont

WEIGHTS = {400: "BIZUDPGothic-Regular.ttf", 700: "BIZUDPGothic-Bold.ttf"}
KANJI_BLOCKS = ((0x3400, 0x9FFF), (0xF900, 0xFAFF), (0x20000, 0x3FFFF))
FACE = """@font-face {{
  font-family: "BIZ UDPGothic";
  font-weight: {weight};
  font-display: swap;
  src: url("{file}") format("woff2");
  unicode-range: {ranges};
}}
"""


def jis_level_1() -> set[int]:
    """Return the code points of the 2,965 kanji of JIS X 0208, rows 16 to 47."""
    last_cell = {47: 51}
    cells = [(row, cell) for row in range(16, 48) for cell in range(1, last_cell.get(row, 94) + 1)]
    return {ord(bytes((0xA0 + row, 0xA0 + cell)).decode("euc_jp")) for row, cell in cells}


def slices(held: set[int]) -> dict[str, set[int]]:
    """Return the code points of each slice. Later faces win in CSS, so the widest range comes first."""
    kanji = {code for code in held if any(first <= code <= last for first, last in KANJI_BLOCKS)}
    common = kanji & jis_level_1()
    return {"rare": kanji - common, "common": common, "kana": held - kanji}


def css_ranges(codes: set[int]) -> str:
    """Return `codes` as a CSS unicode-range."""
    ranges: list[list[int]] = []
    for code in sorted(codes):
        if ranges and ranges[-1][1] == code - 1:
            ranges[-1][1] = code
        else:
            ranges.append([code, code])
    return ", ".join(f"U+{first:X}" if first == last else f"U+{first:X}-{last:X}" for first, last in ranges)


def write_slice(source: Path, target: Path, codes: set[int]) -> None:
    """Write the characters `codes` of the font `source` as woff2. The same input gives the same bytes."""
    options = subset.Options(flavor="woff2", recalc_timestamp=False, drop_tables=["meta", "DSIG"])
    font = subset.load_font(str(source), options)
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=codes)
    subsetter.subset(font)
    subset.save_font(font, str(target), options)


def write_web_fonts(documents: Path, into: Path) -> None:
    """Write the slices of both weights, `fonts.css`, LICENSE and ORIGIN below `into`."""
    into.mkdir(parents=True, exist_ok=True)
    faces = ["/* Made by scripts/fetch_assets.py. Later faces win: the first one may claim a wide range. */\n"]
    origin = ["Made by scripts/web_fonts.py from src/sekisho/adapters/documents/fonts (see ORIGIN there).", ""]
    for weight, name in WEIGHTS.items():
        source = documents / name
        for part, codes in slices(set(TTFont(source).getBestCmap())).items():
            file = f"biz-udpgothic-{weight}-{part}.woff2"
            write_slice(source, into / file, codes)
            ranges = "U+3400-9FFF, U+F900-FAFF, U+20000-3FFFF" if part == "rare" else css_ranges(codes)
            faces.append(FACE.format(weight=weight, file=file, ranges=ranges))
            origin.append(f"  {file} <- {name}, sha256 {hashlib.sha256(source.read_bytes()).hexdigest()[:16]}...")
    (into / "fonts.css").write_text("".join(faces), encoding="ascii")
    (into / "LICENSE").write_bytes((documents / "LICENSE").read_bytes())
    (into / "ORIGIN").write_text("\n".join(origin) + "\n", encoding="utf-8")
