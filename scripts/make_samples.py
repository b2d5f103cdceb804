"""Makes the sample hospitals' workbooks and floor plans from `sample_data`, as a hospital would have filled them.

    .venv/bin/python scripts/make_samples.py [--pictures]

A 別紙2-1 is filled with the answers, the floor plans are pasted in, and then the slips of `aoba_flaws.yaml` are made. The same data gives the same file, byte for byte. `--pictures` draws the floor plans anew,
which needs Chromium; without it the committed pictures are used.
"""

import io
import re
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import yaml
from openpyxl import Workbook, load_workbook
from openpyxl.drawing.image import Image
from openpyxl.worksheet.worksheet import Worksheet
from PIL import Image as Picture
from PIL.PngImagePlugin import PngInfo

from sekisho.adapters.workbooks.packing import packed
from sekisho.adapters.workbooks.read import read_workbook
from sekisho.adapters.workbooks.write import write_prefilled
from sekisho.catalogue.workbooks import load_edition
from sekisho.domain.facts import Unknown
from sekisho.domain.register.records import Basics, Contact, Device, Line, Register, Terminal
from sekisho.domain.workbook.rows import ReadBook, ReadPart, ReadRow

try:
    from sample_data.floor_plans import FLOORS, Floor, floor_svg
except ModuleNotFoundError:  # imported as a part of the repository, by its tests
    from scripts.sample_data.floor_plans import FLOORS, Floor, floor_svg

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT / "scripts/sample_data"
SAMPLES = ROOT / "src/sekisho/catalogue/samples"
FILLED_AT = datetime(2026, 11, 6, 9, 30)  # noqa: DTZ001 - what Excel writes has no zone
WIDTH_ON_SHEET = 860
PLANS_FROM_COLUMN, PLANS_FROM_ROW = "E", 6
ROW_HEIGHT = 35
REFERENCE = re.compile(r"'([^']+)'!(\$[A-Z]+\$\d+)")
DRAWN_FROM = "drawn-from-sha256"


# ---- the data ----


def sample_data(name: str) -> Mapping[str, Any]:
    """Return what the sample `name` is made from."""
    data: Mapping[str, Any] = yaml.safe_load((DATA / f"{name}.yaml").read_text(encoding="utf-8"))
    return data


def sample_register(name: str) -> Register:
    """Return the register that the hospital means, before the slips."""
    data = sample_data(name)
    contacts = tuple(_record(Contact, contact) for contact in data["basics"]["contacts"])
    lines = (
        _record(Line, line, devices=tuple(_record(Device, device, position=at) for at, device in enumerate(line["devices"], 1)))
        for line in data["lines"]
    )  # fmt: skip
    terminals = tuple(_record(Terminal, terminal) for terminal in data["terminals"])
    return Register(_record(Basics, data["basics"], contacts=contacts), tuple(lines), terminals)


def sample_flaws(name: str) -> list[dict[str, Any]]:
    """Return the slips made in the workbook of the sample `name`, in order; none when it has no list of them."""
    path = DATA / f"{name}_flaws.yaml"
    flaws: list[dict[str, Any]] = yaml.safe_load(path.read_text(encoding="utf-8")) if path.exists() else []
    return flaws


def _record(kind: type, written: Mapping[str, Any], **more: Any) -> Any:
    values = {field.name: _answer(written[field.name]) for field in fields(kind) if field.name in written}
    unknown_keys = set(written) - {field.name for field in fields(kind)}
    if unknown_keys:
        raise KeyError(f"{kind.__name__} has no {', '.join(sorted(unknown_keys))}")
    return kind(**{**values, **more})


def _answer(written: Any) -> Any:
    return Unknown(written["unknown"]) if isinstance(written, dict) else written


# ---- the workbook ----


@dataclass(frozen=True)
class Form:
    """A filled form open for changes, and where each answer stands on it."""

    workbook: Workbook
    places: ReadBook

    def row(self, key: str, number: int) -> tuple[Worksheet, ReadRow]:
        """Return record `number` of a sheet with its worksheet."""
        sheet = self.places.sheet(key)
        if sheet is None:
            raise KeyError(key)
        return self.workbook[sheet.title], next(row for row in sheet.rows if row.number == number)


def build_workbook(name: str, slips: Sequence[Mapping[str, Any]] | None = None) -> bytes:
    """Return the workbook of the sample `name` with `slips`, those of its list when None."""
    form = filled_form(name)
    _paste_plans(form, name)
    for flaw in sample_flaws(name) if slips is None else slips:
        worksheet, cell = slip_place(form, flaw)
        worksheet[cell] = flaw["write"] or None
    form.workbook.properties.creator = form.workbook.properties.lastModifiedBy = "病院担当者"
    return packed(form.workbook, shown=_calculated(form), at=FILLED_AT)


def filled_form(name: str) -> Form:
    """Return the form with the answers of the sample `name`, before the slips: as blank forms are, without row ids."""
    into = io.BytesIO()
    write_prefilled(into, load_edition(), sample_register(name), "", generated_at=None)
    workbook = load_workbook(io.BytesIO(into.getvalue()))
    return Form(workbook, read_workbook(into.getvalue()).book)


def _calculated(form: Form) -> Mapping[str, Mapping[str, str]]:
    """Return what the labels on the floor plans' sheet show, as Excel would have calculated on saving."""
    sheet = form.places.sheet("places")
    if sheet is None:
        return {}
    shown = {}
    for cells in form.workbook[sheet.title].iter_rows():
        for cell in cells:
            if cell.data_type == "f":
                joined = str(cell.value).partition("TRIM(")[2]
                texts = [
                    form.workbook[title][place.replace("$", "")].value for title, place in REFERENCE.findall(joined)
                ]
                words = [joined.split('"')[1], *(str(text) for text in texts if text)]
                shown[cell.coordinate] = re.sub(" +", " ", " ".join(words)).strip() if any(texts) else ""
    return {sheet.title: shown}


def _part(row: ReadRow, position: int) -> ReadPart:
    return next(part for part in row.parts if part.position == position)


def _paste_plans(form: Form, name: str) -> None:
    sheet = form.places.sheet("places")
    plans = sorted((SAMPLES / name / "floor-plans").glob("*.png"))
    if sheet is None or not plans:
        return
    worksheet = form.workbook[sheet.title]
    below = PLANS_FROM_ROW
    for plan in plans:
        image = Image(io.BytesIO(plan.read_bytes()))
        image.height = image.height * WIDTH_ON_SHEET / image.width
        image.width = WIDTH_ON_SHEET
        worksheet.add_image(image, f"{PLANS_FROM_COLUMN}{below}")
        below += round(image.height / ROW_HEIGHT) + 1


def slip_place(form: Form, flaw: Mapping[str, Any]) -> tuple[Worksheet, str]:
    """Return the worksheet and the cell of a slip."""
    if flaw.get("example"):
        return _example_place(form, flaw)
    worksheet, row = form.row(flaw["sheet"], flaw.get("row", 1))
    repetition = flaw.get("device") or flaw.get("contact")
    place: ReadRow | ReadPart = _part(row, repetition) if repetition else row
    return worksheet, place.cells[flaw["column"]]


def _example_place(form: Form, flaw: Mapping[str, Any]) -> tuple[Worksheet, str]:
    """Return the cell of the example row that stands in the same column as line 1's."""
    worksheet, row = form.row(flaw["sheet"], 1)
    letters = "".join(sign for sign in row.cells[flaw["column"]] if sign.isalpha())
    for cells in worksheet.iter_rows(max_col=3):
        for cell in cells:
            if cell.value in load_edition().example_words:
                return worksheet, f"{letters}{cell.row}"
    raise LookupError("the blank workbook prints no example row")


# ---- the floor plans ----


def draw_plans(folder: Path) -> None:
    """Write the plans of both floors as SVG and as PNG. The PNG remembers which SVG it was drawn from."""
    folder.mkdir(parents=True, exist_ok=True)
    for floor in FLOORS:
        svg = folder / f"{floor.key}.svg"
        svg.write_text(floor_svg(floor), encoding="utf-8")
        _draw(floor, svg, folder / f"{floor.key}.png")


def _draw(floor: Floor, svg: Path, png: Path) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        shot = Path(scratch) / "shot.png"
        options = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking")
        size = ("--window-size=1200,800", "--force-device-scale-factor=1.5")
        command = ["chromium", *options, *size, f"--screenshot={shot}", svg.resolve().as_uri()]
        subprocess.run(command, check=True, capture_output=True, timeout=60)
        picture = Picture.open(shot).convert("RGB").quantize(64)
    note = PngInfo()
    note.add_text(DRAWN_FROM, sha256(floor_svg(floor).encode()).hexdigest())
    picture.save(png, optimize=True, pnginfo=note)


def main(arguments: list[str]) -> int:
    """Write the files of both samples."""
    if "--pictures" in arguments:
        draw_plans(SAMPLES / "aoba" / "floor-plans")
    for name in ("aoba", "hinata"):
        (SAMPLES / name).mkdir(exist_ok=True)
        (SAMPLES / name / "workbook.xlsx").write_bytes(build_workbook(name))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
