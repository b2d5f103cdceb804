"""What the report found, by rules with ids: each finding says what, where and how urgent, and calls for measures.

Urgency counts from 1 (at the next occasion) to 4 (today). The rules are ours; they use no fact that is not in the
register, the survey, the scans or the level.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from sekisho.domain.facts import is_known
from sekisho.domain.judgement.level import Control, Grade, LevelVerdict
from sekisho.domain.judgement.threats import ThreatsVerdict
from sekisho.domain.register.records import Line, Register
from sekisho.domain.reporting.attention import CLOSED, FACES_INTERNET, Attention, LineResult
from sekisho.domain.reporting.document import Mark, same
from sekisho.domain.reporting.knowledge import ReportKnowledge
from sekisho.domain.reporting.terminals import PcState
from sekisho.domain.reporting.wording import Wording, brief, joined
from sekisho.domain.survey.observations import SurveyObservations
from sekisho.domain.text import Text
from sekisho.domain.tri import Tri
from sekisho.domain.workbook.schema import Problem, Severity

RULES_VERSION = "1.0"
PCS_ASKED_FOR = 5
URGENCY_NO = 3
URGENCY_UNKNOWN = 2
URGENCY_TODAY = 4


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing found. `rule_id` is what measures name in their triggers; `where` may be empty (the whole hospital)."""

    rule_id: str
    title: Text
    where: Text
    urgency: int
    mark: Mark


@dataclass(frozen=True, slots=True)
class Examined:
    """Everything the rules look at."""

    register: Register
    level: LevelVerdict
    survey: SurveyObservations
    problems: Sequence[Problem]
    line_results: tuple[LineResult, ...]
    pcs: tuple[PcState, ...]
    knowledge: ReportKnowledge
    wording: Wording
    threats: ThreatsVerdict | None = None


def findings(seen: Examined) -> tuple[Finding, ...]:
    """Return all findings, the most urgent first; ties go to what is surely bad, then by rule id."""
    found = [
        *_ports(seen),
        *_lines(seen),
        *_sightings(seen),
        *_pcs(seen),
        *_level(seen),
        *_threats(seen),
        *_workbook(seen),
    ]
    return tuple(sorted(found, key=_order))


def _order(finding: Finding) -> tuple[int, bool, str, str]:
    return (-finding.urgency, finding.mark is not Mark.BAD, finding.rule_id, finding.where.ja)


def places(names: Iterable[Text], limit: int = 4) -> Text:
    """Return the first `limit` places and how many more there are."""
    all_names = list(names)
    shown = all_names[:limit]
    if len(all_names) > limit:
        shown.append(Text("ほか{n}か所", "{n} more").filled(n=len(all_names) - limit))
    return joined(shown)


def _ports(seen: Examined) -> list[Finding]:
    lines_by_meaning: dict[str, dict[int, Text]] = {}
    for result in seen.line_results:
        for port in result.seen.open_ports if result.seen else ():
            meaning = seen.knowledge.port(port.name)
            lines_by_meaning.setdefault(meaning.id, {})[result.line.number] = seen.wording.line(result.line)
    meanings = {meaning.id: meaning for meaning in (*seen.knowledge.ports, seen.knowledge.other_port)}
    title = Text("外から{service}の入口が見えます", "{service} can be reached from outside")
    return [
        Finding(
            rule_id=f"finding.port.{meaning_id}",
            title=title.filled(service=meanings[meaning_id].service),
            where=places(lines.values()),
            urgency=meanings[meaning_id].urgency,
            mark=Mark.BAD if meanings[meaning_id].urgency >= URGENCY_NO else Mark.CAUTION,
        )
        for meaning_id, lines in lines_by_meaning.items()
    ]


@dataclass(frozen=True, slots=True)
class _LineRule:
    id: str
    urgency: int
    mark: Mark
    title: Text


_DIRECT = _LineRule(
    "finding.line.direct-internet",
    2,
    Mark.CAUTION,
    Text("電子カルテにつながる回線が、インターネットに直接面しています", "Lines of the EHR network face the internet"),
)
_NOT_EXAMINED = _LineRule(
    "finding.line.not-examined",
    2,
    Mark.UNKNOWN,
    Text("外から何が見えるか、まだ調べられていない回線があります", "Some lines could not be examined from outside"),
)
_VERSION = _LineRule(
    "finding.line.version-unknown",
    2,
    Mark.UNKNOWN,
    Text("装置のソフトウェアの版が分からない回線があります", "The software version of some devices is not known"),
)
_FORM = _LineRule(
    "finding.line.form-unknown",
    2,
    Mark.UNKNOWN,
    Text("通信形態や電子カルテとの接続が分からない回線があります", "How some lines communicate is not known"),
)
_VENDOR = _LineRule(
    "finding.line.vendor-owned",
    1,
    Mark.CAUTION,
    Text("業者の名義の回線が、電子カルテにつながっています", "Lines in vendors' names reach the EHR network"),
)


def _lines(seen: Examined) -> list[Finding]:
    checks: tuple[tuple[_LineRule, Callable[[LineResult], bool]], ...] = (
        (_DIRECT, lambda r: r.line.ehr_connection == "yes" and r.line.communication == "internet"),
        (_NOT_EXAMINED, lambda r: r.attention is Attention.NOT_EXAMINED),
        (_VERSION, lambda r: _has_unknown_version(r.line)),
        (_FORM, lambda r: _form_is_unknown(r.line)),
        (_VENDOR, lambda r: r.line.contract_party == "vendor" and r.line.ehr_connection != "no"),
    )
    found = []
    for rule, holds in checks:
        named = [seen.wording.line(result.line) for result in seen.line_results if holds(result)]
        if named:
            found.append(Finding(rule.id, rule.title, places(named), rule.urgency, rule.mark))
    return found


def _has_unknown_version(line: Line) -> bool:
    return line.ehr_connection != "no" and (
        not line.devices or any(not is_known(device.software_version) for device in line.devices)
    )


def _form_is_unknown(line: Line) -> bool:
    return line.communication not in FACES_INTERNET | CLOSED or not is_known(line.ehr_connection)


def _sightings(seen: Examined) -> list[Finding]:
    unlisted = [sighting for sighting in seen.survey.sightings if sighting.line_number is None]
    if not unlisted:
        return []
    return [
        Finding(
            "finding.sighting.unlisted",
            Text("どの一覧にもない回線終端装置が{n}台あります", "{n} line terminators are on no list").filled(
                n=len(unlisted)
            ),
            places(same(brief(sighting.location)) for sighting in unlisted),
            URGENCY_NO,
            Mark.CAUTION,
        )
    ]


def _pcs(seen: Examined) -> list[Finding]:
    checks: tuple[tuple[str, int, Callable[[PcState], bool], Text], ...] = (
        ("finding.pc.os-unsupported", URGENCY_NO, lambda pc: pc.os_state.mark is Mark.BAD, _PC_TITLES[0]),
        ("finding.pc.os-outdated", 2, lambda pc: pc.os_state.mark is Mark.CAUTION, _PC_TITLES[1]),
        ("finding.pc.no-antivirus", URGENCY_NO, lambda pc: pc.antivirus.mark is Mark.BAD, _PC_TITLES[2]),
        (
            "finding.pc.signature-old",
            2,
            lambda pc: pc.signature.mark in {Mark.BAD, Mark.CAUTION},
            _PC_TITLES[3],
        ),
        ("finding.pc.usb-open", 2, lambda pc: pc.usb.mark in {Mark.BAD, Mark.CAUTION}, _PC_TITLES[4]),
        ("finding.pc.not-confirmed", 2, lambda pc: Mark.UNKNOWN in pc.marks, _PC_TITLES[5]),
    )
    found = []
    for rule_id, urgency, holds, title in checks:
        named = [same(brief(pc.host.ja)) for pc in seen.pcs if holds(pc)]
        if named:
            mark = Mark.UNKNOWN if rule_id.endswith("not-confirmed") else Mark.CAUTION
            found.append(Finding(rule_id, title, places(named), urgency, mark))
    if len(seen.pcs) < PCS_ASKED_FOR:
        short = Text("調べるPCが{n}台分、決まっていません", "{n} of five PCs have not been named")
        found.append(
            Finding("finding.pc.too-few", short.filled(n=PCS_ASKED_FOR - len(seen.pcs)), Text("", ""), 1, Mark.UNKNOWN)
        )
    return found


_PC_TITLES = (
    Text("サポートの終わったWindowsのPCがあります", "Some PCs run a Windows out of support"),
    Text("Windowsの更新が止まっているPCがあります", "Windows is not up to date on some PCs"),
    Text("ウイルス対策ソフトのないPCがあります", "Some PCs have no antivirus"),
    Text("ウイルス対策のパターンが古いPCがあります", "Antivirus patterns are old on some PCs"),
    Text("USBメモリをそのまま使えるPCがあります", "Some PCs take USB sticks"),
    Text("状態を確かめられていないPCがあります", "The state of some PCs could not be confirmed"),
)


def _level(seen: Examined) -> list[Finding]:
    found = []
    for control in seen.level.controls:
        for verdict in control.predicates:
            if verdict.outcome is Tri.YES:
                continue
            urgency = URGENCY_NO if verdict.outcome is Tri.NO else URGENCY_UNKNOWN
            if seen.level.urgent and _is_separation(control.control, verdict.outcome, control.at_most):
                urgency = URGENCY_TODAY
            mark = Mark.BAD if verdict.outcome is Tri.NO else Mark.UNKNOWN
            found.append(Finding(verdict.rule_id, verdict.because, Text("", ""), urgency, mark))
    return found


def _is_separation(control: Control, outcome: Tri, at_most: Grade) -> bool:
    """Return True for what makes the level urgent: an outside control that is proven to be missing."""
    return control is Control.EXTERNAL and outcome is Tri.NO and at_most is Grade.NONE


def _threats(seen: Examined) -> list[Finding]:
    """Return broken assumptions, which make the scores say too little, and attacks that several paths share."""
    if seen.threats is None:
        return []
    nowhere = Text("", "")
    found = [
        Finding(broken.rule_id, _BROKEN.filled(title=broken.assumption.title), nowhere, URGENCY_NO, Mark.BAD)
        for broken in seen.threats.broken
    ]
    for shared in seen.threats.shared:
        if shared.outcome is Tri.NO:
            title = _SHARED.filled(title=shared.title, threats="・".join(shared.threats))
            found.append(Finding(f"finding.threat.{shared.id}", title, nowhere, URGENCY_NO, Mark.BAD))
    return found


_BROKEN = Text(
    "点数の前提が崩れています（{title}）。本当の危険は、点数より大きいと考えてください",
    "An assumption behind the scores is broken ({title}): the danger is greater than the scores say",
)
_SHARED = Text("{title}が残っています（{threats}）", "{title} ({threats})")


def _workbook(seen: Examined) -> list[Finding]:
    errors = [problem for problem in seen.problems if problem.severity is Severity.ERROR]
    if not errors:
        return []
    title = Text("記入依頼書に、直すところが{n}か所あります", "{n} places of the workbook need mending")
    cells = [same(brief(f"{problem.sheet} {problem.cell}")) for problem in errors]
    return [Finding("finding.workbook.errors", title.filled(n=len(errors)), places(cells), 1, Mark.CAUTION)]
