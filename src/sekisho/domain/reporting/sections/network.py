"""What the network shows: how far an intruder gets from each line, the smallest changes, and department by department."""

from sekisho.domain.judgement.network_grounds import (
    LineGround,
    NetworkGrounds,
    PairGround,
    PairState,
    Passage,
    rule_text,
)
from sekisho.domain.reporting.document import (
    Block,
    Callout,
    Cell,
    Column,
    Mark,
    Paragraph,
    Point,
    Points,
    Section,
    Subheading,
    Table,
    same,
)
from sekisho.domain.reporting.risk import Risk, SmallestChanges
from sekisho.domain.reporting.sections.case import ReportCase
from sekisho.domain.reporting.wording import joined, spoken
from sekisho.domain.text import Text
from sekisho.domain.tri import Tri

REACH_HEADING = Text("回線から侵入されたら", "What an intruder reaches")
DEPARTMENTS_HEADING = Text("部門の間で通るもの", "Department by department")
SMALL = 12
"""Departments that still fit as rows and columns of a printed table."""
NAMED = 2


def reach_section(case: ReportCase) -> Section | None:
    """Return the section with the tables `line_reach` and `smallest_changes`; None without a network."""
    risk = case.risk
    if risk is None or risk.grounds is None:
        return None
    grounds = risk.grounds
    table = Table(
        "line_reach", REACH_HEADING, _REACH_COLUMNS, tuple(_line(g, grounds) for g in _worst_first(grounds)), _NO_LINES
    )
    blocks: list[Block] = [Paragraph(_INTRODUCTION), *_coverage(grounds), *_worst(grounds), table]
    return Section("line_reach", REACH_HEADING, (*blocks, *_changes(risk)))


_REACH_COLUMNS = (
    Column(Text("回線", "Line"), 40, has_lead=True),
    Column(Text("届くシステム", "Systems"), 48, has_lead=True),
    Column(Text("届く台数", "Computers"), 22),
    Column(Text("段数", "Steps"), 14),
    Column(Text("残る控え", "Surviving copies"), 24),
    Column(Text("一番重い道筋", "Way to the worst"), 56),
)
_INTRODUCTION = Text(
    "1本の回線から悪意のある人が入ったとき、乗っ取りに使われる通信（遠隔操作、ファイル共有など）だけで、どこまで届くかを計算しました。"
    "「残る控え」は、そのとき失われないバックアップの数です。起こりやすさは含みません。",
    "Computed: how far somebody who comes in by one line gets with nothing but the services by which hosts are taken (remote "
    "operation, file sharing and the like). “Surviving copies” are the backups that are not lost. How likely it is, is left out.",
)
_NO_LINES = Text("network.yaml に回線が書かれていません。", "network.yaml lists no line.")


def _worst_first(grounds: NetworkGrounds) -> list[LineGround]:
    return sorted(grounds.lines, key=lambda line: (-line.hosts, -line.hosts_maybe, line.number or 0, line.name))


def _line(line: LineGround, grounds: NetworkGrounds) -> tuple[Cell, ...]:
    mark = Mark.BAD if line.critical is Tri.YES else Mark.UNKNOWN if line.hosts_maybe else None
    total = line.copies_surviving + line.copies_lost + line.copies_unknown
    copies = Text("{kept}／{all}", "{kept} of {all}").filled(kept=line.copies_surviving, all=total)
    if line.copies_unknown:
        copies = joined([copies, Text("不明 {n}", "unknown {n}").filled(n=line.copies_unknown)], "\n", "\n")
    way = same("→".join([place for place, _how in line.way]) or "-")
    number = Text("回線{n} {name}", "Line {n} {name}") if line.number is not None else Text("{name}", "{name}")
    name = number.filled(n=line.number, name=spoken(line.name))
    return (
        Cell(joined([name, spoken(line.where)], "\n", "\n") if line.where else name),
        Cell(_systems(line), mark),
        Cell(_hosts(line, grounds), value=line.hosts),
        Cell(same(line.steps) if line.steps else same("-"), value=line.steps),
        Cell(copies if total else same("-")),
        Cell(way),
    )


def _systems(line: LineGround) -> Text:
    names = line.systems or line.systems_maybe
    if not names:
        return Text("届きません", "None")
    count = Text("{n}システム", "{n} systems").filled(n=len(names))
    if not line.systems:
        count = Text("最大{n}システム（分からない部分あり）", "up to {n} systems (something is unknown)").filled(
            n=len(names)
        )
    shown = [spoken(name) for name in names[:NAMED]]
    more = [Text("ほか{n}", "{n} more").filled(n=len(names) - NAMED)] if len(names) > NAMED else []
    listed = joined([*shown, *more])
    return joined([count, listed], "\n", "\n")


def _hosts(line: LineGround, grounds: NetworkGrounds) -> Text:
    if line.hosts:
        share = round(100 * line.hosts / grounds.hosts_all) if grounds.hosts_all else 0
        return Text("{n}台（{p}%）", "{n} ({p} %)").filled(n=f"{line.hosts:,}", p=share)
    if line.hosts_maybe:
        return Text("最大{n}台", "up to {n}").filled(n=f"{line.hosts_maybe:,}")
    return Text("0台", "0")


def _coverage(grounds: NetworkGrounds) -> tuple[Callout, ...]:
    """Return a warning while some device's settings are not known: nothing beyond it is called safe."""
    dark = grounds.gateways - grounds.gateways_known
    if not dark and not grounds.unread:
        return ()
    body = Text(
        "通り道の装置 {all} 台のうち {dark} 台は、設定が分かりません。読み取れなかった設定の行は {unread} 行です。"
        "これらが関わる答えは「分からない」とし、安全とは数えていません。設定ファイルを保守会社から受け取ってください。",
        "Of {all} devices on the way the settings of {dark} are not known; {unread} lines of configurations were not "
        "understood. What hangs on them is “unknown”, never counted as safe. Ask the maintenance companies for the files.",
    )
    title = Text("設定の分からない装置があります", "Some devices' settings are not known")
    return (Callout(Mark.UNKNOWN, title, body.filled(all=grounds.gateways, dark=dark, unread=grounds.unread)),)


def worst_line(case: ReportCase) -> Text | None:
    """Return in a sentence what a break-in by the worst line costs, None when no line surely leads to what is critical."""
    grounds = case.risk.grounds if case.risk else None
    worst = next(iter(_worst_first(grounds)), None) if grounds is not None else None
    return _worst_title(worst) if worst is not None and worst.critical is Tri.YES else None


def _worst_title(line: LineGround) -> Text:
    return Text(
        "一番重い回線：{line}から、{systems}のシステム、{hosts}台に届きます",
        "The worst line: from {line} an intruder gets to {systems} systems, {hosts} computers",
    ).filled(line=spoken(line.name), systems=len(line.systems), hosts=f"{line.hosts:,}")


def _worst(grounds: NetworkGrounds) -> tuple[Callout, ...]:
    worst = next(iter(_worst_first(grounds)), None)
    if worst is None or not worst.hosts:
        return ()
    if worst.without_copy:
        body = Text("このとき、{names} は、控えも残りません。", "No copy of {names} survives then.").filled(
            names=joined([spoken(name) for name in worst.without_copy])
        )
    else:
        body = Text("控えは、どのシステムにも1つ以上残ります。", "At least one copy of every system survives.")
    return (Callout(Mark.BAD if worst.critical is Tri.YES else Mark.CAUTION, _worst_title(worst), body),)


# ---- smallest changes ----


def _changes(risk: Risk) -> tuple[Block, ...]:
    changes = risk.changes
    if changes is None:
        return ()
    columns = (Column(Text("No.", "No."), 10), Column(Text("変更", "Change"), 174))
    rows = tuple((Cell(same(n), value=n), Cell(text)) for n, text in enumerate(changes.changes, 1))
    table = Table("smallest_changes", CHANGES_HEADING, columns, rows, _no_changes(changes))
    return (Subheading(CHANGES_HEADING), Paragraph(_changes_said(changes)), table, *_conflicts(changes))


CHANGES_HEADING = Text("最小の変更", "The smallest changes")


def _changes_said(changes: SmallestChanges) -> Text:
    said = [
        Text(
            "回線から、止まると診療が止まるシステムへの道を閉じる変更を計算しました。届け出た通信はそのまま通ります。",
            "Changes that close the ways from lines to the systems that care depends on. Declared needs keep working.",
        ),
        changes.bound,
    ]
    if changes.broken_needs:
        said.append(
            Text("ただし、届け出た通信 {n} 件が通らなくなります。", "Yet {n} declared needs stop working.").filled(
                n=changes.broken_needs
            )
        )
    return joined(said, "", " ")


def _no_changes(changes: SmallestChanges) -> Text:
    if changes.conflicts:
        return Text(
            "規則の変更だけで閉じられる道はありません。下の道を見直してください。",
            "No way closes by changes of rules alone; see below.",
        )
    return Text("閉じるべき道は見つかりませんでした。", "There is no way to close.")


def _conflicts(changes: SmallestChanges) -> tuple[Points, ...]:
    if not changes.conflicts:
        return ()
    heading = Text("変更だけでは閉じない道", "Ways that stay")
    return (Points(heading, tuple(Point(text, Mark.CAUTION) for text in changes.conflicts)),)


# ---- departments ----


def departments_section(case: ReportCase) -> Section | None:
    """Return the section with `departments` (the matrix, or its counts) and `department_rules`; None without pairs."""
    risk = case.risk
    if risk is None or risk.grounds is None or risk.miss is None or not risk.grounds.pairs:
        return None
    grounds = risk.grounds
    table = _matrix(grounds) if len(grounds.groups) <= SMALL else _counts(grounds)
    mark = Mark.BAD if risk.miss.open else Mark.UNKNOWN if risk.miss.unknown or risk.miss.unguarded else Mark.GOOD
    title = Text("院内の仕切り", "How the inside is divided")
    return Section(
        "departments",
        DEPARTMENTS_HEADING,
        (Callout(mark, title, risk.miss.said), Paragraph(_MATRIX_SAID), table, *_rules(risk)),
    )


_MATRIX_SAID = Text(
    "部門から部門へ、乗っ取りに使われる通信が通るかどうかです。期限内の届け出がある通信だけなら「届出」としました。",
    "Whether services by which hosts are taken pass from one department to another; “declared” where only unexpired needs do.",
)
_STATES = {
    PairState.OPEN: (Text("通る", "open"), Mark.BAD),
    PairState.UNKNOWN: (Text("不明", "unknown"), Mark.UNKNOWN),
    PairState.UNGUARDED: (Text("通るが相手なし", "passes, nobody listens"), Mark.CAUTION),
    PairState.DECLARED: (Text("届出", "declared"), Mark.GOOD),
    PairState.BLOCKED: (Text("止まる", "stopped"), Mark.GOOD),
}


def _matrix(grounds: NetworkGrounds) -> Table:
    pairs = {(pair.source, pair.target): pair for pair in grounds.pairs}
    width = 140 / max(1, len(grounds.groups))
    columns = (Column(Text("から＼へ", "from \\ to"), 44), *(Column(spoken(group), width) for group in grounds.groups))
    rows = tuple(
        (Cell(spoken(source)), *(_pair(pairs.get((source, target))) for target in grounds.groups))
        for source in grounds.groups
    )
    return Table("departments", DEPARTMENTS_HEADING, columns, rows, _NO_GROUPS)


def _pair(pair: PairGround | None) -> Cell:
    return Cell(same("-")) if pair is None else Cell(*_STATES[pair.state])


_NO_GROUPS = Text("部門が書かれていません。", "No department is listed.")


def _counts(grounds: NetworkGrounds) -> Table:
    columns = (
        Column(Text("部門", "Department"), 64),
        *(Column(_STATES[state][0], 24) for state in PairState),
    )
    rows = []
    for group in grounds.groups:
        found = [pair.state for pair in grounds.pairs if pair.source == group]
        counts = [found.count(state) for state in PairState]
        rows.append((Cell(spoken(group)), *(Cell(same(n), value=n) for n in counts)))
    note = Text(
        "部門が多いため、それぞれの部門から見た相手の数で示します。組ごとの表は画面と assessment.json にあります。",
        "There are many departments: the table counts the others as seen from each. Pair by pair they are on screen and in "
        "assessment.json.",
    )
    return Table("departments", DEPARTMENTS_HEADING, columns, tuple(rows), _NO_GROUPS, note)


def _rules(risk: Risk) -> tuple[Block, ...]:
    if risk.miss is None or not risk.miss.rules:
        return ()
    columns = (
        Column(Text("直すところ", "What to mend"), 70),
        Column(Text("開いている組", "Open pairs"), 26),
        Column(Text("例", "For example"), 88),
    )
    rows = tuple(
        (
            Cell(rule_text(rule.rule)),
            Cell(same(rule.pairs), value=rule.pairs),
            Cell(joined([_example(passage) for passage in rule.passages], "\n", "\n")),
        )
        for rule in risk.miss.rules
    )
    heading = Text("レベル3に足りない規則", "Rules that keep it from level 3")
    return (Subheading(heading), Table("department_rules", heading, columns, rows, Text("ありません。", "None.")))


def _example(passage: Passage) -> Text:
    line = (
        Text("{a}→{b} {s}（{n}行目）", "{a} → {b} {s} (line {n})")
        if passage.line
        else Text("{a}→{b} {s}", "{a} → {b} {s}")
    )
    return line.filled(a=spoken(passage.source), b=spoken(passage.target), s=passage.service, n=passage.line)
