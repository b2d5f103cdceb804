"""ランサムウェアへの備え: the surveyed PCs, one row each."""

from sekisho.domain.reporting.document import Cell, Column, Mark, Paragraph, Section, Table
from sekisho.domain.reporting.sections.case import ReportCase
from sekisho.domain.reporting.terminals import Judged, PcState
from sekisho.domain.reporting.wording import brief_text, joined, spoken
from sekisho.domain.text import Text

HEADING = Text("ランサムウェアへの備え", "Preparedness against ransomware")
_COLUMNS = (
    Column(Text("端末名", "PC"), 26, has_lead=True),
    Column(Text("OS（バージョン）", "OS (version)"), 24),
    Column(Text("OSの状態", "OS state"), 20),
    Column(Text("ウイルス対策ソフト", "Antivirus"), 29),
    Column(Text("パターンの状態", "Patterns"), 24),
    Column(Text("USB制限", "USB limits"), 20),
    Column(Text("コメント", "Comment"), 50),
)
_EMPTY = Text(
    "調べるPCが登録されていません。電子カルテのPCを1台と、主な部門システムのPCを1台ずつ、あわせて5台を選び、別紙2-1「調査端末情報」に"
    "書いてください。",
    "No PC has been named. Choose five (one EHR PC and one of each main departmental system) and fill in the workbook.",
)
_INTRODUCTION = Text(
    "調べたPC（Windows）が、ランサムウェア（データを人質に取る悪質なソフト）に備えられているかを示します。「確認不可」「未調査」は、"
    "良いという意味ではありません。",
    "How well the surveyed Windows PCs are prepared against ransomware (software that takes data hostage). “Not "
    "confirmed” and “Not surveyed” do not mean that all is well.",
)


def preparedness_section(case: ReportCase) -> Section:
    """Return the section with the table `preparedness`."""
    rows = tuple(_row(pc, case) for pc in case.pcs)
    table = Table("preparedness", HEADING, _COLUMNS, rows, _EMPTY)
    return Section("preparedness", HEADING, (Paragraph(_INTRODUCTION), table) if rows else (table,))


def _row(pc: PcState, case: ReportCase) -> tuple[Cell, ...]:
    kind = case.wording.answer("system_kind", pc.system_kind, "thin_client")
    name = joined([pc.host, brief_text(kind)], "\n", "\n") if pc.system_kind else pc.host
    return (
        Cell(name),
        _cell(pc.os_name),
        _cell(pc.os_state),
        _cell(pc.antivirus),
        _cell(pc.signature),
        _cell(pc.usb),
        Cell(_comment(pc)),
    )


def _cell(judged: Judged) -> Cell:
    return Cell(judged.text, judged.mark)


def _comment(pc: PcState) -> Text:
    said = [spoken(pc.observed.comment)] if pc.observed and pc.observed.comment else []
    said += [advice for mark, advice in ((m, a) for (m, a) in zip(pc.marks, _ADVICE, strict=True)) if mark is Mark.BAD]
    if pc.observed is None:
        said.append(Text("まだ調査していません。", "Not looked at yet."))
    return joined(said, "\n", "\n") if said else Text("-", "-")


_ADVICE = (
    Text("", ""),
    Text("OSの入れ替えを計画してください。", "Plan the replacement of the OS."),
    Text("ウイルス対策ソフトを入れてください。", "Install an antivirus."),
    Text("パターンの配り方を保守会社に確認してください。", "Ask how patterns are distributed."),
    Text("許可したUSBだけを使えるようにしてください。", "Let only allowed USB devices work."),
)
