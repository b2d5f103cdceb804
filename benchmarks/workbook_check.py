"""How long the check of a 別紙2-1 takes, as a process and in one process, and how much memory hostile files need.

Ratios are against what python-calamine needs just to read the same file, in the same run on the same machine.
"""

import compileall
import io
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage
from time import perf_counter, process_time

import python_calamine

import sekisho
from benchmarks.timing import least_ms
from sekisho.adapters.workbooks.check import check_workbook
from sekisho.adapters.workbooks.write import write_prefilled
from sekisho.catalogue.workbooks import load_edition
from sekisho.domain.register.records import Basics, Contact, Device, Line, Register, Terminal

SIZES = (5, 20, 100, 300)
TYPICAL = 10
"""Lines of a hospital of 200 to 400 beds, as the sample data assume: 4 below 100 beds, 24 above 600."""
MANY = 20
"""Lines for which the rate must hold."""
PROMISED = 100
MOST_RATIO = 1.5
"""Of the whole command, to interpreter start and reading alone, at 100 lines."""
LEAST_PER_SECOND = 100
MOST_MEMORY_MB = 500

_READ = (
    "import sys, python_calamine as c\nbook = c.load_workbook(sys.argv[1])\n"
    "for name in book.sheet_names: book.get_sheet_by_name(name).to_python()"
)
_FLOOR = "import argparse, datetime, gettext, json, locale, pathlib, re, struct, typing, unicodedata, zlib\n" + _READ
"""Reading, and the modules of the standard library that a command line with JSON, dates and patterns cannot do without."""
_CHECK = (
    "import sys; from sekisho.cli.main import main; sys.argv[:] = ['sekisho', 'workbook', 'check', *sys.argv[1:]];"
    "sys.exit(main())"
)
"""What the installed `sekisho` does."""
_MEASURED = _CHECK.replace(
    "sys.exit(main())",
    "main(); import re;"
    "print(re.search(r'VmHWM:\\s*(\\d+) kB', open('/proc/self/status').read()).group(1), file=sys.stderr)",
)


def workbook(lines: int) -> bytes:
    """Return a complete workbook with `lines` lines of two devices each, as the portal prefills it."""
    register = Register(
        Basics(
            None, "agreed", "関所中央病院", "せきしょちゅうおうびょういん", "060-0001", "北海道札幌市中央区1-2",
            "ほっかいどうさっぽろしちゅうおうく1-2", None, None, 320, (Contact("関所", "太郎", "セキショ タロウ"),), "関所 太郎",
        ),
        tuple(_line(number) for number in range(1, lines + 1)),
        tuple(Terminal(n, f"t{n}", "ehr", "no", f"PC{n:04}", f"192.168.1.{n}/24", "西棟 2F") for n in range(1, 6)),
    )  # fmt: skip
    stream = io.BytesIO()
    write_prefilled(stream, load_edition(), register, "0112345")
    return stream.getvalue()


def _line(number: int) -> Line:
    return Line(
        number, f"l{number}", "wanted", "wanted", "yes", "department_maintenance", "optical", "フレッツ 光ネクスト", f"CAF{number:07}",
        "NTT東日本", f"03-{number:04}", "internet_vpn", "yes", "fixed", f"121.119.{number // 250}.{number % 250 + 1}",
        terminator_location=f"本館 {number % 9 + 1}F サーバ室", terminator_kind="onu", contract_party="vendor", vendor_name=f"保守会社{number}",
        devices=tuple(Device(k, "Cisco", "ISR 921", f"15.{number}", 2019, f"192.168.{number % 250}.{k}/24") for k in (1, 2)),
    )  # fmt: skip


def run() -> list[dict[str, object]]:
    """Return one row per size, one for the stream of workbooks, and one per hostile file."""
    # An installed package has its modules compiled; a checkout that may not be written to would compile them at every start.
    compileall.compile_dir(Path(sekisho.__file__).parent, quiet=1)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "book.xlsx"
        rows = [_command(path, lines) for lines in SIZES]
        rows += [_stream(TYPICAL), _stream(MANY)]
        rows += [_hostile(path, kind, make) for kind, make in _HOSTILE.items()]
    return rows


def _command(path: Path, lines: int) -> dict[str, object]:
    content = workbook(lines)
    path.write_bytes(content)
    read_ms, floor_ms, check_ms = _alternately(path, _READ, _FLOOR, _CHECK)
    check_workbook(content)
    return {
        "benchmark": "sekisho workbook check",
        "lines": lines,
        "file_kb": len(content) // 1024,
        "start_and_read_ms": round(read_ms, 1),
        "with_standard_library_ms": round(floor_ms, 1),
        "command_ms": round(check_ms, 1),
        "warm_read_ms": round(least_ms(lambda: _read(content)), 1),
        "warm_check_ms": round(least_ms(lambda: check_workbook(content)), 1),
        "command_to_start_and_read": round(check_ms / read_ms, 2),
        "target_ratio": MOST_RATIO if lines == PROMISED else None,
    }


def _read(content: bytes) -> None:
    book = python_calamine.load_workbook(io.BytesIO(content))
    for name in book.sheet_names:
        book.get_sheet_by_name(name).to_python()


def _alternately(path: Path, *programs: str, repeat: int = 10) -> list[float]:
    """Return the least processor time of each program in ms, start included, run in turns so that all meet the same machine."""
    least = [float("inf")] * len(programs)
    for _ in range(repeat):
        for index, program in enumerate(programs):
            before = _processor_s_of_children()
            subprocess.run([sys.executable, "-c", program, str(path)], stdout=subprocess.DEVNULL, check=False)
            least[index] = min(least[index], (_processor_s_of_children() - before) * 1000)
    return least


def _processor_s_of_children() -> float:
    used = getrusage(RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _stream(lines: int, count: int = 1_000, kinds: int = 50) -> dict[str, object]:
    """Check `count` workbooks of `kinds` different hospitals, one after another in this process."""
    contents = [workbook(max(1, lines * 2 * (n + 1) // kinds)) for n in range(kinds)]
    start = process_time()
    for number in range(count):
        check_workbook(contents[number % kinds])
    seconds = process_time() - start
    return {
        "benchmark": "stream of workbooks",
        "workbooks": count,
        "lines_on_average": lines,
        "per_second": round(count / seconds),
        "least_per_second": LEAST_PER_SECOND,
    }


def _hostile(path: Path, kind: str, make: Callable[[], bytes]) -> dict[str, object]:
    path.write_bytes(make())
    start = perf_counter()
    result = subprocess.run(
        [sys.executable, "-c", _MEASURED, str(path)], capture_output=True, encoding="utf-8", check=False
    )
    return {
        "benchmark": "hostile file",
        "kind": kind,
        "file_kb": path.stat().st_size // 1024,
        "seconds": round(perf_counter() - start, 1),
        "answer": "refused"
        if len(result.stderr.splitlines()) > 1
        else f"{len(json.loads(result.stdout)['problems'])} problems",
        "peak_mb": int(result.stderr.splitlines()[-1]) // 1024,
        "target_mb": MOST_MEMORY_MB,
    }


def _hostile_files() -> dict[str, Callable[[], bytes]]:
    from tests.unit.cli.test_workbook import HOSTILE

    return dict(HOSTILE)


_HOSTILE = _hostile_files()
