"""診断結果: what answered from outside, port by port, in a clerk's words, and what to ask the maintenance company."""

from sekisho.domain.diagnosis.meanings import meaning_of
from sekisho.domain.diagnosis.results import ObservedPort
from sekisho.domain.reporting.attention import LineResult, Seen, when
from sekisho.domain.reporting.document import Cell, Column, Mark, Paragraph, Section, Subheading, Table, same
from sekisho.domain.reporting.sections.case import ReportCase, SpokenFinding
from sekisho.domain.reporting.wording import brief, circuit_id, joined, spoken
from sekisho.domain.text import Text

HEADING = Text("診断結果（セキュリティ対策状況）", "Diagnosis")
DITTO = Text("〃", "〃")

_COLUMNS = (
    Column(Text("No.", "No."), 7),
    Column(Text("回線ID", "Line ID"), 24),
    Column(Text("注目情報", "Attention"), 18),
    Column(Text("ポート", "Port"), 22),
    Column(Text("調査結果", "Result"), 113),
)
_EMPTY = Text(
    "診断する回線がありません。回線が登録されていないためです。先に「外部接続点の見える化」の表を埋めてください。",
    "There is no line to diagnose, because none is registered. Fill the table of external connections first.",
)
_INTRODUCTION = Text(
    "外から各回線のアドレスに話しかけ、応答した入口（ポート）を調べた結果です。ポートは建物のドアのようなもので、開いていること自体が悪いとは"
    "限りませんが、要らないドアは閉めます。",
    "What answered when each line was called from outside. A port is like a door: an open one is not always wrong, but "
    "doors that nobody needs are to be shut.",
)
_NO_SCAN = Text(
    "診断結果のファイルがないため、外からの状態はどの回線も確かめられていません。",
    "There is no result of a diagnosis, so the state of no line has been confirmed from outside.",
)
_UNMATCHED_COLUMNS = (
    Column(Text("アドレス", "Address"), 40),
    Column(Text("ポート", "Port"), 24),
    Column(Text("調査結果", "Result"), 120),
)
_UNMATCHED_HEADING = Text("どの回線のものか分からない診断結果", "Results that belong to no registered line")
_UNMATCHED_NOTE = Text(
    "一覧の回線と結び付かないアドレスの結果です。動的IPで当日の確認がない回線か、書き間違いのおそれがあります。",
    "These addresses are those of no registered line: perhaps a dynamic address that was not confirmed, or a slip.",
)
_UNMATCHED_EMPTY = Text("該当する結果はありません。", "There are none.")


def diagnosis_section(case: ReportCase) -> Section:
    """Return the section with the table `diagnosis`, one row per open port, and per line without any."""
    rows = tuple(row for result in case.line_results for row in _rows(result, case))
    is_scanned = bool(case.unmatched) or any(result.seen for result in case.line_results)
    lead = (Paragraph(_INTRODUCTION),) if is_scanned else (Paragraph(_NO_SCAN),) if rows else ()
    table = Table("diagnosis", HEADING, _COLUMNS, rows, _EMPTY)
    return Section("diagnosis", HEADING, (*lead, table, *_unmatched(case)))


def _rows(result: LineResult, case: ReportCase) -> list[tuple[Cell, ...]]:
    """Return a row for each open port, below it one for each thing found there, and what concerns the whole address."""
    ports = result.seen.open_ports if result.seen else ()
    found = [one for one in case.found_at(result.seen.address) if _is_told(one)] if result.seen else []
    said: list[tuple[Text, Text]] = []
    for port in ports:
        said.append((spoken(port.name), _port_text(port, case)))
        said += [(DITTO, _found_text(one)) for one in found if one.finding.port_name == port.name]
    if not ports:
        said.append((same("-"), result.result))
    said += [(same("-"), _found_text(one)) for one in found if not one.finding.port]
    return [
        _row(result, circuit_id(result.line) if position == 0 else DITTO, port_name, text)
        for position, (port_name, text) in enumerate(said)
    ]


_TOLD_BY_THE_PORT = frozenset({"open-port", "product-seen", "unknown-service"})
"""Kinds that the row of the port itself already tells."""


def _is_told(one: SpokenFinding) -> bool:
    return one.finding.kind not in _TOLD_BY_THE_PORT


def _found_text(one: SpokenFinding) -> Text:
    severity = one.finding.severity
    head = Text(f"{severity.shape} {severity.word.ja}：{{title}}", f"{severity.shape} {severity.word.en}: {{title}}")
    asked = Text("依頼：{ask}", "Ask: {ask}").filled(ask=one.text.action)
    decided = [one.note] if one.note is not None else []
    return joined([head.filled(title=one.text.title), one.text.what, asked, *decided], "\n", "\n")


def _row(result: LineResult, name: Text, port: Text, text: Text) -> tuple[Cell, ...]:
    return (
        Cell(same(result.line.number), value=result.line.number),
        Cell(name),
        Cell(result.attention.word, result.attention.mark),
        Cell(port),
        Cell(text),
    )


def _port_text(port: ObservedPort, case: ReportCase) -> Text:
    meaning = meaning_of(port, case.knowledge.ports, case.knowledge.other_port)
    said = [meaning.meaning, Text("依頼：{ask}", "Ask: {ask}").filled(ask=meaning.ask)]
    product = " ".join(part for part in (port.product, port.version) if part)
    if product or port.service:
        told = Text("応答した内容：{what}", "It answered as: {what}").filled(what=brief(product or port.service, 120))
        said.insert(1, told)
    return joined(said, "\n", "\n")


def _unmatched(case: ReportCase) -> tuple[Subheading | Paragraph | Table, ...]:
    if not case.unmatched:
        return ()
    rows = tuple(row for seen in case.unmatched for row in _unmatched_rows(seen, case))
    table = Table("unmatched", _UNMATCHED_HEADING, _UNMATCHED_COLUMNS, rows, _UNMATCHED_EMPTY)
    return (Subheading(_UNMATCHED_HEADING), Paragraph(_UNMATCHED_NOTE), table)


def _unmatched_rows(seen: Seen, case: ReportCase) -> list[tuple[Cell, ...]]:
    address = Cell(spoken(brief(seen.address, 60)), Mark.UNKNOWN)
    if not seen.open_ports:
        said = (
            Text("オープンポートは確認されませんでした（{w}）。", "No open port was found ({w}).")
            if seen.is_up
            else _NO_ANSWER
        )
        return [(address, Cell(same("-")), Cell(said.filled(w=when(seen))))]
    return [(address, Cell(spoken(port.name)), Cell(_port_text(port, case))) for port in seen.open_ports]


_NO_ANSWER = Text("応答がありませんでした（{w}）。", "There was no answer ({w}).")
