"""The cover of a drawing with several pages: the whole hospital in one picture, one row per kind of network and contract."""

from collections.abc import Iterable
from itertools import groupby

from sekisho.domain.drawing.metrics import text_width
from sekisho.domain.drawing.parts import BoxKind, Mark
from sekisho.domain.drawing.words import join, number_ranges
from sekisho.domain.overview.entries import Contract, PartyRole, Section
from sekisho.domain.overview.rows import Cell, Row
from sekisho.domain.overview.wording import said
from sekisho.domain.text import Text
from sekisho.domain.tri import any_of

_CONTRACTS = {
    Contract.HOSPITAL: Text("病院契約", "the hospital's"),
    Contract.VENDOR: Text("ベンダ契約", "vendors'"),
    Contract.OTHER: Text("他者の契約", "others'"),
    Contract.UNSTATED: Text("契約者？", "contract ?"),
}


def cover_rows(pages: list[list[Row]], *, first_number: int) -> tuple[Row, ...]:
    """Return the rows of the cover for the detail `pages`, the first of which has the number `first_number`."""
    numbered = [(number, row) for number, rows in enumerate(pages, start=first_number) for row in rows]
    groups = groupby(numbered, key=lambda item: (item[1].section, item[1].entries[0].contract))
    return tuple(_summary(section, contract, list(group)) for (section, contract), group in groups)


def _summary(section: Section, contract: Contract, members: list[tuple[int, Row]]) -> Row:
    rows = [row for _, row in members]
    entries = [entry for row in rows for entry in row.entries]
    reach = any_of(entry.reach for entry in entries)
    marks = frozenset.intersection(*(row.marks for row in rows)) - {Mark.BUNDLE}
    identity = f"summary-{section.name.lower()}-{contract.name.lower()}"
    listed = section is not Section.UNLISTED
    line = _line(identity, contract, members, marks, listed)
    return Row(
        section=section,
        entries=(),
        party=_party(identity, rows, marks),
        line=line,
        terminator=_terminators(identity, rows, marks),
        devices=_devices(identity, rows),
        reach=reach,
        marks=marks,
        index_width=max(text_width(line.details[0].ja, 1), text_width(line.details[0].en, 1)),
    )


def _party(identity: str, rows: list[Row], marks: frozenset[Mark]) -> Cell:
    parties = list(dict.fromkeys(entry.party for row in rows for entry in row.entries))
    known = [party.name for party in parties if party.role is not PartyRole.UNSTATED]
    names = join(*known, by=Text("、", ", "))
    unknown = Text("相手先？", "Other end ?")
    heading = Text(f"相手先 {len(known)}", f"{len(known)} parties") if known else unknown
    return Cell(
        key=identity,
        id=f"{identity}-party",
        kind=BoxKind.PARTY,
        heading=heading,
        details=(names,) if known else (),
        title=join(heading, names, by=Text("：", ": ")),
        marks=frozenset(marks & {Mark.VENDOR}) if known else frozenset({Mark.UNKNOWN}),
    )


def _pages(numbers: Iterable[int]) -> Text:
    ranges = number_ranges(tuple(numbers))
    return Text(f"{ranges}ページ", f"page {ranges}")


def _line(
    identity: str, contract: Contract, members: list[tuple[int, Row]], marks: frozenset[Mark], listed: bool
) -> Cell:
    count = sum(len(row.entries) for _, row in members)
    where = _pages(page for page, _ in members)
    if listed:
        heading = Text(f"{_CONTRACTS[contract].ja}の回線 {count}本", f"{count} lines, {_CONTRACTS[contract].en}")
        index = join(
            *(Text(f"{page}ページ：{ranges}", f"p. {page}: {ranges}") for page, ranges in _numbers_by_page(members)),
            by=Text("　", "  "),
        )
    else:
        heading = Text(f"台帳にない終端装置 {count}台", f"{count} terminators in no list")
        index = where
    return Cell(
        key=identity,
        id=f"{identity}-lines",
        kind=BoxKind.LINE,
        heading=heading,
        details=(index,),
        title=join(heading, index, by=Text("：", ": ")),
        marks=marks | {Mark.BUNDLE},
    )


def _numbers_by_page(members: list[tuple[int, Row]]) -> list[tuple[int, str]]:
    found: dict[int, list[int]] = {}
    for page, row in members:
        found.setdefault(page, []).extend(row.numbers)
    return [(page, number_ranges(tuple(numbers))) for page, numbers in found.items()]


def _terminators(identity: str, rows: list[Row], marks: frozenset[Mark]) -> Cell:
    entries = [entry for row in rows for entry in row.entries]
    places = list(dict.fromkeys(entry.location for entry in entries if entry.location))
    missing = sum(entry.location is None for entry in entries)
    heading = Text(f"設置場所 {len(places)}か所", f"{len(places)} places")
    unknown = Text(f"場所？ {missing}本", f"place ? for {missing}") if missing else Text("", "")
    named = join(*places, by=Text("、", ", "))
    return Cell(
        key=(identity, "terminators"),
        id=f"{identity}-terminators",
        kind=BoxKind.TERMINATOR,
        heading=join(heading, unknown, by="・"),
        details=(named,) if places else (),
        title=join(heading, unknown, named, by="："),
        marks=frozenset({Mark.BUNDLE} | (marks & {Mark.UNLISTED, Mark.MOBILE})),
    )


def _devices(identity: str, rows: list[Row]) -> tuple[tuple[int, Cell], ...]:
    devices = [device for row in rows for entry in row.entries if entry.line for device in entry.line.devices]
    names = list(dict.fromkeys(name for device in devices if (name := said(device.name))))
    if not devices:
        return ()
    heading = Text(f"機種 {len(names)}種", f"{len(names)} models")
    listed = join(*names, by=Text("、", ", "))
    return (
        (
            0,
            Cell(
                key=(identity, "devices"),
                id=f"{identity}-devices",
                kind=BoxKind.DEVICE,
                heading=heading,
                details=(listed,) if names else (),
                title=join(heading, listed, by=Text("：", ": ")),
                marks=frozenset({Mark.BUNDLE}),
            ),
        ),
    )
