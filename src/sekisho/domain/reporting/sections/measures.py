"""Measures: six first, the rest in an annex; and what has to be found out."""

from sekisho.domain.reporting.document import Cell, Column, Paragraph, Section, Table, same
from sekisho.domain.reporting.printable import printable_text
from sekisho.domain.reporting.ranking import FIRST, Proposal
from sekisho.domain.reporting.sections.case import ReportCase
from sekisho.domain.reporting.wording import joined
from sekisho.domain.text import Text

HEADING = Text("対策：まずこの6つ", "Measures: these six first")
OTHERS_HEADING = Text("そのほかの対策", "Further measures")
TASKS_HEADING = Text("まだ分からないこと（確認の依頼）", "What is not known yet")

_COLUMNS = (
    Column(Text("順", "No."), 7),
    Column(Text("対策とその理由", "Measure and why"), 58, has_lead=True),
    Column(Text("やること", "What to do"), 62),
    Column(Text("だれが", "Who"), 26),
    Column(Text("効果", "Effect"), 15),
    Column(Text("手間", "Effort"), 15),
)
_INTRODUCTION = Text(
    "急ぐ度合い × 効果 ÷ 手間 の大きい順に並べました。上から順に進めてください。全部で{n}件あり、7番目からは付録にあります。",
    "In the order of urgency × effect ÷ effort; begin at the top. There are {n} in all; from the seventh on they are in an annex.",
)
_FEW = Text(
    "急ぐ度合い × 効果 ÷ 手間 の大きい順に並べました。上から順に進めてください。",
    "In the order of urgency × effect ÷ effort; begin at the top.",
)
_EMPTY = Text(
    "分かっている事実からは、対策の必要なところが見つかりませんでした。「まだ分からないこと」を確かめると、ここに対策が加わることがあります。",
    "The known facts call for no measure. Once open questions are answered, measures may appear here.",
)
_NO_OTHERS = Text("対策はすべて本文にあります。", "All measures are in the main part.")
_NO_TASKS = Text("分からないことは残っていません。", "Nothing is left unknown.")
_SIZES = {
    1: Text("とても小", "Very low"),
    2: Text("小", "Low"),
    3: Text("中", "Medium"),
    4: Text("大", "High"),
    5: Text("とても大", "Very high"),
}
_TASKS_INTRODUCTION = Text(
    "答えが分からないことの一覧です。分からないままでは、安全とも危険とも言えません。それぞれ、聞く相手を添えました。",
    "Questions without an answer. As long as they are open, nobody can say whether things are safe. Each names whom to ask.",
)


def measures_section(case: ReportCase) -> Section:
    """Return the section with the table `measures`, at most six."""
    table = Table("measures", HEADING, _COLUMNS, _rows(case.proposals[:FIRST], 1), _EMPTY)
    total = len(case.proposals)
    lead = () if not total else (Paragraph(_INTRODUCTION.filled(n=total) if total > FIRST else _FEW),)
    return Section("measures", HEADING, (*lead, table))


def further_measures_section(case: ReportCase) -> Section:
    """Return the annex with the table `further_measures`."""
    rows = _rows(case.proposals[FIRST:], FIRST + 1)
    table = Table("further_measures", OTHERS_HEADING, _COLUMNS, rows, _NO_OTHERS)
    return Section("further_measures", OTHERS_HEADING, (table,), is_annex=True)


def _rows(proposals: tuple[Proposal, ...], start: int) -> tuple[tuple[Cell, ...], ...]:
    return tuple(_row(proposal, number) for number, proposal in enumerate(proposals, start))


def _row(proposal: Proposal, number: int) -> tuple[Cell, ...]:
    measure = proposal.measure
    return (
        Cell(same(number), value=number),
        Cell(joined([printable_text(measure.title), why(proposal)], "\n", "\n")),
        Cell(printable_text(measure.what)),
        Cell(measure.who),
        Cell(_SIZES[measure.effect]),
        Cell(_SIZES[measure.effort]),
    )


def why(proposal: Proposal, limit: int = 3) -> Text:
    """Return the findings that call for the measure, with their places."""
    said = []
    for finding in proposal.calls[:limit]:
        at = Text("{title}（{where}）", "{title} ({where})") if finding.where.ja else Text("{title}", "{title}")
        said.append(at.filled(title=printable_text(finding.title), where=finding.where))
    return joined([Text("・{s}", "· {s}").filled(s=sentence) for sentence in said], "\n", "\n")


def tasks_section(case: ReportCase) -> Section:
    """Return the section with the table `tasks`."""
    columns = (
        Column(Text("No.", "No."), 8),
        Column(Text("どこ", "Where"), 40),
        Column(Text("確かめること", "What to find out"), 92),
        Column(Text("聞く相手", "Whom to ask"), 44),
    )
    rows = tuple(
        (
            Cell(same(number), value=number),
            Cell(task.where),
            Cell(printable_text(task.what)),
            Cell(task.ask),
        )
        for number, task in enumerate(case.tasks, 1)
    )
    table = Table("tasks", TASKS_HEADING, columns, rows, _NO_TASKS)
    return Section("tasks", TASKS_HEADING, (Paragraph(_TASKS_INTRODUCTION), table) if rows else (table,))
