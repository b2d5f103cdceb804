"""Threats with their scores, the assumptions behind them, what to do next, and what each score stands on."""

from sekisho.domain.judgement.crss import RiskLevel
from sekisho.domain.judgement.solutions import Kind
from sekisho.domain.judgement.threats import ControlState, ThreatVerdict
from sekisho.domain.reporting.document import (
    Block,
    Callout,
    Cell,
    Column,
    Mark,
    Paragraph,
    Section,
    Subheading,
    Table,
    same,
)
from sekisho.domain.reporting.printable import printable_text
from sekisho.domain.reporting.sections.case import ReportCase
from sekisho.domain.reporting.sections.level import evidence_lines
from sekisho.domain.reporting.wording import joined
from sekisho.domain.text import Text
from sekisho.domain.tri import Tri

HEADING = Text("17の脅威と点数", "The 17 threats and their scores")
NEXT_HEADING = Text("次の一手（危険を減らす順）", "What to do next, by risk removed")
EVIDENCE_HEADING = Text("脅威の点数の根拠", "What the scores rest on")
NAMED = 3
"""How many controls a row of the table names."""
_NONE = Text("-", "-")

LEVELS = {
    RiskLevel.DANGER: (Text("III 危険", "III danger"), Mark.BAD),
    RiskLevel.WARNING: (Text("II 警告", "II warning"), Mark.CAUTION),
    RiskLevel.CAUTION: (Text("I 注意", "I caution"), Mark.GOOD),
}
_INTRODUCTION = Text(
    "点数は 0 から 10 で、JASO TP-15002 の CRSS の式によります。初めの値と、対策で下がる幅は Sekisho の提案で、確かめが要ります。"
    "確かに出来ている対策だけが点数を下げ、分からないものは下げません。「最良」は、分からないことがすべて良い結果だったときの点数です。",
    "Scores run from 0 to 10 by the CRSS formula of JASO TP-15002. Starting values and what a control moves are Sekisho's "
    "proposals, to be reviewed. Only what is surely in place lowers a score; the unknown never does. “Best” is the score if every "
    "unknown turned out well.",
)


def threats_section(case: ReportCase) -> Section | None:
    """Return the section with the tables `threats` and `assumptions`; None when threats were not judged."""
    risk = case.risk
    if risk is None:
        return None
    verdict = risk.threats
    columns = (
        Column(Text("脅威", "Threat"), 66, has_lead=True),
        Column(Text("点数", "Score"), 16),
        Column(Text("レベル", "Level"), 22),
        Column(Text("初め／最良", "Start / best"), 22),
        Column(Text("下げている対策", "Lowered by"), 32),
        Column(Text("次に効く対策", "What would lower it"), 42),
    )
    rows = tuple(_row(threat) for threat in verdict.by_risk)
    blocks: list[Block] = [Paragraph(_INTRODUCTION), *_shared(case)]
    blocks.append(Table("threats", HEADING, columns, rows, _NO_THREATS))
    return Section("threats", HEADING, (*blocks, *_assumptions(case)))


_NO_THREATS = Text("脅威の一覧がありません。", "There is no list of threats.")


def _row(verdict: ThreatVerdict) -> tuple[Cell, ...]:
    threat = verdict.threat
    parts = [
        Text(threat.id, threat.id),
        Text(f"{threat.who.ja}：{threat.what.ja}", f"{threat.who.en}: {threat.what.en}"),
    ]
    if verdict.witness.ja:
        parts.append(verdict.witness)
    if verdict.level is None:
        absent = Text("当てはまりません：{why}", "Does not apply: {why}").filled(why=verdict.absence.said)
        start = same(f"{verdict.starting.shown}")
        return (
            Cell(joined([*parts[:2], absent], "\n", "\n")),
            Cell(_NONE),
            Cell(_NONE, Mark.OUT_OF_SCOPE),
            Cell(start),
            Cell(_NONE),
            Cell(_NONE),
        )
    level, mark = LEVELS[verdict.level]
    return (
        Cell(joined(parts, "\n", "\n")),
        Cell(same(f"{verdict.score.shown}")),
        Cell(level, mark),
        Cell(same(f"{verdict.starting.shown}／{verdict.best_score.shown}")),
        Cell(_controls(verdict.lowered_by)),
        Cell(_controls(verdict.could_be_lowered_by)),
    )


def _controls(states: tuple[ControlState, ...]) -> Text:
    named = [
        Text(
            f"{state.control.title.ja}{_DOUBT[state.outcome].ja}", f"{state.control.title.en}{_DOUBT[state.outcome].en}"
        )
        for state in states
    ]
    if not named:
        return _NONE
    if len(named) > NAMED:
        named = [*named[:NAMED], Text("ほか{n}件（付録）", "{n} more (annex)").filled(n=len(named) - NAMED)]
    return joined([Text("・{s}", "· {s}").filled(s=name) for name in named], "\n", "\n")


_DOUBT = {Tri.YES: Text("", ""), Tri.NO: Text("", ""), Tri.UNKNOWN: Text("（不明）", " (unknown)")}


def _shared(case: ReportCase) -> tuple[Callout, ...]:
    if case.risk is None:
        return ()
    return tuple(
        Callout(
            Mark.BAD if shared.outcome is Tri.NO else Mark.UNKNOWN,
            Text("{title}（{threats}に共通）", "{title} (the same for {threats})").filled(
                title=shared.title, threats="・".join(shared.threats)
            ),
            shared.said if shared.said.ja else _SHARED_UNKNOWN,
        )
        for shared in case.risk.threats.shared
        if shared.outcome is not Tri.YES
    )


_SHARED_UNKNOWN = Text(
    "版が最新か、要らない入口が閉じているかが分かっていません。直せば3つの脅威が同時に下がります。",
    "It is not known whether versions are current and needless openings shut. Mending it lowers all of them at once.",
)


def _assumptions(case: ReportCase) -> tuple[Block, ...]:
    if case.risk is None:
        return ()
    verdict = case.risk.threats
    columns = (
        Column(Text("No.", "No."), 10),
        Column(Text("前提", "Assumption"), 66),
        Column(Text("今", "Now"), 24),
        Column(Text("意味", "What it means"), 84),
    )
    rows = tuple(
        (
            Cell(same(one.assumption.number), value=one.assumption.number),
            Cell(one.assumption.title),
            Cell(*_HOLDS[one.outcome]),
            Cell(printable_text(one.said)),
        )
        for one in verdict.assumptions
    )
    heading = Text("点数の前提", "What the scores take for granted")
    premise = Text("{n}. {title}。{meaning}", "{n}. {title}. {meaning}").filled(
        n=verdict.premise.number, title=verdict.premise.title, meaning=verdict.premise.meaning
    )
    table = Table("assumptions", heading, columns, rows, _NO_THREATS)
    return (Subheading(heading), table, Paragraph(premise))


_HOLDS = {
    Tri.YES: (Text("前提どおり", "holds"), Mark.GOOD),
    Tri.NO: (Text("崩れている", "broken"), Mark.BAD),
    Tri.UNKNOWN: (Text("不明", "unknown"), Mark.UNKNOWN),
}


# ---- next measures ----


def next_measures_section(case: ReportCase) -> Section | None:
    """Return the section with the table `next_measures`; None when threats were not judged."""
    risk = case.risk
    if risk is None:
        return None
    columns = (
        Column(Text("順", "No."), 8),
        Column(Text("やること", "What"), 78, has_lead=True),
        Column(Text("種類", "Kind"), 26),
        Column(Text("なぜこの順か", "Why here"), 88),
    )
    rows = tuple(
        (
            Cell(same(number), value=number),
            Cell(joined([measure.option.title, measure.option.what], "\n", "\n")),
            Cell(_KINDS[measure.option.kind]),
            Cell(measure.because),
        )
        for number, measure in enumerate(risk.measures, 1)
    )
    table = Table("next_measures", NEXT_HEADING, columns, rows, _NOTHING_LEFT)
    return Section("next_measures", NEXT_HEADING, (Paragraph(_NEXT_SAID), table))


_KINDS = {
    Kind.OWN: Text("自分たちで", "own hands"),
    Kind.CUT: Text("設定の変更", "change of settings"),
    Kind.SOLUTION: Text("製品の導入", "product"),
}
_NEXT_SAID = Text(
    "脅威の点数の合計を、手間あたりで一番大きく下げるものから順に並べました。前のものを済ませた後で、残りがどれだけ下がるかを数えています。"
    "手間（1〜5）と効き目は Sekisho の見積もりです。",
    "In the order in which the sum of scores falls most per effort, each counted from what the ones before it leave. Effort (1 to "
    "5) and effect are Sekisho's estimates.",
)
_NOTHING_LEFT = Text("点数を下げる対策は、もう残っていません。", "Nothing is left that would lower a score.")


# ---- evidence ----


def threat_evidence_section(case: ReportCase) -> Section | None:
    """Return the annex with the table `threat_evidence`: each control, its outcome, what it looked at, what is missing."""
    if case.risk is None:
        return None
    verdict = case.risk.threats
    columns = (
        Column(Text("対策と、関わる脅威", "Control and its threats"), 52, has_lead=True),
        Column(Text("結果", "Outcome"), 22),
        Column(Text("見たもの（出どころ）", "What it looked at (source)"), 62),
        Column(Text("足りない答え", "Missing answers"), 48),
    )
    rows = tuple(_evidence(state, case) for state in verdict.states.values())
    table = Table("threat_evidence", EVIDENCE_HEADING, columns, rows, _NO_THREATS)
    return Section("threat_evidence", EVIDENCE_HEADING, (table,), is_annex=True)


def _evidence(state: ControlState, case: ReportCase) -> tuple[Cell, ...]:
    threats = [t.threat.id for t in case.risk.threats.threats if state in t.controls] if case.risk else []
    moves = "、".join(
        f"{move.metric}→{move.cap.value}" if move.cap else f"{move.metric} -1" for move in state.control.moves
    )
    missing = [Text("・{s}", "· {s}").filled(s=printable_text(item.question)) for item in state.found.missing]
    return (
        Cell(joined([state.control.title, same(f"{'・'.join(threats)}（{moves}）")], "\n", "\n")),
        Cell(*_IN_PLACE[state.outcome]),
        Cell(evidence_lines(state.found.evidence)),
        Cell(joined(missing, "\n", "\n") if missing else _NONE),
    )


_IN_PLACE = {
    Tri.YES: (Text("出来ている", "in place"), Mark.GOOD),
    Tri.NO: (Text("足りない", "missing"), Mark.BAD),
    Tri.UNKNOWN: (Text("不明", "unknown"), Mark.UNKNOWN),
}
