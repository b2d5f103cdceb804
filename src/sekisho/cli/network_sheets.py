"""`sekisho network sheets`: the printable sheets of a network as SVG, PDF and draw.io files."""

import json
from argparse import ArgumentTypeError, Namespace, _SubParsersAction
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time
from functools import partial
from pathlib import Path

from sekisho.adapters.documents.drawing_pdf import draw_pdf
from sekisho.adapters.drawings.drawio import draw_drawio
from sekisho.adapters.drawings.svg import draw_svg
from sekisho.adapters.network.beside import ConfigurationsBeside
from sekisho.adapters.network.read import NetworkReading, read_network_model
from sekisho.adapters.yaml_file import YamlUnreadable
from sekisho.assessment.network import assess_network
from sekisho.assessment.sheets import UNNAMED, NetworkSheets, file_stems
from sekisho.cli.files import write_whole
from sekisho.cli.main import DONE, PROBLEMS, CannotDo, Parser, both
from sekisho.domain.drawing.parts import Drawing
from sekisho.domain.text import Text

FORMATS = ("svg", "pdf", "drawio")


def register_sheets(subparsers: "_SubParsersAction[Parser]") -> None:
    """Add the subcommand sheets."""
    sheets = subparsers.add_parser("sheets", help=both("印刷する図（A3）を書き出す", "write the printable sheets (A3)"))
    sheets.add_argument("file", type=Path, metavar="NETWORK.yaml", help=both("ネットワークの記述", "the network"))
    sheets.add_argument(
        "--out", type=Path, required=True, metavar="DIR", help=both("書き出すフォルダ", "folder to write to")
    )
    sheets.add_argument(
        "--format",
        action="append",
        choices=FORMATS,
        help=both("形式（何度でも。既定はすべて）", "format (repeatable; default: all)"),
    )
    sheets.add_argument("--hospital", default="", metavar="NAME", help=both("表題の医療機関名", "hospital's name"))
    sheets.add_argument(
        "--today", type=_day, metavar="YYYY-MM-DD", help=both("作成日（既定は今日）", "day of drawing; default: today")
    )
    sheets.set_defaults(run=write_sheets)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError(text) from None


def write_sheets(options: Namespace) -> int:
    """Write every sheet in every format; status 1 when the network file has problems."""
    reading = _read(options.file)
    day = options.today or datetime.now(UTC).astimezone().date()
    hospital = Text(options.hospital, options.hospital) if options.hospital else UNNAMED
    sheets = NetworkSheets(assess_network(reading.network, today=day), hospital=hospital)
    paths = list(_written(sheets, options.format or FORMATS, options.out, options.lang, day))
    if options.json:
        problems = [problem.message.within(options.lang) for problem in reading.problems]
        print(json.dumps({"files": [str(path) for path in paths], "problems": problems}, ensure_ascii=False))
    else:
        for problem in reading.problems:
            print(f"{options.file.name}:{problem.line or ''} {problem.message.within(options.lang)}")
        print("\n".join(map(str, paths)))
    return PROBLEMS if reading.problems else DONE


def _read(file: Path) -> NetworkReading:
    try:
        return read_network_model(file.read_bytes(), configurations=ConfigurationsBeside(file.parent))
    except OSError:
        raise CannotDo(_CANNOT_OPEN.filled(file=file.name)) from None
    except YamlUnreadable as error:
        raise CannotDo(Text(f"{file.name}：{error.message.ja}", f"{file.name}: {error.message.en}")) from None


def _written(sheets: NetworkSheets, formats: Iterable[str], folder: Path, language: str, day: date) -> Iterator[Path]:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CannotDo(_CANNOT_WRITE.filled(folder=folder, why=error.strerror)) from None
    for name, stem in file_stems(sheets.names).items():
        for kind in formats:
            content = sheet_file(sheets[name], kind, language, day)
            path = folder / f"{stem}.{kind}"
            write_whole(path, partial(_fill, content))
            yield path


def _fill(content: bytes, draft: Path) -> None:
    draft.write_bytes(content)


def sheet_file(drawing: Drawing, kind: str, language: str, day: date) -> bytes:
    """Return a sheet as "svg", "pdf" or "drawio"."""
    if kind == "pdf":
        return draw_pdf(drawing, language, made_at=datetime.combine(day, time(), UTC))
    return (draw_svg(drawing, language) if kind == "svg" else draw_drawio(drawing, language)).encode()


_CANNOT_OPEN = Text(
    "{file}：ファイルを開けません。場所と名前を確かめてください。",
    "{file}: cannot be opened. Please check where it is and what it is called.",
)
_CANNOT_WRITE = Text(
    "「{folder}」に書き込めません（{why}）。別のフォルダを --out で指定してください。",
    "Cannot write to “{folder}” ({why}). Give another folder with --out.",
)
