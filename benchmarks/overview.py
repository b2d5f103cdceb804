"""How long the overview drawing takes: from the register to coordinates, and on to SVG and draw.io."""

from collections.abc import Callable
from time import process_time

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
    layout = _least_ms(lambda: lay_out(register, SYSTEMS, SIGHTINGS), repeat)
    svg = _least_ms(lambda: draw_svg(drawing), repeat)
    return {
        "benchmark": "overview drawing",
        "lines": size,
        "pages": len(drawing.pages),
        "layout_ms": round(layout, 1),
        "svg_ms": round(svg, 1),
        "drawio_ms": round(_least_ms(lambda: draw_drawio(drawing), repeat), 1),
        "layout_and_svg_ms": round(layout + svg, 1),
        "target_ms": TARGET_MS if size == max(SIZES) else None,
    }


def _least_ms(step: Callable[[], object], repeat: int) -> float:
    """Return the least processor time of `repeat` runs: what the step costs, whatever else the machine does."""
    times: list[float] = []
    for _ in range(repeat):
        start = process_time()
        step()
        times.append((process_time() - start) * 1000)
    return min(times)


if __name__ == "__main__":
    for row in run():
        print(row)
