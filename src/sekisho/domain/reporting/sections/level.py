"""The security level: the three controls, why they are as they are, and what is missing for the next level."""

from sekisho.domain.judgement.level import Control, ControlVerdict, Grade
from sekisho.domain.judgement.summary import headline, next_step
from sekisho.domain.judgement.verdict import Evidence, PredicateVerdict
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
from sekisho.domain.reporting.wording import brief, joined, spoken
from sekisho.domain.text import Text
from sekisho.domain.tri import Tri

HEADING = Text("ネットワークセキュリティレベル", "Network security level")
EVIDENCE_HEADING = Text("レベルの根拠", "What the level rests on")

CONTROL_NAMES = {
    Control.EXTERNAL: Text("外との境目（外部NW接続統制）", "Outside connections"),
    Control.MEDIA: Text("USBなどの媒体（記憶媒体利用統制）", "Storage media"),
    Control.INTERNAL: Text("院内の仕切り（内部NW統制）", "Inside network"),
}
_GRADES = {
    Grade.NONE: (Text("不十分", "Not in place"), Mark.BAD),
    Grade.PARTIAL: (Text("一部", "In part"), Mark.CAUTION),
    Grade.FULL: (Text("十分", "In place"), Mark.GOOD),
    Grade.UNKNOWN: (Text("不明", "Unknown"), Mark.UNKNOWN),
}
_OUTCOMES = {
    Tri.YES: (Text("満たす", "Met"), Mark.GOOD),
    Tri.NO: (Text("満たさない", "Not met"), Mark.BAD),
    Tri.UNKNOWN: (Text("不明", "Unknown"), Mark.UNKNOWN),
}
_SAID = {
    1: Text(
        "レベル1：外との境目か、USBなどの媒体の扱いに、先に手を付けるべき弱点があります。",
        "Level 1: the outside connections or the handling of storage media have weak points that come first.",
    ),
    2: Text(
        "レベル2：外との境目と媒体は守られていますが、院内の仕切りが足りません。1台の感染が全体に広がるおそれがあります。",
        "Level 2: outside connections and media are guarded, but the inside is not divided: one infection could spread.",
    ),
    3: Text(
        "レベル3：外との境目、媒体、院内の仕切りの3つがそろっています。", "Level 3: all three controls are in place."
    ),
}
_NO_RULE = Text(
    "判断に使う規則がありません。規則の一覧を確認してください。", "There is no rule to judge by; check the catalogue."
)


def level_sentence(case: ReportCase) -> Text:
    """Return the level in one sentence: the person's when there is an override."""
    return _SAID[case.effective_level] if case.override else headline(case.level)


def level_mark(case: ReportCase) -> Mark:
    """Return how the level should be taken."""
    return {1: Mark.BAD, 2: Mark.CAUTION, 3: Mark.GOOD}[case.effective_level]


def next_sentence(case: ReportCase) -> Text:
    """Return what separates the hospital from the next level, and what unknown answers could change."""
    if case.effective_level >= 3:
        return Text(
            "上のレベルはありません。記録と見直しを続けてください。",
            "There is no higher level. Keep records and reviews.",
        )
    if case.override is not None:
        return Text(
            "計算した結果はレベル{n}です（変更の理由は本文）。", "The computed level is {n} (see the reason inside)."
        ).filled(n=case.level.level)
    return next_step(case.level)


def level_section(case: ReportCase) -> Section:
    """Return the section with the tables `controls` and `next_level`."""
    blocks: list[Block] = [Callout(level_mark(case), level_sentence(case), next_sentence(case)), *_override(case)]
    blocks += [Paragraph(printable_text(note)) for note in case.level.notes]
    blocks += [
        _controls(case),
        Subheading(Text("次のレベルに足りないこと", "Missing for the next level")),
        _next_level(case),
    ]
    return Section("level", HEADING, tuple(blocks))


def _override(case: ReportCase) -> tuple[Callout, ...]:
    override = case.override
    if override is None:
        return ()
    body = Text(
        "{by} が {at:%Y-%m-%d} に、計算結果のレベル{was}をレベル{now}に変えました。理由：{reason}",
        "{by} changed the computed level {was} to {now} on {at:%Y-%m-%d}. Reason: {reason}",
    ).filled(
        by=spoken(override.by), at=override.at, was=case.level.level, now=override.level, reason=spoken(override.reason)
    )
    return (Callout(Mark.CAUTION, Text("人が変更したレベルです", "A person changed this level"), body),)


def _controls(case: ReportCase) -> Table:
    columns = (
        Column(Text("統制", "Control"), 50),
        Column(Text("評価", "Grade"), 26),
        Column(Text("理由", "Why"), 108),
    )
    rows = tuple(_control_row(verdict) for verdict in case.level.controls)
    return Table("controls", Text("3つの統制", "The three controls"), columns, rows, _NO_RULE)


def _control_row(verdict: ControlVerdict) -> tuple[Cell, ...]:
    text, mark = _GRADES[verdict.grade]
    open_ones = [p for p in verdict.predicates if p.outcome is not Tri.YES]
    because = joined([_POINT.filled(said=p.because) for p in open_ones], "\n", "\n") if open_ones else _ALL_MET
    return (Cell(CONTROL_NAMES[verdict.control]), Cell(text, mark), Cell(because))


_POINT = Text("・{said}", "· {said}")
_ALL_MET = Text("すべての条件を満たしています。", "Every condition is met.")


def _next_level(case: ReportCase) -> Table:
    columns = (
        Column(Text("条件", "Condition"), 58),
        Column(Text("今", "Now"), 24),
        Column(Text("どうすれば満たせるか", "How to meet it"), 102),
    )
    rows = tuple(
        (Cell(printable_text(p.title)), _outcome(p), Cell(printable_text(p.remedy))) for p in case.level.nearest_miss
    )
    empty = Text("足りないことはありません。", "Nothing is missing.")
    return Table("next_level", Text("次のレベルに足りないこと", "Missing for the next level"), columns, rows, empty)


def _outcome(predicate: PredicateVerdict) -> Cell:
    text, mark = _OUTCOMES[predicate.outcome]
    return Cell(text, mark)


def evidence_section(case: ReportCase) -> Section:
    """Return the annex with every predicate: rule id and version, outcome, what it looked at, what is missing."""
    columns = (
        Column(Text("規則", "Rule"), 46, has_lead=True),
        Column(Text("結果", "Outcome"), 20),
        Column(Text("見たもの（出どころ）", "What it looked at (source)"), 62),
        Column(Text("足りない答え", "Missing answers"), 56),
    )
    rows = tuple(_evidence_row(p) for control in case.level.controls for p in control.predicates)
    table = Table("level_evidence", EVIDENCE_HEADING, columns, rows, _NO_RULE)
    return Section("level_evidence", EVIDENCE_HEADING, (table,), is_annex=True)


def _evidence_row(predicate: PredicateVerdict) -> tuple[Cell, ...]:
    rule = joined([printable_text(predicate.title), same(f"{predicate.rule_id} v{predicate.version}")], "\n", "\n")
    missing = [printable_text(item.question) for item in predicate.missing]
    return (
        Cell(rule),
        _outcome(predicate),
        Cell(evidence_lines(predicate.evidence)),
        Cell(joined(missing, "\n", "\n") if missing else same("-")),
    )


def evidence_lines(evidence: tuple[Evidence, ...]) -> Text:
    """Return what a rule looked at, one line each with its source and exact place; "-" for nothing."""
    seen = [
        Text("{label}：{value}（{source}{witness}）", "{label}: {value} ({source}{witness})").filled(
            label=printable_text(item.label),
            value=printable_text(item.value),
            source=printable_text(item.source),
            witness=f" {brief(item.witness, 80)}" if item.witness else "",
        )
        for item in evidence
    ]
    return joined(seen, "\n", "\n") if seen else same("-")
