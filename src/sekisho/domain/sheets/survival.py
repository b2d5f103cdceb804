"""The backup survival board: what becomes of every copy when an intruder comes by each entry.

One row per system with its copies below it, one column per entry. Systems that some entry leaves without a surviving
copy stand on top. Each field says shape and word; colour adds nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sekisho.domain.drawing.parts import NOTHING, Drawing, Mark, Stamp
from sekisho.domain.drawing.parts import BoxKind as Kind
from sekisho.domain.drawing.words import join, same
from sekisho.domain.network.model import BackupCopy, Connect, ExternalLine, Network
from sekisho.domain.network.survival import CopyFate, SystemFate
from sekisho.domain.network.wording import SURVIVES, because_text
from sekisho.domain.sheets.frame import Imprint, Sample, framed
from sekisho.domain.sheets.segment_cells import line_name, line_numbers
from sekisho.domain.sheets.table import Field, Head, Sizes, Table
from sekisho.domain.text import Text
from sekisho.domain.tri import Tri

TITLE = Text("入口ごとに残るバックアップ", "Backups that survive, entry by entry")
NAME = "survival"
_STEPS = (
    Sizes(head=260, above=118, column=46, row=30, letter=9, name=8.8),
    Sizes(head=236, above=118, column=38, row=27, letter=8.5, name=8),
    Sizes(head=236, above=118, column=31, row=27, letter=8.5, name=7.6),
)
_WORDS: Mapping[Tri, tuple[Text, Text]] = {
    Tri.YES: (Text("○", "○"), Text("残る", "kept")),
    Tri.NO: (Text("×", "×"), Text("失う", "lost")),
    Tri.UNKNOWN: (Text("？", "?"), Text("不明", "unsure")),
}
_RESTORED: Mapping[Tri, tuple[Text, Text]] = {
    Tri.YES: (Text("○", "○"), Text("戻せる", "kept")),
    Tri.NO: (Text("×", "×"), Text("戻せない", "lost")),
    Tri.UNKNOWN: (Text("？", "?"), Text("不明", "unsure")),
}
_UNTOUCHED = (Text("－", "-"), Text("無事", "safe"))
_MARKS = {Tri.YES: Mark.GOOD, Tri.NO: Mark.BAD, Tri.UNKNOWN: Mark.UNKNOWN}
_CONNECT: Mapping[Connect, Text] = {
    Connect.ALWAYS_ON: Text("つないだまま", "always on"),
    Connect.TIMED_LINK: Text("決まった時間だけつなぐ", "timed link"),
    Connect.MANUAL_EJECT: Text("抜いて保管", "taken out"),
    Connect.IMMUTABLE: Text("書き換え禁止", "immutable"),
    Connect.UNKNOWN: Text("つなぎ方？", "attachment ?"),
}
_LEGEND = (
    Sample(Kind.CELL, frozenset({Mark.GOOD}), Text("残る・戻せる（丸い枠）", "Survives; the system can be restored (round)"), Text("○", "○")),
    Sample(Kind.CELL, frozenset({Mark.BAD}), Text("失う・戻せない（黒い地）", "Lost; nothing to restore from (dark)"), Text("×", "×")),
    Sample(Kind.CELL, frozenset({Mark.UNKNOWN}), Text("分からない（破線）", "Cannot tell (dashed)"), Text("？", "?")),
    Sample(Kind.CELL, frozenset({Mark.QUIET}), Text("無事：この入口からは攻撃が届かない（点線）", "Safe: not reached from this entry (dotted)"), Text("－", "-")),
    Sample(Kind.HEAD, frozenset({Mark.CRITICAL}), Text("止まると診療が止まるシステム", "Care stops without this system")),
    Sample(Kind.HEAD, frozenset({Mark.BAD}), Text("戻せなくなる入口がある（左の太い帯）", "Some entry leaves nothing to restore (bar)")),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Board:
    """The fates by system, copy and entry."""

    network: Network
    lines: tuple[ExternalLine, ...]
    systems: Mapping[tuple[str, str], SystemFate]
    copies: Mapping[tuple[str, str], CopyFate]
    ordered: tuple[str, ...]
    of: Mapping[str, tuple[BackupCopy, ...]]


def survival_sheet(
    network: Network, fates: Mapping[str, Sequence[SystemFate]], *, hospital: Text, stamp: Stamp
) -> Drawing:
    """Return the board. `fates` are those of each external line, by its id.

    Records of boxes: "node-<id>" for systems, "copy-<id>" for copies, "entry-<line id>" for fields.
    """
    board = _board(network, fates)
    rows = tuple(_rows(board))
    columns = tuple(Head(line.id, line_name(line), record=f"entry-{line.id}") for line in board.lines)
    table = Table(NAME, rows, columns, lambda row, column: _field(board, row, column), _STEPS)
    return framed(
        Imprint(
            name=NAME,
            title=TITLE,
            hospital=hospital,
            summary=_summary(board),
            stamp=stamp,
            count=(Text("控えの数", "Copies"), same(len(network.backups))),
            legend=_LEGEND,
        ),
        table.bodies(),
        _sentences(board),
    )


def _board(network: Network, fates: Mapping[str, Sequence[SystemFate]]) -> _Board:
    lines = tuple(line for line in network.lines if line.id in fates)
    systems = {(fate.node, line.id): fate for line in lines for fate in fates[line.id]}
    copies = {(its.copy.id, line.id): its for line in lines for fate in fates[line.id] for its in fate.copies}
    names = list(
        dict.fromkeys(node.id for node in network.nodes if any((node.id, line.id) in systems for line in lines))
    )
    names += [name for name in dict.fromkeys(name for name, _ in systems) if name not in names]
    critical = {node.id: node.critical for node in network.nodes}
    board = _Board(network, lines, systems, copies, (), {})
    ordered = sorted(names, key=lambda name: (_worst(board, name), -critical.get(name, 0)))
    of: dict[str, list[BackupCopy]] = {}
    for copy in network.backups:
        of.setdefault(copy.of, []).append(copy)
    return _Board(network, lines, systems, copies, tuple(ordered), {name: tuple(its) for name, its in of.items()})


def _worst(board: _Board, name: str) -> int:
    """Return 0 for a system that some entry leaves without a copy, 1 where nobody can tell, 2 for all others."""
    answers = [board.systems[name, line.id].restorable for line in board.lines if (name, line.id) in board.systems]
    return 0 if Tri.NO in answers else 1 if Tri.UNKNOWN in answers else 2


def _rows(board: _Board) -> list[Head]:
    nodes = {node.id: node for node in board.network.nodes}
    rows: list[Head] = []
    for name in board.ordered:
        node, copies = nodes.get(name), board.of.get(name, ())
        critical = node is not None and node.critical >= 3
        marks = {Mark.CRITICAL} if critical else set()
        if _worst(board, name) == 0:
            marks.add(Mark.BAD)
        detail = (
            Text(f"控え {len(copies)}", f"copies: {len(copies)}")
            if copies
            else Text("控えの登録なし", "no copy listed")
        )
        title = same((node.name if node else "") or name)
        rows.append(Head(f"system-{name}", title, detail, marks=frozenset(marks), record=f"node-{name}"))
        rows.extend(_copy_row(board, copy) for copy in copies)
    return rows


def _copy_row(board: _Board, copy: BackupCopy) -> Head:
    place = next((node.name or node.id for node in board.network.nodes if node.id == copy.on), None)
    where = same(place) if place else Text("置き場所？", "place ?")
    detail = join(_CONNECT[copy.connect], where)
    return Head(f"copy-{copy.id}", same(copy.name or copy.id), detail, record=f"copy-{copy.id}", is_sub=True)


def _field(board: _Board, row: Head, column: Head) -> Field:
    kind, _, name = row.id.partition("-")
    entry = column.name
    if kind == "copy":
        fate = board.copies.get((name, column.id))
        return _copy_field(fate, row, entry, column.record) if fate else _nothing(row, entry)
    system = board.systems.get((name, column.id))
    return _system_field(system, row, entry, column.record) if system else _nothing(row, entry)


def _nothing(row: Head, entry: Text) -> Field:
    return Field((), join(row.name, entry, by=Text("、", ", ")), frozenset({Mark.QUIET}))


def _copy_field(fate: CopyFate, row: Head, entry: Text, record: str) -> Field:
    said, why = SURVIVES[fate.survives], because_text(fate.because)
    title = Text(
        f"{entry.ja}から入られたとき、「{row.name.ja}」は{said.ja}。{why.ja}",
        f"When an intruder comes by {entry.en}, “{row.name.en}” {said.en}. {why.en}",
    )
    return Field(_WORDS[fate.survives], title, frozenset({_MARKS[fate.survives]}), record)


def _system_field(fate: SystemFate, row: Head, entry: Text, record: str) -> Field:
    answer = fate.restorable
    if answer is None:
        title = Text(
            f"{entry.ja}から入られても、「{row.name.ja}」には届きません。",
            f"“{row.name.en}” is not reached from {entry.en}.",
        )
        return Field(_UNTOUCHED, title, frozenset({Mark.QUIET}), record)
    said = {
        Tri.YES: Text("残った控えから戻せます", "can be restored from a surviving copy"),
        Tri.NO: Text("戻せる控えが残りません", "has no surviving copy"),
        Tri.UNKNOWN: Text("戻せるかどうか分かりません", "may have no surviving copy: cannot tell"),
    }[answer]
    title = Text(
        f"{entry.ja}から入られたとき、「{row.name.ja}」は{said.ja}。",
        f"When an intruder comes by {entry.en}, “{row.name.en}” {said.en}.",
    )
    return Field(_RESTORED[answer], title, frozenset({_MARKS[answer]}), record)


def _summary(board: _Board) -> Text:
    lost = sum(_worst(board, name) == 0 for name in board.ordered)
    unknown = sum(_worst(board, name) == 1 for name in board.ordered)
    return Text(
        f"システム {len(board.ordered)}、控え {len(board.network.backups)}、入口 {len(board.lines)}。"
        f"どこかの入口から入られると戻せないシステム {lost}、分からないシステム {unknown}",
        f"{len(board.ordered)} systems, {len(board.network.backups)} copies, {len(board.lines)} entries; "
        f"systems that some entry leaves without a copy {lost}, unknown {unknown}",
    )


def _sentences(board: _Board) -> list[Text]:
    """Return one sentence per system and one per copy, entries put together by what becomes of it."""
    nodes = {node.id: node.name or node.id for node in board.network.nodes}
    sentences: list[Text] = []
    for name in board.ordered:
        fates = {line: board.systems[name, line.id] for line in board.lines if (name, line.id) in board.systems}
        sentences.append(_system_sentence(same(nodes.get(name, name)), fates))
        for copy in board.of.get(name, ()):
            its = {line: board.copies[copy.id, line.id] for line in board.lines if (copy.id, line.id) in board.copies}
            sentences.append(_copy_sentence(copy, its))
    return sentences


def _system_sentence(name: Text, fates: Mapping[ExternalLine, SystemFate]) -> Text:
    parts = []
    for answer, ja, en in (
        (Tri.NO, "戻せる控えが残らない入口は", "no copy survives"),
        (Tri.UNKNOWN, "戻せるか分からない入口は", "cannot tell"),
        (Tri.YES, "控えから戻せる入口は", "can be restored"),
        (None, "攻撃が届かない入口は", "not reached"),
    ):
        lines = [line for line, fate in fates.items() if fate.restorable is answer]
        listed = line_numbers(lines)
        parts.append(Text(f"{ja}{listed.ja}", f"{en}: {listed.en}") if lines else NOTHING)
    said = join(*parts, by=Text("。", "; "))
    return Text(f"システム「{name.ja}」：{said.ja}。", f"System “{name.en}”: {said.en}.")


def _copy_sentence(copy: BackupCopy, fates: Mapping[ExternalLine, CopyFate]) -> Text:
    groups: dict[tuple[Tri, Text], list[ExternalLine]] = {}
    for line, fate in fates.items():
        groups.setdefault((fate.survives, because_text(fate.because)), []).append(line)
    parts = [
        Text(
            f"{line_numbers(lines).ja}では{SURVIVES[survives].ja}（{why.ja.rstrip('。')}）",
            f"{line_numbers(lines).en}: {SURVIVES[survives].en} ({why.en.rstrip('.')})",
        )
        for (survives, why), lines in groups.items()
    ]
    said, name = join(*parts, by=Text("。", "; ")), same(copy.name or copy.id)
    return Text(f"控え「{name.ja}」：{said.ja}。", f"Copy “{name.en}”: {said.en}.")
