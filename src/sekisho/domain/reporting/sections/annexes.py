"""The annexes: every value of the workbook, its problems, what the report stands on, and the glossary."""

from dataclasses import fields

from sekisho.domain.facts import Answer
from sekisho.domain.register.records import Basics, Contact, Device, Line, Register, Terminal
from sekisho.domain.reporting import attention, findings, ranking, terminals
from sekisho.domain.reporting.document import (
    Block,
    Cell,
    Column,
    Field,
    Paragraph,
    Point,
    Points,
    Record,
    Records,
    RulesVersion,
    Section,
    Subheading,
    Table,
    same,
)
from sekisho.domain.reporting.printable import printable_text
from sekisho.domain.reporting.sections.case import ReportCase
from sekisho.domain.reporting.wording import LINE, UNANSWERED, Wording, brief_text, circuit_id, joined, spoken
from sekisho.domain.text import Text
from sekisho.domain.workbook.schema import Severity

LINES_HEADING = Text("回線ごとの記入内容", "Everything entered, line by line")
PCS_HEADING = Text("病院と調査端末の記入内容", "Everything entered about the hospital and its PCs")
PROBLEMS_HEADING = Text("記入依頼書の確認結果", "Problems of the workbook")
SOURCES_HEADING = Text("この報告書のもと", "What this report stands on")
GLOSSARY_HEADING = Text("用語集", "Glossary")

_LINE_KEYS = tuple(f.name for f in fields(Line) if f.name not in {"number", "row_id", "circuit_id", "devices"})
_DEVICE_KEYS = tuple(f.name for f in fields(Device) if f.name != "position")
_TERMINAL_KEYS = tuple(f.name for f in fields(Terminal) if f.name not in {"number", "row_id"})
_BASIC_KEYS = tuple(f.name for f in fields(Basics) if f.name != "contacts")
_CONTACT_KEYS = tuple(f.name for f in fields(Contact))


def lines_annex(case: ReportCase) -> Section:
    """Return the annex with the records `line_values`: nothing of the workbook's lines is lost."""
    records = tuple(_line_record(line, case.wording) for line in case.register.lines)
    empty = Text("回線が登録されていないため、内容はありません。", "Empty, because no line is registered.")
    block = Records("line_values", LINES_HEADING, Text("回線ID", "Line ID"), records, empty)
    return Section("line_values", LINES_HEADING, (block,), is_annex=True)


def _line_record(line: Line, wording: Wording) -> Record:
    parts = [_field(wording, key, getattr(line, key), "communication") for key in _LINE_KEYS]
    for device in line.devices:
        parts += [
            _field(
                wording, key, getattr(device, key), "communication", Text("装置{n} ", "Device {n} "), device.position
            )
            for key in _DEVICE_KEYS
        ]
    title = [LINE.filled(number=line.number), circuit_id(line)]
    if isinstance(line.purpose, str) and line.purpose:
        title.append(brief_text(wording.answer("purpose", line.purpose)))
    return Record(line.number, circuit_id(line), joined(title, "　", "  "), tuple(parts))


def _field(
    wording: Wording, key: str, value: Answer[str] | Answer[int], beside: str, before: Text | None = None, n: int = 0
) -> Field:
    heading = wording.heading(key, beside)
    label = Text(before.ja + heading.ja, before.en + heading.en).filled(n=n) if before else heading
    text = wording.answer(key, value, beside)
    return Field(label, text, text is not UNANSWERED)


def pcs_annex(case: ReportCase) -> Section:
    """Return the annex with the records `basic_values` and `terminal_values`."""
    register, wording = case.register, case.wording
    pcs = tuple(_terminal_record(terminal, wording) for terminal in register.terminals)
    empty = Text("調べるPCが登録されていません。", "No PC has been named.")
    blocks: tuple[Block, ...] = (
        Subheading(Text("医療機関", "Hospital")),
        Records("basic_values", Text("基本情報", "Hospital"), Text("区分", "Part"), _basics(register, wording), empty),
        Subheading(Text("調査端末", "Surveyed PCs")),
        Records("terminal_values", Text("調査端末", "Surveyed PCs"), Text("端末名", "PC"), pcs, empty),
    )
    return Section("terminal_values", PCS_HEADING, blocks, is_annex=True)


def _basics(register: Register, wording: Wording) -> tuple[Record, ...]:
    basics = register.basics
    hospital = Text("医療機関", "Hospital")
    parts = tuple(_field(wording, key, getattr(basics, key), "beds") for key in _BASIC_KEYS)
    contacts = tuple(
        Record(
            number,
            Text("担当者{n}", "Contact {n}").filled(n=number),
            Text("担当者{n}", "Contact {n}").filled(n=number),
            tuple(_field(wording, key, getattr(contact, key), "family_name") for key in _CONTACT_KEYS),
        )
        for number, contact in enumerate(basics.contacts, 1)
    )
    return (Record(0, hospital, hospital, parts), *contacts)


def _terminal_record(terminal: Terminal, wording: Wording) -> Record:
    host = wording.answer("host_name", terminal.host_name, "thin_client")
    parts = tuple(_field(wording, key, getattr(terminal, key), "thin_client") for key in _TERMINAL_KEYS)
    title = joined([Text(f"端末{terminal.number}", f"PC {terminal.number}"), host], "　", "  ")
    return Record(terminal.number, host, title, parts)


_PROBLEM_COLUMNS = (
    Column(Text("シート", "Sheet"), 34),
    Column(Text("セル", "Cell"), 16),
    Column(Text("程度", "Severity"), 20),
    Column(Text("内容と直し方", "What, and how to mend it"), 84),
    Column(Text("規則", "Rule"), 30),
)
_SEVERITIES = {
    Severity.ERROR: Text("要修正", "Error"),
    Severity.WARNING: Text("確認", "Warning"),
}


def problems_annex(case: ReportCase) -> Section:
    """Return the annex with the table `problems`. A problem's value is not printed: it may be a password in a wrong cell."""
    rows = tuple(
        (
            Cell(spoken(problem.sheet)),
            Cell(spoken(problem.cell or "-")),
            Cell(_SEVERITIES[problem.severity]),
            Cell(printable_text(problem.message)),
            Cell(spoken(problem.rule)),
        )
        for problem in case.problems
    )
    empty = Text("記入依頼書に、直すところは見つかりませんでした。", "Nothing in the workbook needs mending.")
    table = Table("problems", PROBLEMS_HEADING, _PROBLEM_COLUMNS, rows, empty)
    return Section("problems", PROBLEMS_HEADING, (table,), is_annex=True)


def rules_used(case: ReportCase) -> tuple[RulesVersion, ...]:
    """Return every set of rules that made this report, with its version."""
    return (
        RulesVersion(Text("レベル", "Level"), case.level.rules_version),
        RulesVersion(Text("注目情報", "Attention"), attention.RULES_VERSION),
        RulesVersion(Text("検出", "Findings"), findings.RULES_VERSION),
        RulesVersion(Text("端末", "PCs"), terminals.RULES_VERSION),
        RulesVersion(Text("対策の順", "Ranking"), ranking.RULES_VERSION),
        RulesVersion(Text("対策", "Measures"), case.knowledge.measures_version),
        RulesVersion(Text("ポート", "Ports"), case.knowledge.ports_version),
        RulesVersion(Text("記入依頼書", "Workbook"), case.wording.edition.name),
        *_risk_rules(case),
    )


def _risk_rules(case: ReportCase) -> tuple[RulesVersion, ...]:
    if case.risk is None:
        return ()
    return (
        RulesVersion(Text("脅威", "Threats"), case.risk.threats.version),
        RulesVersion(Text("次の一手", "Next measures"), case.risk.measures_version),
        RulesVersion(Text("つなぎ方", "Forms of connection"), case.risk.forms.version),
    )


def sources_annex(case: ReportCase) -> Section:
    """Return the annex with the tables `sources`, `rules` and what the reader should be told."""
    columns = (
        Column(Text("ファイル", "File"), 66),
        Column(Text("大きさ（バイト）", "Size (bytes)"), 24),
        Column(Text("SHA-256（内容の指紋）", "SHA-256 (fingerprint)"), 94),
    )
    files = tuple(
        (Cell(spoken(s.path)), Cell(same(s.size_bytes), value=s.size_bytes), Cell(same(s.sha256))) for s in case.sources
    )
    empty = Text(
        "もとのファイルの記録はありません。画面で入力された内容から作りました。",
        "No source file is recorded: the report was made from what was entered on screen.",
    )
    rules = tuple((Cell(rule.name), Cell(same(rule.version))) for rule in rules_used(case))
    rule_columns = (Column(Text("規則", "Rules"), 60), Column(Text("版", "Version"), 124))
    rules_heading = Text("使った規則とその版", "Rules and versions used")
    return Section(
        "sources",
        SOURCES_HEADING,
        (
            Table("sources", Text("もとのファイル", "Source files"), columns, files, empty),
            Subheading(rules_heading),
            Table("rules", rules_heading, rule_columns, rules, Text("-", "-")),
            *_notes(case),
        ),
        is_annex=True,
    )


def _notes(case: ReportCase) -> tuple[Block, ...]:
    if not case.notes:
        return ()
    points = tuple(Point(printable_text(note)) for note in case.notes)
    return (Subheading(Text("お知らせ", "Notes")), Points(Text("", ""), points))


def glossary_annex(case: ReportCase) -> Section:
    """Return the annex with the table `glossary`."""
    columns = (Column(Text("用語", "Term"), 52), Column(Text("意味", "Meaning"), 132))
    rows = tuple((Cell(term.term), Cell(term.meaning)) for term in case.knowledge.glossary)
    table = Table("glossary", GLOSSARY_HEADING, columns, rows, Text("用語はありません。", "There are no terms."))
    lead = Paragraph(Text("この報告書に出てくる言葉の意味です。", "What the words of this report mean."))
    return Section("glossary", GLOSSARY_HEADING, (lead, table), is_annex=True)
