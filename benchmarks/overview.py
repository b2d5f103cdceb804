"""How long the overview drawing takes: from the register to coordinates, and on to SVG and draw.io."""

from benchmarks.timing import least_ms
from sekisho.adapters.drawings.drawio import draw_drawio
from sekisho.adapters.drawings.svg import draw_svg
from sekisho.domain.overview.layout import lay_out
from tests.unit.domain.overview.registers import SIGHTINGS, SYSTEMS, large_register

SIZES = (18, 120, 300)
TARGET_MS = 100.0
"""Layout and SVG together at 300 lines."""


def run(repeat: int = 7) -> list[dict[str, object]]:
    """Return one row per number of lines: pages and the milliseconds of processor time of each step."""
    return [_measured(size, repeat) for size in SIZES]


def _measured(size: int, repeat: int) -> dict[str, object]:
    register = large_register(size)
    drawing = lay_out(register, SYSTEMS, SIGHTINGS)
    layout = least_ms(lambda: lay_out(register, SYSTEMS, SIGHTINGS), repeat)
    svg = least_ms(lambda: draw_svg(drawing), repeat)
    return {
        "benchmark": "overview drawing",
        "lines": size,
        "pages": len(drawing.pages),
        "layout_ms": round(layout, 1),
        "svg_ms": round(svg, 1),
        "drawio_ms": round(least_ms(lambda: draw_drawio(drawing), repeat), 1),
        "layout_and_svg_ms": round(layout + svg, 1),
        "target_ms": TARGET_MS if size == max(SIZES) else None,
    }


if __name__ == "__main__":
    for row in run():
        print(row)
