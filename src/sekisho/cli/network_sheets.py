"""`sekisho network sheets`: the printable sheets of a network as SVG, PDF and draw.io files."""

import json
from argparse import Namespace, _SubParsersAction
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from sekisho.cli.files import write_whole
from sekisho.cli.main import DONE, PROBLEMS, CannotDo, Parser, both
from sekisho.cli.network_file import add_file, opened_network, problem_documents, problem_lines
from sekisho.domain.text import Text

if TYPE_CHECKING:
    from sekisho.assessment.sheets import NetworkSheets

FORMATS = ("svg", "pdf", "drawio")


def register_sheets(subparsers: "_SubParsersAction[Parser]") -> None:
    """Add the subcommand sheets."""
    sheets = subparsers.add_parser("sheets", help=both("印刷する図（A3）を書き出す", "write the printable sheets (A3)"))
    add_file(sheets)
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
    sheets.set_defaults(run=write_sheets)


def write_sheets(options: Namespace) -> int:
    """Write every sheet in every format; status 1 when the network file has problems."""
    # Only here: what draws and typesets takes a tenth of a second to load, which the other commands need not wait for.
    from sekisho.assessment.network import assess_network
    from sekisho.assessment.sheets import UNNAMED, NetworkSheets

    reading = opened_network(options.file)
    day = options.on or date.today()  # noqa: DTZ011  (the day on the user's wall)
    hospital = Text(options.hospital, options.hospital) if options.hospital else UNNAMED
    sheets = NetworkSheets(assess_network(reading.network, today=day), hospital=hospital)
    paths = list(_written(sheets, options.format or FORMATS, options.out, options.lang, day))
    if options.json:
        problems = problem_documents(reading.problems)
        print(json.dumps({"files": [str(path) for path in paths], "problems": problems}, ensure_ascii=False))
    else:
        print("\n".join([*problem_lines(reading.problems, options.file, options.lang), *map(str, paths)]))
    return PROBLEMS if reading.problems else DONE


def _written(sheets: "NetworkSheets", formats: Iterable[str], folder: Path, language: str, day: date) -> Iterator[Path]:
    from sekisho.assessment.sheets import file_stems, sheet_file

    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CannotDo(_CANNOT_WRITE.filled(folder=folder, why=error.strerror)) from None
    made_at = datetime.combine(day, time(), UTC)
    for name, stem in file_stems(sheets.names).items():
        for kind in formats:
            path = folder / f"{stem}.{kind}"
            write_whole(path, partial(_fill, sheet_file(sheets[name], kind, language, made_at=made_at)))
            yield path


def _fill(content: bytes, draft: Path) -> None:
    draft.write_bytes(content)


_CANNOT_WRITE = Text(
    "「{folder}」に書き込めません（{why}）。別のフォルダを --out で指定してください。",
    "Cannot write to “{folder}” ({why}). Give another folder with --out.",
)
