"""What nobody knows yet, as tasks: what to find out, where it concerns, and whom to ask."""

from collections.abc import Iterable
from dataclasses import dataclass

from sekisho.domain.facts import is_known
from sekisho.domain.register.records import Line
from sekisho.domain.reporting.attention import Attention
from sekisho.domain.reporting.document import Mark
from sekisho.domain.reporting.findings import Examined
from sekisho.domain.reporting.wording import Wording, brief, brief_text, joined, spoken
from sekisho.domain.text import Text
from sekisho.domain.workbook.schema import Severity

NEEDED = (
    "ehr_connection",
    "purpose",
    "communication",
    "global_ip",
    "terminator_location",
    "contract_party",
    "circuit_id",
)
"""The questions about a line whose answer the report needs."""
NEEDED_OF_DEVICE = ("maker", "model", "software_version")


@dataclass(frozen=True, slots=True)
class Task:
    """One thing to find out. `where` names lines, rooms or PCs; `ask` whom to ask."""

    what: Text
    where: Text
    ask: Text


_HOSPITAL = Text("病院全体", "The whole hospital")
_IT = Text("システム担当者・保守会社", "IT desk, maintenance company")
_GENERAL = Text("総務（契約書類）・回線事業者", "General affairs (contracts), the carrier")
_DEPARTMENT = Text("設置場所の部署・出入りの業者", "The department at that place, its vendors")


def open_tasks(seen: Examined) -> tuple[Task, ...]:
    """Return every task, in the order: lines, sightings, PCs, controls, workbook."""
    return (*_of_lines(seen), *_of_sightings(seen), *_of_pcs(seen), *_of_level(seen), *_of_workbook(seen))


def _of_lines(seen: Examined) -> Iterable[Task]:
    for result in seen.line_results:
        name, ask = seen.wording.line(result.line), _whom(result.line)
        gaps = _gaps(result.line, seen.wording)
        if gaps:
            yield Task(Text("{gaps} を確かめる", "Find out: {gaps}").filled(gaps=joined(gaps)), name, ask)
        if result.attention is Attention.NOT_EXAMINED:
            yield Task(result.result, name, ask)


def _gaps(line: Line, wording: Wording) -> list[Text]:
    gaps = [wording.heading(key, "communication") for key in NEEDED if not is_known(getattr(line, key))]
    if not line.devices:
        gaps.append(Text("つながる装置", "the device behind it"))
    for device in line.devices:
        missing = [key for key in NEEDED_OF_DEVICE if not is_known(getattr(device, key))]
        if missing:
            names = joined([wording.heading(key, "communication") for key in missing], "・", "/")
            gaps.append(Text("装置{n}の{names}", "{names} of device {n}").filled(n=device.position, names=names))
    return gaps


def _whom(line: Line) -> Text:
    """Return who is most likely to know about a line."""
    for answer in (line.vendor_name, line.carrier, line.provider):
        if isinstance(answer, str) and answer.strip():
            return spoken(brief(answer))
    return _GENERAL


def _of_sightings(seen: Examined) -> Iterable[Task]:
    what = Text(
        "一覧にない{kind}の用途と、電子カルテにつながるかを確かめ、一覧に加える",
        "Find out what this unlisted {kind} is for and whether it reaches the EHR; add it to the list",
    )
    for sighting in seen.survey.sightings:
        if sighting.line_number is None:
            is_named = isinstance(sighting.kind, str) and sighting.kind
            kind = brief_text(seen.wording.answer("terminator_kind", sighting.kind)) if is_named else _TERMINATOR
            yield Task(what.filled(kind=kind), spoken(brief(sighting.location)), _DEPARTMENT)


_TERMINATOR = Text("回線終端装置", "line terminator")


def _of_pcs(seen: Examined) -> Iterable[Task]:
    for pc in seen.pcs:
        unknown = [label for label, mark in zip(_PC_PARTS, pc.marks, strict=True) if mark is Mark.UNKNOWN]
        if unknown:
            what = Text("PCの{parts}を確かめる", "Look on the PC for: {parts}").filled(parts=joined(unknown))
            yield Task(what, pc.host, _IT)


_PC_PARTS = (
    Text("OSの版", "OS version"),
    Text("OSの更新状態", "OS updates"),
    Text("ウイルス対策ソフト", "antivirus"),
    Text("パターンの日付", "pattern date"),
    Text("USB制限", "USB limits"),
)


def _of_level(seen: Examined) -> Iterable[Task]:
    """Yield each question that the level or a threat still asks, once."""
    threats = () if seen.threats is None else (m for verdict in seen.threats.threats for m in verdict.missing)
    assumed = () if seen.threats is None else (m for a in seen.threats.assumptions for m in a.found.missing)
    asked = {missing.question: missing for missing in (*seen.level.missing, *threats, *assumed)}
    return (Task(question, _HOSPITAL, _IT) for question in asked)


def _of_workbook(seen: Examined) -> Iterable[Task]:
    for problem in seen.problems:
        if problem.severity is Severity.ERROR:
            where = spoken(brief(f"{problem.sheet} {problem.cell}"))
            yield Task(problem.message, where, Text("記入した人", "Whoever filled it in"))
