"""A report made of everything that a stranger could write into a cell."""

from dataclasses import fields

from sekisho.domain.register.records import Basics, Device, Line, Register, Terminal
from sekisho.domain.reporting.document import SurveyReport
from sekisho.domain.survey.observations import Sighting, SurveyObservations, TerminalState
from sekisho.domain.text import Text
from sekisho.domain.workbook.schema import Problem, Severity
from tests.factories.reporting import File, report

TYPST = '#panic("x") $a$ @cite *b* _c_ \\n `code` <label> = heading // comment /* open'
SPREADSHEET = '=cmd|"/c calc"!A1'
JINJA = "{{ 7*7 }}{% for %}{_{ {# x #}"
XML = "</w:t></w:r><script>&amp;\"'"
STRINGS = (
    TYPST,
    SPREADSHEET,
    JINJA,
    XML,
    "a\x00b\ud800c\u202eRTL",
    "𠮷野家😀",
    "+1",
    "-2",
    "@SUM(A1)",
    "שלום עולם العربية",
    "A" * 190,
    "line1\nline2\r\nline3\tend",
    "&P&N[[:*?/\\]]",
    "'",
    " ",
    "\ufeff\u200b",
    "–" * 300,
)
LONG = ("x" * 5_000, "漢字" * 2_500)


def hostile_report(strings: tuple[str, ...] = STRINGS) -> SurveyReport:
    """Return a report in which each of `strings` stands in every place that takes a text."""
    lines = tuple(_line(number, text) for number, text in enumerate(strings, 1))
    survey = SurveyObservations(
        sightings=tuple(Sighting(n, text, text, None, text, text) for n, text in enumerate(strings, 1)),
        terminals=tuple(
            TerminalState(n, text, text, text, text, None, text, text) for n, text in enumerate(strings, 1)
        ),
    )
    terminal_keys = [f.name for f in fields(Terminal) if f.name not in {"number", "row_id"}]
    terminals = tuple(Terminal(n, **dict.fromkeys(terminal_keys, text)) for n, text in enumerate(strings[:5], 1))
    return report(
        len(strings),
        register=Register(Basics(name=strings[0], address=strings[-1]), lines, terminals),
        survey=survey,
        code=strings[1],
        notes=tuple(Text(text, text) for text in strings),
        sources=tuple(File(text, text, 1) for text in strings),
        problems=tuple(Problem(text, text, text, Severity.ERROR, Text(text, text), text) for text in strings),
    )


def _line(number: int, text: str) -> Line:
    keys = [f.name for f in fields(Line) if f.name not in {"number", "row_id", "devices", "circuit_id"}]
    device_keys = [f.name for f in fields(Device) if f.name != "position"]
    devices = tuple(Device(position, **dict.fromkeys(device_keys, text)) for position in (1, 2))
    return Line(number, circuit_id=text[:200], devices=devices, **dict.fromkeys(keys, text))
