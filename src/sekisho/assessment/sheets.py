"""The printable sheets of one network: each drawn when first asked for, all under names that sort.

sheets = NetworkSheets(assess_network(network, today=today), hospital=name)
sheets.names                      # ("segments", "survival", "matrix", "paths-line-1", ...)
draw_svg(sheets["matrix"], "ja")
"""

import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime

from sekisho import __version__
from sekisho.adapters.documents.drawing_pdf import draw_pdf
from sekisho.adapters.drawings.drawio import draw_drawio
from sekisho.adapters.drawings.svg import draw_svg
from sekisho.assessment.network import NetworkAssessment
from sekisho.catalogue.intrusion import load_intrusion
from sekisho.domain.drawing.parts import Drawing, Stamp
from sekisho.domain.network.model import Network
from sekisho.domain.sheets.matrix import matrix_sheet
from sekisho.domain.sheets.paths import paths_sheet
from sekisho.domain.sheets.segments import segments_sheet
from sekisho.domain.sheets.snapshot import snapshot
from sekisho.domain.sheets.survival import survival_sheet
from sekisho.domain.text import Text

SEGMENTS, SURVIVAL, MATRIX, PATHS = "segments", "survival", "matrix", "paths-"
UNNAMED = Text("医療機関名？", "Hospital ?")
_NOT_IN_FILE_NAMES = re.compile(r"[^\w.-]+")
_LONGEST_STEM = 80


class NetworkSheets(Mapping[str, Drawing]):
    """The sheets of one assessment by name: "segments", "survival", "matrix", and "paths-<line id>" of each line."""

    def __init__(self, assessed: NetworkAssessment, *, hospital: Text = UNNAMED, stamp: Stamp | None = None) -> None:
        self._assessed, self._hospital = assessed, hospital
        self._stamp = stamp or stamp_of(assessed.network, drawn_on=assessed.today, data_on=assessed.today)
        self._drawn: dict[str, Drawing] = {}

    @property
    def names(self) -> tuple[str, ...]:
        """Return the names of all sheets, in the order in which people read them."""
        return (SEGMENTS, SURVIVAL, MATRIX, *(f"{PATHS}{line.id}" for line in self._assessed.network.lines))

    def __iter__(self) -> Iterator[str]:
        return iter(self.names)

    def __len__(self) -> int:
        return len(self.names)

    def __getitem__(self, name: str) -> Drawing:
        if name not in self._drawn:
            self._drawn[name] = self._draw(name)
        return self._drawn[name]

    def _draw(self, name: str) -> Drawing:
        assessed, hospital, stamp = self._assessed, self._hospital, self._stamp
        if name == SEGMENTS:
            return segments_sheet(assessed.network, hospital=hospital, stamp=stamp)
        if name == SURVIVAL:
            return survival_sheet(assessed.network, assessed.fates, hospital=hospital, stamp=stamp)
        if name == MATRIX:
            return matrix_sheet(assessed.matrix, hospital=hospital, stamp=stamp)
        if not name.startswith(PATHS):
            raise KeyError(name)
        return paths_sheet(
            assessed.network,
            assessed.spreads[name.removeprefix(PATHS)],
            assessed.explainer,
            services=load_intrusion().service_names,
            hospital=hospital,
            stamp=stamp,
        )


def stamp_of(network: Network, *, drawn_on: date, data_on: date | None) -> Stamp:
    """Return what the title block of a network's sheets says."""
    return Stamp(drawn_on=drawn_on, data_on=data_on, version=__version__, snapshot=snapshot(network))


def file_stems(names: tuple[str, ...]) -> dict[str, str]:
    """Return a file name without ending for each sheet; ids of lines may hold what no file name should."""
    stems: dict[str, str] = {}
    taken: set[str] = set()
    for name in names:
        stem = plain = _NOT_IN_FILE_NAMES.sub("_", name)[:_LONGEST_STEM].strip("._") or "sheet"
        number = 2
        while stem.casefold() in taken:
            stem, number = f"{plain}-{number}", number + 1
        taken.add(stem.casefold())
        stems[name] = stem
    return stems


def sheet_file(drawing: Drawing, kind: str, language: str, *, made_at: datetime) -> bytes:
    """Return a sheet as "svg", "pdf" or "drawio"; `made_at` (aware) is the date inside the PDF.

    Raises:
        DocumentFailed: the typesetting of the PDF failed.
    """
    if kind == "pdf":
        return draw_pdf(drawing, language, made_at=made_at)
    return (draw_svg(drawing, language) if kind == "svg" else draw_drawio(drawing, language)).encode()
