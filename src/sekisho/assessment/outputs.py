"""Writes the files of an assessment: all of them or none, the same bytes for the same case and time."""

import os
import shutil
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from sekisho.adapters.documents.docx import render_docx
from sekisho.adapters.documents.pdf import render_pdf
from sekisho.adapters.documents.verify import verify_docx, verify_pdf, verify_xlsx
from sekisho.adapters.documents.xlsx import render_xlsx
from sekisho.adapters.drawings.drawio import draw_drawio
from sekisho.adapters.drawings.svg import draw_svg
from sekisho.assessment.assess import Assessment
from sekisho.assessment.plain import assessment_to_plain, to_json
from sekisho.assessment.sheets import UNNAMED, NetworkSheets, file_stems
from sekisho.domain.drawing.parts import Drawing
from sekisho.domain.overview.wording import said
from sekisho.domain.text import Text

FILE_MODE = 0o644
OVERVIEW = "overview"
"""The name under which the report knows the overview drawing."""


class OutputRefused(Exception):
    """The files cannot be written there. `message` says why and what to do."""

    def __init__(self, message: Text) -> None:
        super().__init__(message.en)
        self.message = message


def write_outputs(
    assessment: Assessment,
    out_dir: Path,
    *,
    language: str = "ja",
    progress: Callable[[str], None] = lambda name: None,
) -> list[Path]:
    """Write assessment.json, report.{pdf,docx,xlsx} and overview.{svg,drawio} into `out_dir`; return their paths.

    A case with a network gets {segments,survival,matrix}.svg and paths-<line>.svg of each line besides.
    Each document is read back and compared with the report before anything is put in its place. `progress` is told
    the name of each file before it is made.

    Raises:
        OutputRefused: `out_dir` cannot be made or written.
        ExportDiffers: a document does not say what the report says.
    """
    made = render_outputs(assessment, language=language, progress=progress)
    try:
        return _put_in_place(made, out_dir)
    except OSError as error:
        raise OutputRefused(_CANNOT_WRITE.filled(path=out_dir, why=error.strerror or type(error).__name__)) from None


def render_outputs(
    assessment: Assessment, *, language: str = "ja", progress: Callable[[str], None] = lambda name: None
) -> dict[str, bytes]:
    """Return the content of every file by its name.

    Raises:
        ExportDiffers: a document does not say what the report says.
    """
    # The PDF comes last: it takes the most memory, and what it leaves scattered would come on top of the others.
    report, made = assessment.report, {}
    progress("overview.svg")
    made["overview.svg"] = draw_svg(assessment.drawing, language).encode()
    made["overview.drawio"] = draw_drawio(assessment.drawing, language).encode()
    made |= _network_sheets(assessment, language, progress)
    pictures = overview_pictures(assessment.drawing, language)
    progress("report.docx")
    made["report.docx"] = render_docx(report, pictures=pictures, language=language)
    verify_docx(made["report.docx"], report, language=language)
    progress("report.xlsx")
    made["report.xlsx"] = render_xlsx(report, language=language)
    verify_xlsx(made["report.xlsx"], report, language=language)
    progress("report.pdf")
    made["report.pdf"] = render_pdf(report, pictures, language=language)
    verify_pdf(made["report.pdf"], report, language=language)
    made["assessment.json"] = to_json(assessment_to_plain(assessment)).encode()
    return made


def _network_sheets(assessment: Assessment, language: str, progress: Callable[[str], None]) -> dict[str, bytes]:
    """Return the sheets of the case's network as SVG: segments, survival, matrix, paths of each line.

    None for a network of devices alone (their configurations, without a network.yaml): the sheets would be empty.
    """
    network = assessment.judgement.network
    if network is None or not network.network.nodes:
        return {}
    hospital = said(assessment.case.register.basics.name) or UNNAMED
    sheets = NetworkSheets(network, hospital=hospital)
    made = {}
    for name, stem in file_stems(sheets.names).items():
        progress(f"{stem}.svg")
        made[f"{stem}.svg"] = draw_svg(sheets[name], language).encode()
    return made


def overview_pictures(drawing: Drawing, language: str = "ja") -> dict[str, str]:
    """Return the drawing's sheets as SVG under the names by which the report asks for them."""
    return {
        OVERVIEW if page.number == 1 else f"{OVERVIEW}-{page.number}": draw_svg(drawing, language, page=page.number)
        for page in drawing.pages
    }


def _put_in_place(made: Mapping[str, bytes], out_dir: Path) -> list[Path]:
    """Write everything beside `out_dir` first, so that only renames remain when the old files begin to go."""
    out_dir.parent.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix=f".{out_dir.name}-", dir=out_dir.parent))
    try:
        for name, content in made.items():
            (work / name).write_bytes(content)
            (work / name).chmod(FILE_MODE)
        out_dir.mkdir(exist_ok=True)
        for name in made:
            os.replace(work / name, out_dir / name)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return [out_dir / name for name in sorted(made)]


_CANNOT_WRITE = Text(
    "{path} に書き込めません（{why}）。別のフォルダを --out で指定してください。",
    "Cannot write to {path} ({why}). Give another folder with --out.",
)
