"""`sekisho diagnose read`: findings from what scanners wrote, and what became of them since an earlier run."""

import json
from argparse import Namespace
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from sekisho.adapters.diagnosis_result import MAX_BYTES, ResultUnreadable, read_result
from sekisho.adapters.scan_reports.read import findings_in, read_report
from sekisho.adapters.scan_reports.streaming import ReportUnreadable, ScanReport
from sekisho.catalogue.findings import load_finding_knowledge
from sekisho.cli.main import DONE, PROBLEMS, CannotDo, Parser, both
from sekisho.domain.diagnosis.comparison import Change, Compared, Coverage, compare
from sekisho.domain.diagnosis.consents import JAPAN
from sekisho.domain.diagnosis.findings import Finding, Severity, merged
from sekisho.domain.diagnosis.results import AddressScan
from sekisho.domain.diagnosis.run_document import plain
from sekisho.domain.text import Text

FORMAT = "sekisho-findings/1"


def register_read(commands: Any) -> None:
    """Add `read` to the subcommands of `diagnose`."""
    read: Parser = commands.add_parser(
        "read", help=both("診断の道具の結果から、見つかったことを読む", "findings from what scanners wrote")
    )
    read.add_argument(
        "files",
        type=Path,
        nargs="+",
        metavar="FILE",
        help=both(
            "nmap の XML、.nessus、Greenbone の XML、result.json", "nmap XML, .nessus, Greenbone XML, or result.json"
        ),
    )
    read.add_argument(
        "--against",
        type=Path,
        action="append",
        default=[],
        metavar="EARLIER",
        help=both("前の結果と比べる（何度でも）", "compare with earlier results (repeatable)"),
    )
    read.set_defaults(run=_read)


@dataclass(frozen=True, slots=True)
class Results:
    """What some files say together; `warnings` with the name of the file."""

    scans: tuple[AddressScan, ...]
    findings: tuple[Finding, ...]
    warnings: tuple[tuple[str, Text], ...]


def _read(options: Namespace) -> int:
    today = datetime.now(UTC).astimezone(JAPAN).date()
    results = results_of(options.files, today)
    earlier = results_of(options.against, today) if options.against else None
    compared = _compared(earlier, results) if earlier is not None else None
    if options.json:
        print(json.dumps(document_of(results, compared), ensure_ascii=False))
    else:
        for line in _lines(results, compared or (), options.lang):
            print(line)
    is_bad = any(finding.severity is not Severity.NOTE for finding in results.findings)
    return (
        PROBLEMS
        if is_bad or results.warnings or any(one.change is not Change.FIXED for one in compared or ())
        else DONE
    )


def results_of(files: Sequence[Path], today: date) -> Results:
    """Return what `files` say together; support of products is judged as of `today`.

    Raises:
        CannotDo: one of them cannot be read.
    """
    scans: list[AddressScan] = []
    findings: list[Finding] = []
    warnings: list[tuple[str, Text]] = []
    for file in files:
        report = _report(file)
        scans += report.scans
        findings += report.findings
        if not _is_result(file):
            findings += findings_in(report, today=today, knowledge=load_finding_knowledge())
        warnings += [(file.name, warning) for warning in report.warnings]
    return Results(tuple(scans), merged(findings), tuple(warnings))


def _is_result(file: Path) -> bool:
    return file.suffix.casefold() == ".json"


def _report(file: Path) -> ScanReport:
    try:
        with file.open("rb") as stream:
            if _is_result(file):
                return ScanReport(*read_result(stream.read(MAX_BYTES + 1), evidence=file.name))
            return read_report(stream, knowledge=load_finding_knowledge(), evidence=file.name)
    except OSError as error:
        raise CannotDo(_NO_FILE.filled(file=file, why=error.strerror)) from None
    except (ReportUnreadable, ResultUnreadable) as error:
        raise CannotDo(Text(f"{file.name}：{error.message.ja}", f"{file.name}: {error.message.en}")) from None


def _compared(earlier: Results, later: Results) -> tuple[Compared, ...]:
    return compare(
        earlier.findings,
        later.findings,
        Coverage.of(later.scans),
        load_finding_knowledge(),
        before=Coverage.of(earlier.scans),
    )


# ---- the document ----


def document_of(results: Results, compared: Sequence[Compared] | None) -> dict[str, Any]:
    """Return the JSON document; `compared` is None when nothing was compared."""
    document: dict[str, Any] = {
        "format": FORMAT,
        "scans": [_scan(scan) for scan in results.scans],
        "findings": [finding_document(finding) for finding in results.findings],
        "warnings": [{"file": file, "message": warning.as_dict()} for file, warning in results.warnings],
    }
    if compared is not None:
        document["comparison"] = [_change(one) for one in compared]
    return document


def _scan(scan: AddressScan) -> dict[str, Any]:
    return {
        "address": scan.address,
        "started_at": scan.started_at.isoformat() if scan.started_at else None,
        "is_up": scan.is_up,
        "is_complete": scan.is_complete,
        "tool": scan.tool,
        "evidence": scan.evidence,
        "open_ports": [port.name for port in scan.open_ports],
        "covered": plain(scan.covered),
    }


def finding_document(finding: Finding) -> dict[str, Any]:
    """Return one finding as JSON: its values, its key, and its words in both languages."""
    text = load_finding_knowledge().spoken(finding)
    return {
        **plain(finding),
        "key": list(finding.key),
        "severity_word": finding.severity.word.as_dict(),
        "certainty_word": finding.certainty.word.as_dict(),
        "text": plain(text),
    }


def _change(one: Compared) -> dict[str, Any]:
    return {
        "change": one.change.value,
        "key": list(one.finding.key),
        "rule": one.rule or None,
        "why": one.why.as_dict() if one.why else None,
        "changed": list(one.changed),
        "title": load_finding_knowledge().spoken(one.finding).title.as_dict(),
    }


# ---- for people ----


def _lines(results: Results, compared: Sequence[Compared], language: str) -> Iterator[str]:
    knowledge = load_finding_knowledge()
    for file, warning in results.warnings:
        yield f"！ {file}: {warning.within(language)}"
    scanned = [scan.address for scan in results.scans]
    for address in dict.fromkeys([*(finding.address for finding in results.findings), *scanned]):
        yield f"■ {address}"
        found = [one for one in results.findings if one.address == address]
        if not found:
            yield _NOTHING.within(language)
        for finding in found:
            text = knowledge.spoken(finding)
            yield f"{finding.severity.shape} {finding.severity.word.within(language)}  {text.title.within(language)}"
            for label, said in zip(_LABELS, (text.what, text.why, text.action, text.who, text.check), strict=True):
                yield f"    {label.within(language)}{said.within(language)}"
    if not results.findings and not results.scans:
        yield _NO_SCAN.within(language)
    if compared:
        yield _COMPARED.within(language)
    for one in compared:
        why = f"（{one.why.within(language)}）" if one.why else ""
        title = knowledge.spoken(one.finding).title.within(language)
        place = f"{one.finding.address} {one.finding.port_name}".strip()
        yield f"{one.change.shape} {one.change.word.within(language)}  {place}  {title}{why}"


_LABELS = (
    Text("これは：", "What it is: "),
    Text("なぜ大事か：", "Why it matters: "),
    Text("すること：", "What to do: "),
    Text("する人：", "Who: "),
    Text("確かめ方：", "How to check: "),
)
_COMPARED = Text("■ 前の結果と比べて", "■ Compared with the earlier result")
_NOTHING = Text(
    "調べた範囲で、外から応答する入口は見つかりませんでした。調べていないものが安全という意味ではありません。",
    "Nothing that answers from outside was found in what was asked. What was not asked is not thereby safe.",
)
_NO_SCAN = Text("診断したアドレスがありません。", "No address was scanned.")
_NO_FILE = Text(
    "「{file}」を読めません（{why}）。場所と名前を確かめてください。",
    "Cannot read “{file}” ({why}). Check its place and name.",
)
