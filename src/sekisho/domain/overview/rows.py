"""The rows of the drawing: which boxes each line needs, and which alike lines share one row.

A cell is a box without a place. Cells of the same column with equal keys become one box wherever their rows touch.
"""

from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import groupby

from sekisho.domain.drawing.parts import NOTHING, BoxKind, Mark
from sekisho.domain.drawing.words import join, number_ranges, same
from sekisho.domain.overview.entries import Contract, Entry, PartyRole, Section
from sekisho.domain.overview.sharing import Chain, Key, Stage, shared_keys
from sekisho.domain.overview.wording import said, silence
from sekisho.domain.register.records import Device
from sekisho.domain.text import Text
from sekisho.domain.tri import Tri

MIN_BUNDLE = 3
MAX_BUNDLE = 60


@dataclass(frozen=True, slots=True)
class Cell:
    """One box to be: its words and what is special about it. `listing` are details that grow the row."""

    key: Hashable
    id: str
    kind: BoxKind
    heading: Text
    title: Text
    details: tuple[Text, ...] = ()
    marks: frozenset[Mark] = frozenset()
    tag: Text = NOTHING
    record: str = ""
    listing: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """One row: a line, an unlisted terminator, or a bundle of alike lines. `devices` are (column, cell)."""

    section: Section
    entries: tuple[Entry, ...]
    party: Cell
    line: Cell
    terminator: Cell
    devices: tuple[tuple[int, Cell], ...]
    reach: Tri
    marks: frozenset[Mark] = field(default_factory=frozenset)
    index_width: float = 0.0
    """How wide the text of the line box is at font size 1, where it should be shown whole (on the cover)."""

    @property
    def is_bundle(self) -> bool:
        """Return True when the row stands for several lines."""
        return len(self.entries) > 1

    @property
    def numbers(self) -> tuple[int, ...]:
        """Return the numbers of its lines; () for an unlisted terminator."""
        return tuple(entry.number for entry in self.entries if entry.line)


@dataclass(frozen=True, slots=True)
class Sharing:
    """What several lines use, said in words by key, and the numbers of lines that were confirmed on site."""

    notes: dict[Key, Text]
    confirmed: frozenset[int]

    def note(self, key: Key) -> Text:
        """Return "回線3・7で共用" for a thing that several lines use; "" for one that a single line uses."""
        return self.notes.get(key, NOTHING)


def _shared_by(key: Key, users: list[Entry]) -> Text:
    """Return who shares the thing `key`, and say so when that is a guess."""
    numbers = number_ranges(tuple(entry.number for entry in users))
    if isinstance(key, tuple) and key[0] == "place":
        return Text(f"回線{numbers}で共用（推定）", f"Shared by lines {numbers} (presumed)")
    if len(users) > 4:
        return Text(f"{len(users)}回線で共用：{numbers}", f"Shared by {len(users)} lines: {numbers}")
    return Text(f"回線{numbers}で共用", f"Shared by lines {numbers}")


def find_sharing(entries: tuple[Entry, ...], chains: dict[str, Chain], confirmed: frozenset[int]) -> Sharing:
    """Return who uses what."""
    users: dict[Key, list[Entry]] = {}
    for entry in entries:
        chain = chains[entry.id]
        for key in dict.fromkeys((chain.terminator, *(stage.key for stage in chain.stages))):
            users.setdefault(key, []).append(entry)
    return Sharing({key: _shared_by(key, found) for key, found in users.items() if len(found) > 1}, confirmed)


def line_marks(entry: Entry) -> frozenset[Mark]:
    """Return what is special about a line; an unstated contract or network makes it unknown."""
    marks: set[Mark] = set()
    if entry.contract is Contract.VENDOR:
        marks.add(Mark.VENDOR)
    if entry.mobile:
        marks.add(Mark.MOBILE)
    if entry.section is Section.OUT_OF_SCOPE:
        marks.add(Mark.OUT_OF_SCOPE)
    if entry.section is Section.UNLISTED:
        marks.add(Mark.UNLISTED)
    if entry.contract is Contract.UNSTATED or entry.communication is None:
        marks.add(Mark.UNKNOWN)
    return frozenset(marks)


def _tag(entry: Entry) -> Text:
    if entry.section is Section.UNLISTED:
        return NOTHING
    contract = {
        Contract.HOSPITAL: NOTHING,
        Contract.VENDOR: Text("ベンダ契約", "Vendor's"),
        Contract.OTHER: Text("他者の契約", "Other's"),
        Contract.UNSTATED: Text("契約者？", "Contract ?"),
    }[entry.contract]
    scope = Text("対象外", "Out of scope") if entry.section is Section.OUT_OF_SCOPE else NOTHING
    mobile = Text("モバイル", "Mobile") if entry.mobile and entry.section is Section.OUT_OF_SCOPE else NOTHING
    return join(contract, mobile, scope)


def _party_cell(entry: Entry) -> Cell:
    role = {
        PartyRole.VENDOR: Text("ベンダ", "Vendor"),
        PartyRole.PROVIDER: Text("プロバイダ", "Provider"),
        PartyRole.CARRIER: Text("回線事業者", "Carrier"),
        PartyRole.UNSTATED: NOTHING,
    }[entry.party.role]
    marks = {Mark.UNKNOWN} if entry.party.role is PartyRole.UNSTATED else set()
    if entry.contract is Contract.VENDOR:
        marks.add(Mark.VENDOR)
    return Cell(
        key=("party", entry.section, entry.contract, entry.party.role, entry.party.name.ja),
        id=f"party-{entry.id}",
        kind=BoxKind.PARTY,
        heading=entry.party.name,
        details=(role,) if role.ja else (),
        title=join(role, entry.party.name, by=Text("：", ": ")),
        marks=frozenset(marks),
    )


def _line_cell(entry: Entry, sentence: Text) -> Cell:
    line = entry.line
    if line is None:
        return Cell(
            key=entry.id,
            id=f"unlisted-{entry.uid}",
            kind=BoxKind.LINE,
            heading=Text("どの回線か分かりません", "Which line is not known"),
            details=(Text("台帳にない終端装置です", "This terminator is in no list"),),
            title=sentence,
            marks=line_marks(entry),
            record=entry.id,
        )
    kind = entry.kind or join(Text("回線種別", "Kind"), silence(line.line_kind), by=Text("", " "))
    circuit = said(line.circuit_id) or NOTHING
    how = entry.communication or join(Text("通信形態", "Network"), silence(line.communication), by=Text("", " "))
    purpose = entry.purpose or silence(line.purpose)
    return Cell(
        key=entry.id,
        id=entry.id,
        kind=BoxKind.LINE,
        heading=join(circuit, kind, by=Text("　", "  ")),
        details=(
            join(Text("用途", "For"), purpose, by=Text("：", ": ")),
            join(entry.service or NOTHING, how, by=Text("／", " / ")),
        ),
        title=sentence,
        marks=line_marks(entry),
        tag=_tag(entry),
        record=entry.id,
    )


def _terminator_cell(entry: Entry, chain: Chain, sharing: Sharing) -> Cell:
    seen = entry.sighting.kind if entry.sighting else None
    answers = (entry.line.terminator_kind, entry.line.terminator_location) if entry.line else (seen, None)
    kind = entry.terminator_kind or join(Text("終端装置", "Terminator"), silence(answers[0]), by=Text("", " "))
    place = entry.location or join(Text("設置場所", "Place"), silence(answers[1]), by=Text("", " "))
    note = sharing.note(chain.terminator)
    marks = {Mark.SHARED} if note.ja else set()
    if entry.terminator_kind is None or entry.location is None:
        marks.add(Mark.UNKNOWN)
    tag = Text("現地確認済み", "Seen on site") if entry.line and entry.number in sharing.confirmed else NOTHING
    if entry.line is None:
        marks.add(Mark.UNLISTED)
        tag = Text("用途不明", "Use unknown")
    return Cell(
        key=chain.terminator,
        id=f"terminator-{entry.uid}" if entry.line else f"sighting-{entry.uid}",
        kind=BoxKind.TERMINATOR,
        heading=kind,
        details=tuple(text for text in (place, note) if text.ja),
        title=join(kind, place, note, tag, by=Text("、", ", ")),
        marks=frozenset(marks | (line_marks(entry) & {Mark.MOBILE})),
        tag=tag,
        record=f"terminator-{entry.uid}" if entry.line else entry.id,
    )


def _name(device: Device) -> Text:
    return said(device.name) or silence(device.model)


def _circled(position: int) -> str:
    return chr(0x2460 + position - 1) if 1 <= position <= 20 else f"({position})"


def device_name(device: Device) -> Text:
    """Return "装置① YAMAHA RTX830", or that it is not known which device this is."""
    name, number = _name(device), _circled(device.position)
    return Text(f"装置{number} {name.ja}", f"Device {number} {name.en}")


def _device_cell(entry: Entry, stage: Stage, sharing: Sharing) -> Cell:
    first, note = stage.devices[0], sharing.note(stage.key)
    names = tuple(device_name(device) for device in stage.devices)
    listed = tuple(join(same(_circled(device.position)), _name(device), by=" ") for device in stage.devices)
    known = all(said(device.name) for device in stage.devices)
    marks = ({Mark.SHARED} if note.ja else set()) | (set() if known else {Mark.UNKNOWN})
    alone = len(stage.devices) == 1
    heading = same(first.name) if alone and known else names[0]
    chained = Text(f"直列の装置 {len(names)}台", f"{len(names)} devices in a row")
    return Cell(
        key=stage.key,
        id=f"device-{entry.uid}-{first.position}",
        kind=BoxKind.DEVICE,
        heading=heading if alone else chained,
        details=tuple(text for text in ((note,) if alone else (*listed, note)) if text.ja),
        title=join(*names, note, by=Text("、", ", ")),
        marks=frozenset(marks),
        record=f"device-{entry.uid}-{first.position}",
        listing=not alone,
    )


def _no_device_cell(entry: Entry) -> Cell:
    heading = Text("ルータ等 ？未記入", "Router ? not filled in")
    return Cell(
        key=("no device", entry.id),
        id=f"device-{entry.uid}-0",
        kind=BoxKind.DEVICE,
        heading=heading,
        title=heading,
        marks=frozenset({Mark.UNKNOWN}),
        record=entry.id,
    )


def _row(entry: Entry, chain: Chain, sharing: Sharing, sentence: Text) -> Row:
    devices = tuple((stage.layer, _device_cell(entry, stage, sharing)) for stage in chain.stages)
    if not devices and entry.reach is not Tri.NO and entry.line:
        devices = ((0, _no_device_cell(entry)),)
    return Row(
        section=entry.section,
        entries=(entry,),
        party=_party_cell(entry),
        line=_line_cell(entry, sentence),
        terminator=_terminator_cell(entry, chain, sharing),
        devices=devices,
        reach=entry.reach,
        marks=line_marks(entry),
    )


def make_rows(
    entries: tuple[Entry, ...], chains: dict[str, Chain], sharing: Sharing, sentences: dict[str, Text]
) -> tuple[Row, ...]:
    """Return one row per entry, in their order."""
    return tuple(_row(entry, chains[entry.id], sharing, sentences[entry.id]) for entry in entries)


def bundle_rows(rows: tuple[Row, ...], chains: dict[str, Chain]) -> tuple[Row, ...]:
    """Return `rows` with neighbours that differ in nothing but number, circuit id and place drawn as one row."""
    shared = shared_keys(chains.values())
    bundled: list[Row] = []
    for _, alike in groupby(rows, key=lambda row: _signature(row, shared)):
        for part in _parts(list(alike)):
            bundled.extend([_bundle(part)] if len(part) >= MIN_BUNDLE and part[0].numbers else part)
    return tuple(bundled)


def _parts(rows: list[Row]) -> Iterator[list[Row]]:
    for start in range(0, len(rows), MAX_BUNDLE):
        yield rows[start : start + MAX_BUNDLE]


def _signature(row: Row, shared: frozenset[Key]) -> Hashable:
    """Return what must be equal for two rows to be alike; a shared thing counts by its identity, others by name."""
    entry = row.entries[0]
    cells = ((-1, row.terminator), *row.devices)
    things = tuple(
        (layer, cell.key if cell.key in shared else None, cell.heading, cell.marks, cell.tag) for layer, cell in cells
    )
    return (row.party.key, entry.contract, row.marks, row.reach, entry.kind, row.line.details, things)


def _bundle(rows: list[Row]) -> Row:
    first = rows[0]
    count = len(rows)
    numbers = number_ranges(tuple(number for row in rows for number in row.numbers))
    line = replace(
        first.line,
        id=f"bundle-{first.entries[0].uid}",
        heading=join(first.entries[0].kind or first.line.heading, Text(f"同じ形の{count}回線", f"{count} alike lines")),
        title=Text(f"同じ形の{count}回線：回線{numbers}", f"{count} alike lines: {numbers}"),
        marks=first.line.marks | {Mark.BUNDLE},
        record="",
    )
    columns = zip(*(row.devices for row in rows), strict=True)
    return replace(
        first,
        entries=tuple(row.entries[0] for row in rows),
        line=line,
        terminator=_merged([row.terminator for row in rows]),
        devices=tuple((cells[0][0], _merged([cell for _, cell in cells])) for cells in columns),
    )


def _merged(cells: list[Cell]) -> Cell:
    """Return one cell for alike ones: itself when all are the same thing, else a pile with its places."""
    first = cells[0]
    if all(cell.key == first.key for cell in cells):
        return first
    count = len({cell.key for cell in cells})
    places = _distinct(detail for cell in cells for detail in cell.details[:1])
    where = join(*places, by=Text("、", ", "))
    many = Text(f" ×{count}", f" x{count}")
    return replace(
        first,
        key=("bundle", first.id),
        heading=join(first.heading, many, by=""),
        details=(join(Text(f"{len(places)}か所", f"{len(places)} places"), where, by="："),) if places else (),
        title=join(join(first.heading, many, by=""), where, by="："),
        marks=first.marks | {Mark.BUNDLE},
        record="",
        listing=False,
    )


def _distinct(texts: Iterable[Text]) -> tuple[Text, ...]:
    return tuple(dict.fromkeys(texts))
