"""How long the survey report takes: composing, typesetting, and reading each export back; the memory of the whole job."""

import io
import subprocess
import sys
import tempfile
from pathlib import Path

import pypdf

from benchmarks.timing import least_ms
from benchmarks.workbook_check import workbook
from sekisho.adapters.documents.docx import render_docx
from sekisho.adapters.documents.pdf import render_pdf
from sekisho.adapters.documents.verify import verify_pdf
from sekisho.adapters.documents.xlsx import render_xlsx
from tests.factories.reporting import report

SIZES = (18, 45, 120)
"""Lines of a hospital: the sample, about 30 pages, a large one."""
TARGET_MS = 1000.0
"""Composing and typesetting 30 pages, after start."""
LARGE, MOST_MEMORY_MB = 300, 500
"""Lines of a large hospital, and what the whole job may take for it; 350 MB of it are Typst's layout of 217 pages."""


def run(repeat: int = 5) -> list[dict[str, object]]:
    """Return one row per number of lines: pages and the milliseconds of processor time of each step."""
    render_pdf(report(1), {})  # reads the fonts, which a process does once
    return [*(_measured(size, repeat) for size in SIZES), _memory()]


def _memory() -> dict[str, object]:
    """Return the most memory that `sekisho assess` takes for a large hospital, in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        case, out = Path(folder) / "case", Path(folder) / "out"
        case.mkdir()
        (case / "workbook.xlsx").write_bytes(workbook(LARGE))
        result = subprocess.run(
            [sys.executable, "-c", _ASSESS, str(case), str(out)], capture_output=True, encoding="utf-8", check=True
        )
    return {
        "benchmark": "assess",
        "lines": LARGE,
        "peak_mb": int(result.stdout.splitlines()[-1]) // 1024,
        "target_mb": MOST_MEMORY_MB,
    }


_ASSESS = """
import resource, sys
from sekisho.cli.main import main
main(["assess", sys.argv[1], "--out", sys.argv[2]])
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def _measured(size: int, repeat: int) -> dict[str, object]:
    made = report(size)
    data = render_pdf(made, {})
    compose_ms = least_ms(lambda: report(size), repeat)
    pdf_ms = least_ms(lambda: render_pdf(made, {}), repeat)
    return {
        "benchmark": "survey report",
        "lines": size,
        "pages": len(pypdf.PdfReader(io.BytesIO(data)).pages),
        "compose_ms": round(compose_ms, 1),
        "pdf_ms": round(pdf_ms, 1),
        "compose_and_pdf_ms": round(compose_ms + pdf_ms, 1),
        "verify_pdf_ms": round(least_ms(lambda: verify_pdf(data, made), 1), 1),
        "docx_ms": round(least_ms(lambda: render_docx(made), repeat), 1),
        "xlsx_ms": round(least_ms(lambda: render_xlsx(made), repeat), 1),
        "target_ms": TARGET_MS if size == SIZES[1] else None,
    }


if __name__ == "__main__":
    for row in run():
        print(row)
