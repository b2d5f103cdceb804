"""Makes the sample hospitals' workbooks and floor plans from `sample_data`, as a hospital would have filled them.

    .venv/bin/python scripts/make_samples.py [--pictures]

A blank 別紙2-1 is taken, the answers are typed into its cells, the floor plans are pasted in, and then the slips of
`aoba_flaws.yaml` are made. The same data gives the same file, byte for byte. `--pictures` draws the floor plans anew,
which needs Chromium; without it the committed pictures are used.
"""

import io
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
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

from sekisho.adapters.workbooks.read import read_workbook
from sekisho.adapters.workbooks.write import write_blank
from sekisho.catalogue.workbooks import load_edition
from sekisho.domain.facts import Unknown
from sekisho.domain.register.records import Basics, Contact, Device, Line, Register, Terminal
from sekisho.domain.workbook.rows import ReadBook, ReadPart, ReadRow
from sekisho.domain.workbook.schema import Column

try:
    from sample_data.floor_plans import FLOORS, Floor, floor_svg
except ModuleNotFoundError:  # imported as a part of the repository, by its tests
    from scripts.sample_data.floor_plans import FLOORS, Floor, floor_svg

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT / "scripts/sample_data"
SAMPLES = ROOT / "src/sekisho/catalogue/samples"
FILLED_AT = datetime(2026, 11, 6, 9, 30)  # noqa: DTZ001 - what Excel writes has no zone
WIDTH_ON_SHEET = 900
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
    """A blank workbook open for writing, and where each answer goes."""

    workbook: Workbook
    places: ReadBook

    def rows(self, key: str) -> Iterator[tuple[Worksheet, ReadRow]]:
        """Yield each record of a sheet with its worksheet."""
        sheet = self.places.sheet(key)
        assert sheet is not None
        for row in sheet.rows:
            yield self.workbook[sheet.title], row

    def row(self, key: str, number: int) -> tuple[Worksheet, ReadRow]:
        """Return record `number` of a sheet with its worksheet."""
        return next((worksheet, row) for worksheet, row in self.rows(key) if row.number == number)


def build_workbook(name: str) -> bytes:
    """Return the workbook of the sample `name`."""
    form = _blank_form()
    register = sample_register(name)
    worksheet, row = next(form.rows("basic"))
    _fill(worksheet, row, register.basics, "basic")
    for at, contact in enumerate(register.basics.contacts, 1):
        _fill(worksheet, _part(row, at), contact, "basic")
    for line in register.lines:
        worksheet, row = form.row("lines", line.number)
        _fill(worksheet, row, line, "lines")
        for device in line.devices:
            _fill(worksheet, _part(row, device.position), device, "lines")
    for terminal in register.terminals:
        _fill(*form.row("terminals", terminal.number), terminal, "terminals")
    _paste_plans(form, name)
    for flaw in sample_flaws(name):
        _slip(form, flaw)
    return _bytes_of(form.workbook)


def _blank_form() -> Form:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "blank.xlsx"
        write_blank(load_edition(), path)
        return Form(load_workbook(path), read_workbook(path).book)


def _part(row: ReadRow, position: int) -> ReadPart:
    return next(part for part in row.parts if part.position == position)


def _fill(worksheet: Worksheet, row: ReadRow | ReadPart, record: object, sheet: str) -> None:
    for key, cell in row.cells.items():
        answer = getattr(record, key, None)
        if answer is not None:
            worksheet[cell] = _written(load_edition().sheet(sheet).column(key), answer)


def _written(column: Column, answer: object) -> str | int:
    """Return what a person types or chooses for `answer`."""
    if isinstance(answer, Unknown):
        return f"不明（{answer.reason}）" if answer.reason else "不明"
    if isinstance(answer, int):
        return answer
    option = column.option(answer)
    return option.label.ja if option else str(answer)


def _paste_plans(form: Form, name: str) -> None:
    sheet = form.places.sheet("places")
    plans = sorted((SAMPLES / name / "floor-plans").glob("*.png"))
    if sheet is None or not plans:
        return
    worksheet = form.workbook[sheet.title]
    below = worksheet.max_row + 2
    for plan in plans:
        image = Image(io.BytesIO(plan.read_bytes()))
        image.height = image.height * WIDTH_ON_SHEET / image.width
        image.width = WIDTH_ON_SHEET
        worksheet.add_image(image, f"B{below}")
        below += round(image.height / 20) + 2


def _slip(form: Form, flaw: Mapping[str, Any]) -> None:
    worksheet, cell = slip_place(form, flaw)
    worksheet[cell] = flaw["write"] or None


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


def _bytes_of(workbook: Workbook) -> bytes:
    """Return the file with times and order fixed, so that the same data gives the same bytes."""
    workbook.properties.creator = workbook.properties.lastModifiedBy = "病院担当者"
    workbook.properties.created = FILLED_AT
    loose, fixed = io.BytesIO(), io.BytesIO()
    workbook.save(loose)
    with zipfile.ZipFile(loose) as made, zipfile.ZipFile(fixed, "w", zipfile.ZIP_DEFLATED) as kept:
        for name in sorted(made.namelist(), key=lambda name: (name != "[Content_Types].xml", name)):
            content = made.read(name)
            if name == "docProps/core.xml":
                content = _with_fixed_time(content)
            kept.writestr(zipfile.ZipInfo(name, FILLED_AT.timetuple()[:6]), content, zipfile.ZIP_DEFLATED)
    return fixed.getvalue()


def _with_fixed_time(core: bytes) -> bytes:
    """Return the document's properties with the time of saving that openpyxl insists on replaced."""
    head, mark, rest = core.partition(b"<dcterms:modified")
    start, close, tail = rest.partition(b"</dcterms:modified>")
    return head + mark + start.partition(b">")[0] + b">" + f"{FILLED_AT:%Y-%m-%dT%H:%M:%SZ}".encode() + close + tail


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
