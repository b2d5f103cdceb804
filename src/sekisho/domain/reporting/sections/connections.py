"""外部接続点の見える化: every line of the register exactly once, with what is known of it from outside."""

from sekisho.domain.facts import Unknown
from sekisho.domain.register.records import Line
from sekisho.domain.reporting.attention import Attention, LineResult
from sekisho.domain.reporting.document import Callout, Cell, Column, Mark, Paragraph, Picture, Section, Table, same
from sekisho.domain.reporting.sections.case import ReportCase
from sekisho.domain.reporting.wording import UNANSWERED, UNKNOWN, brief_text, circuit_id, device_name, joined
from sekisho.domain.text import Text

HEADING = Text("外部接続点の見える化", "External connections")
OVERVIEW = "overview"
QUOTED = 60

_COLUMNS = (
    Column(Text("No.", "No."), 7),
    Column(Text("回線ID", "Line ID"), 23),
    Column(Text("用途", "Purpose"), 23),
    Column(Text("通信形態", "Communication"), 19),
    Column(Text("接続機器", "Device"), 25),
    Column(Text("IPアドレス", "IP address"), 25),
    Column(Text("注目情報", "Attention"), 17),
    Column(Text("調査結果", "Result"), 52),
)
_EMPTY = Text(
    "回線が1本も登録されていません。回線がないという意味ではありません。別紙2-1「回線・機器情報」に、外につながる回線を"
    "すべて書いてください。探し方は、台帳、部署と業者への問合せ、院内を歩いての目視の順です。",
    "No line is registered; this does not mean that there are none. List every line that leads outside in the workbook: "
    "look in ledgers, ask departments and vendors, and walk the rooms.",
)
_INTRODUCTION = Text(
    "外とつながる{n}本の回線を、記入依頼書（別紙2-1）のとおりに1本ずつ示します。「注意」は手を打つ必要がある回線、「調査不可」は"
    "状態が分からない回線です。分からないことは、安全という意味ではありません。「-」は診断の対象外か、開いた入口が見つからなかった回線です。",
    "All {n} lines that lead outside, one by one, as in the workbook. “Caution” needs action; “Not examined” means that the "
    "state is unknown, which is not the same as safe; “-” was out of scope or showed no open port.",
)
_PICTURE = Picture(
    name=OVERVIEW,
    caption=Text("外部接続の全体図（俯瞰図）", "Overview of all external connections"),
    alternative=Text(
        "外部の相手先から、回線、回線終端装置、ルータを経て、院内のシステムに至る全体図。同じ内容は「外部接続点の見える化」の表にあります。",
        "Drawing from outside parties over lines, terminators and routers to the systems inside. The table of external "
        "connections says the same in words.",
    ),
    missing=Text(
        "全体図は、この報告書には添えられていません。画面の「俯瞰図」で見るか、図を付けてもう一度発行してください。",
        "The overview drawing is not part of this print. See it on screen, or issue the report again with the drawing.",
    ),
)


def connections_section(case: ReportCase) -> Section:
    """Return the section with the table `connections` and the overview drawing."""
    table = Table(
        id="connections",
        caption=HEADING,
        columns=_COLUMNS,
        rows=tuple(_row(result, case) for result in case.line_results),
        empty=_EMPTY,
    )
    introduction = (Paragraph(_INTRODUCTION.filled(n=len(case.line_results))),) if case.line_results else ()
    return Section("connections", HEADING, (*introduction, *_duplicates(case), table, _PICTURE))


def _row(result: LineResult, case: ReportCase) -> tuple[Cell, ...]:
    line, wording = result.line, case.wording
    return (
        Cell(same(line.number), value=line.number),
        Cell(circuit_id(line)),
        Cell(brief_text(wording.answer("purpose", line.purpose), QUOTED)),
        Cell(brief_text(wording.answer("communication", line.communication), QUOTED)),
        Cell(_devices(line)),
        Cell(address_text(result)),
        Cell(result.attention.word, result.attention.mark),
        Cell(_result(result)),
    )


def _devices(line: Line) -> Text:
    if not line.devices:
        return UNANSWERED
    return joined([device_name(device) for device in line.devices], "\n", "\n")


def address_text(result: LineResult) -> Text:
    """Return the address that was or would be examined, and how sure it is."""
    line = result.line
    if line.address_assignment == "dynamic":
        if result.address is None:
            return Text("動的IP（未確認）", "Dynamic (not confirmed)")
        return Text("{a}\n（動的IP・当日確認）", "{a}\n(dynamic, confirmed)").filled(a=result.address)
    if result.address is not None:
        return brief_text(same(result.address), QUOTED)
    if line.global_ip == "no":
        return Text("なし", "None")
    return UNKNOWN if Unknown in (type(line.global_address), type(line.global_ip)) else UNANSWERED


def _result(result: LineResult) -> Text:
    """Return the sentence of the rule, and beside an open form of communication the warning that goes with it."""
    is_direct = result.line.communication == "internet" and result.line.ehr_connection == "yes"
    if not is_direct or result.attention is not Attention.NONE:
        return result.result
    return joined([result.result, _DIRECT], "", " ")


_DIRECT = Text(
    "ただし電子カルテの回線がインターネットに面しています。",
    "Yet this line of the EHR network faces the internet.",
)


def _duplicates(case: ReportCase) -> tuple[Callout, ...]:
    """Return a warning when two lines carry one circuit id: a slip, or one cable with two uses."""
    seen: dict[str, list[int]] = {}
    for line in case.register.lines:
        if isinstance(line.circuit_id, str) and line.circuit_id.strip():
            seen.setdefault(line.circuit_id.strip(), []).append(line.number)
    shared = [numbers for numbers in seen.values() if len(numbers) > 1]
    if not shared:
        return ()
    groups = [joined([Text(f"回線{n}", f"line {n}") for n in numbers], "と", " and ") for numbers in shared]
    body = Text(
        "{groups} に同じ回線IDが書かれています。1本の回線を2つの用途で使っているのか、書き間違いか、契約書類で確かめてください。",
        "{groups} carry the same line ID. Check in the contract whether one line has two uses or the ID is a slip.",
    )
    title = Text("同じ回線IDがあります", "A line ID appears more than once")
    return (Callout(Mark.CAUTION, title, body.filled(groups=joined(groups))),)
