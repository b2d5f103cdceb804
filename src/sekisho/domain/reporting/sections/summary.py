"""Page one: are we in danger, where, what first. Ten lines at most, and one picture."""

from sekisho.domain.reporting.attention import Attention, LineResult
from sekisho.domain.reporting.document import LevelChart, Mark, Point, Points, Section, Share
from sekisho.domain.reporting.printable import printable_text
from sekisho.domain.reporting.sections.case import ReportCase
from sekisho.domain.reporting.sections.level import level_mark, level_sentence, next_sentence
from sekisho.domain.reporting.sections.network import worst_line
from sekisho.domain.text import Text

HEADING = Text("この報告書の要点", "In short")
MAX_LINES = 10
_WHERE = 4
_FIRST = 3

_DANGER = Text("今、危ないのか", "Are we in danger?")
_PLACE = Text("どこが危ないのか", "Where?")
_NOW = Text("まず何をするか", "What first?")


def summary_section(case: ReportCase) -> Section:
    """Return page one."""
    danger = (Point(level_sentence(case), level_mark(case)), Point(next_sentence(case)))
    blocks = (
        Points(_DANGER, danger),
        Points(_PLACE, _places(case)),
        Points(_NOW, _first(case)),
        _chart(case),
    )
    return Section("summary", HEADING, blocks)


def _places(case: ReportCase) -> tuple[Point, ...]:
    """Return the most urgent findings that have a place, and how much is not known."""
    placed = [finding for finding in case.findings if finding.where.ja and finding.mark is not Mark.UNKNOWN]
    said = [
        Point(
            Text("{title}：{where}", "{title}: {where}").filled(title=printable_text(f.title), where=f.where),
            f.mark,
        )
        for f in placed[: _WHERE - 1]
    ]
    if (line := worst_line(case)) is not None:
        said = [Point(line, Mark.BAD), *said[: _WHERE - 2]]
    if not case.register.lines:
        said.append(Point(_NO_LINES, Mark.UNKNOWN))
    elif unknown := sum(result.attention is Attention.NOT_EXAMINED for result in case.line_results):
        of = Text(
            "回線{n}本のうち{u}本は、外からの状態が分かっていません。", "The state of {u} of {n} lines is not known."
        )
        said.append(Point(of.filled(n=len(case.line_results), u=unknown), Mark.UNKNOWN))
    return tuple(said) or (Point(_NOWHERE, Mark.GOOD),)


_NO_LINES = Text(
    "回線が1本も登録されていないため、危ない場所を判断できません。",
    "No line is registered, so nobody can say where the danger is.",
)
_NOWHERE = Text(
    "調べた範囲では、特に危ない場所は見つかりませんでした。", "Nothing dangerous was found in what was examined."
)


def _first(case: ReportCase) -> tuple[Point, ...]:
    said = [
        Point(
            Text("{n}. {title}（{who}）", "{n}. {title} ({who})").filled(n=n, title=p.measure.title, who=p.measure.who)
        )
        for n, p in enumerate(case.proposals[:_FIRST], 1)
    ]
    if case.tasks:
        ask = Text(
            "分からないこと{n}件を、聞く相手の一覧に沿って確かめる",
            "Find out {n} open questions, with the list of whom to ask",
        )
        said.append(Point(ask.filled(n=len(case.tasks)), Mark.UNKNOWN))
    return tuple(said) or (Point(_KEEP),)


_KEEP = Text("今の状態を保ち、変わったときに記録を直す", "Keep things as they are, and the records up to date")


def _chart(case: ReportCase) -> LevelChart:
    shares = tuple(share for share in _shares(case.line_results) if share.count)
    counted = Text("、", ", ")
    parts = [Text("{label}{n}本", "{label} {n}").filled(label=share.label, n=share.count) for share in shares]
    listed = Text(counted.ja.join(p.ja for p in parts) or "回線なし", counted.en.join(p.en for p in parts) or "no line")
    return LevelChart(
        name="summary",
        caption=Text("レベルと回線の状態", "Level and state of the lines"),
        alternative=Text(
            "3段階のうちレベル{level}。回線{n}本の内訳：{listed}。", "Level {level} of 3. Of {n} lines: {listed}."
        ).filled(level=case.effective_level, n=len(case.line_results), listed=listed),
        level=case.effective_level,
        best_possible=max(case.level.best_possible, case.effective_level),
        shares=shares,
        unit=Text("本", "lines"),
    )


def _shares(results: tuple[LineResult, ...]) -> tuple[Share, ...]:
    def count(attention: Attention, *, examined: bool | None = None) -> int:
        return sum(r.attention is attention and examined in {None, r.is_examined} for r in results)

    return (
        Share(Text("注意", "Caution"), count(Attention.CAUTION), Mark.CAUTION),
        Share(Text("調査不可", "Not examined"), count(Attention.NOT_EXAMINED), Mark.UNKNOWN),
        Share(Text("開いた入口なし", "No open port"), count(Attention.NONE, examined=True), Mark.GOOD),
        Share(Text("診断対象外", "Out of scope"), count(Attention.NONE, examined=False), Mark.OUT_OF_SCOPE),
    )
