"""The segments sheet: every network of the hospital, from outside to what must not be lost, with its devices and lines.

Segments stand in blocks of one department or zone, in the order of their addresses. Where one page does not hold them,
a cover shows every block as one box and says on which page its segments are.
"""

from collections.abc import Sequence
from functools import partial

from sekisho.domain.drawing.parts import Area, Box, BoxKind, Drawing, Label, Mark, Stamp
from sekisho.domain.drawing.words import join, number_ranges, same
from sekisho.domain.network.model import Device, Network
from sekisho.domain.sheets.bands import Band, blocks_of, devices_inside
from sekisho.domain.sheets.bands import Block as Department
from sekisho.domain.sheets.flow import GRIDS, Block, Brick, Cell, Ending, Flow, Grid
from sekisho.domain.sheets.frame import DETAILS, WHOLE, Body, Imprint, Sample, framed
from sekisho.domain.sheets.segment_cells import (
    NAME,
    boxed,
    counts_text,
    device_cell,
    device_sentence,
    line_cell,
    line_edge,
    line_numbers,
    line_sentence,
    reference_cell,
    rest_cell,
    rest_sentence,
    segment_cell,
    segment_marks,
    segment_sentence,
)
from sekisho.domain.sheets.topology import Topology, look_up
from sekisho.domain.text import Text

TITLE = Text("ネットワークの区分図", "Map of segments")
_LEGEND = (
    Sample(BoxKind.SEGMENT, frozenset(), Text("ネットワーク（出口に規則なし）", "Segment, no filter at its gateway")),
    Sample(BoxKind.SEGMENT, frozenset({Mark.FILTERED}), Text("出口に通信の規則がある（二重枠）", "Filter at its gateway (double frame)")),
    Sample(BoxKind.SEGMENT, frozenset({Mark.UNKNOWN}), Text("分からないことがある（破線と？）", "Something unknown (dashed, ?)")),
    Sample(BoxKind.SEGMENT, frozenset({Mark.ISOLATED}), Text("中の機器どうしは話せない（丸い角・隔離）", "Hosts do not hear each other (round, isolated)")),
    Sample(BoxKind.SEGMENT, frozenset({Mark.CRITICAL}), Text("止まると診療が止まる（太枠・◆）", "Care stops without it (thick frame, ◆)")),
    Sample(BoxKind.DEVICE, frozenset(), Text("装置（二重枠は規則あり、破線は規則？）", "Device (double: filters, dashed: unknown)")),
    Sample(BoxKind.LINE, frozenset(), Text("回線（番号は別紙2-1）", "Line (number as in annex 2-1)")),
    Sample(BoxKind.LINE, frozenset({Mark.VENDOR}), Text("業者が契約した回線（二重枠・太線）", "Vendor's line (double frame, thick edge)")),
    Sample(BoxKind.LINE, frozenset({Mark.MOBILE}), Text("携帯回線（丸い枠・一点鎖線）", "Mobile line (round, dash-dot)")),
)  # fmt: skip


def segments_sheet(network: Network, *, hospital: Text, stamp: Stamp) -> Drawing:
    """Return the segments sheet of one hospital. The same network gives the same drawing, coordinate by coordinate.

    Records of boxes: "segment-<id>", "device-<id>", and "entry-<line id>" for lines.
    """
    topology = look_up(network)
    departments = blocks_of(topology)
    return framed(
        Imprint(
            name=NAME,
            title=TITLE,
            hospital=hospital,
            summary=_summary(topology),
            stamp=stamp,
            count=(Text("区分数", "Segments"), same(len(network.segments))),
            legend=_LEGEND,
        ),
        _bodies(topology, departments),
        _sentences(topology, departments),
    )


def _bodies(topology: Topology, departments: Sequence[Department]) -> tuple[Body, ...]:
    """Return the pages: one in the roomiest grid that needs no more, else a cover and details."""
    bricks = _bricks(topology, departments)
    for grid in GRIDS:
        pages = Flow(grid, NAME).pages(bricks)
        if len(pages) == 1:
            return pages
    places = {box.id: number for number, page in enumerate(pages, start=2) for box in page.boxes}
    cover = _cover(topology, departments, places)
    return (*cover, *(Body(page.boxes, page.edges, page.panels, page.headings, DETAILS) for page in pages))


def _bricks(topology: Topology, departments: Sequence[Department]) -> tuple[Brick, ...]:
    inside, rest = devices_inside(topology)
    bricks: list[Brick] = list(_endings(topology))
    for band in Band:
        devices = [device_cell(device, topology) for device in inside.get(band, ())]
        if band is Band.CORE and rest:
            devices.append(rest_cell(rest))
        if devices:
            name = Text("装置", "Devices")
            bricks.append(Block(band, f"{NAME}-block-{band.name.lower()}-devices", name, tuple(devices)))
        bricks.extend(
            Block(
                band,
                f"{NAME}-block-{band.name.lower()}-{department.key}",
                department.name,
                tuple(segment_cell(segment, topology) for segment in department.segments),
                extra_lines=3 if band is Band.CRITICAL else 0,
            )
            for department in departments
            if department.band is band
        )
    return tuple(bricks)


def _endings(topology: Topology) -> list[Ending]:
    """Return the devices with lines, by their first line; then the lines that end elsewhere."""
    order = {line.id: (line.number is None, line.number or 0, line.id) for line in topology.network.lines}
    devices = [device for device in topology.network.devices if device.id in topology.lines_at]
    endings = []
    for device in sorted(devices, key=lambda device: min(order[line.id] for line in topology.lines_at[device.id])):
        lines = sorted(topology.lines_at[device.id], key=lambda line: order[line.id])
        endings.append(_ending(device_cell(device, topology), [line_cell(line) for line in lines]))
    known = {device.id for device in devices}
    for line in sorted(topology.network.lines, key=lambda line: order[line.id]):
        if line.device in known:
            continue
        nowhere = Text("つながる装置が分かりません", "Nobody knows where it ends")
        within = Text(f"ネットワーク {line.segment} の中", f"inside segment {line.segment}")
        text = within if line.segment else nowhere
        cell = reference_cell(f"{NAME}-end-{line.id}", text, unknown=line.segment is None)
        endings.append(_ending(cell, [line_cell(line)]))
    return endings


def _ending(device: Cell, lines: Sequence[Cell]) -> Ending:
    return Ending(Band.OUTSIDE, tuple(lines), device, line_edge)


# ---- the cover ----


def _cover(topology: Topology, departments: Sequence[Department], places: dict[str, int]) -> tuple[Body, ...]:
    """Return the page that shows every block as one box."""
    inside, rest = devices_inside(topology)
    bricks: list[Brick] = []
    for band in Band:
        cells: list[Cell] = []
        if band is Band.OUTSIDE and topology.network.lines:
            cells.append(partial(_lines_summary, topology, places))
        devices = (*inside.get(band, ()), *(rest if band is Band.CORE else ()))
        if devices:
            cells.append(partial(_devices_summary, devices, f"{NAME}-cover-devices-{band.name.lower()}", places))
        cells.extend(
            partial(_block_summary, department, f"{NAME}-cover-{band.name.lower()}-{department.key}", topology, places)
            for department in departments
            if department.band is band
        )
        if cells:
            name = Text("区分ごとのまとめ", "By block")
            bricks.append(Block(band, f"{NAME}-cover-{band.name.lower()}", name, tuple(cells)))
    pages: tuple[Body, ...] = ()
    for grid in GRIDS:
        pages = Flow(grid, f"{NAME}-cover").pages(bricks)
        if len(pages) == 1:
            break
    return tuple(Body(page.boxes, page.edges, page.panels, page.headings, WHOLE) for page in pages)


def _pages(numbers: Sequence[int]) -> Text:
    ranges = number_ranges(tuple(numbers))
    return Text(f"→ {ranges}ページ", f"→ page {ranges}")


def _block_summary(
    department: Department, identity: str, topology: Topology, places: dict[str, int], area: Area, grid: Grid
) -> Box:
    segments = department.segments
    marks = {mark for segment in segments for mark in segment_marks(segment, topology)} & {Mark.CRITICAL, Mark.UNKNOWN}
    inside = [topology.occupants[segment.id] for segment in segments if segment.id in topology.occupants]
    counts = counts_text(sum(its.terminals for its in inside), sum(its.others for its in inside))
    unknown = sum(Mark.UNKNOWN in segment_marks(segment, topology) for segment in segments)
    filtered = sum(Mark.FILTERED in segment_marks(segment, topology) for segment in segments)
    lines = tuple(dict.fromkeys(line for segment in segments for line in topology.lines_in.get(segment.id, ())))
    said = (
        Text(
            f"{len(segments)}区分（規則あり {filtered}、不明 {unknown}）",
            f"{len(segments)} segments ({filtered} filtered, {unknown} ?)",
        ),
        counts,
        line_numbers(lines),
        _pages([places[f"{NAME}-segment-{segment.id}"] for segment in segments]),
    )
    labels = [Label(department.name, grid.heading, bold=True), *(Label(text, grid.detail) for text in said)]
    title = join(department.name, *said, by=Text("。", "; "))
    return boxed(area, identity, BoxKind.SEGMENT, labels, title, marks=frozenset({Mark.BUNDLE, *marks}))


def _devices_summary(devices: Sequence[Device], identity: str, places: dict[str, int], area: Area, grid: Grid) -> Box:
    heading = Text(f"装置 {len(devices)}台", f"{len(devices)} devices")
    names = join(*(same(device.name or device.id) for device in devices), by=Text("、", ", "))
    found = [places.get(f"{NAME}-device-{device.id}", places.get(f"{NAME}-devices-rest", 2)) for device in devices]
    labels = (
        Label(heading, grid.heading, bold=True),
        Label(names, grid.detail, max_lines=2),
        Label(_pages(found), grid.detail),
    )
    title = join(heading, names, by=Text("：", ": "))
    return boxed(area, identity, BoxKind.DEVICE, labels, title, marks=frozenset({Mark.BUNDLE}))


def _lines_summary(topology: Topology, places: dict[str, int], area: Area, grid: Grid) -> Box:
    lines = topology.network.lines
    devices = len(topology.lines_at)
    heading = Text(f"回線 {len(lines)}本", f"{len(lines)} lines")
    said = (
        line_numbers(lines),
        Text(f"つながる装置 {devices}台", f"on {devices} devices"),
        _pages([places[f"{NAME}-line-{line.id}"] for line in lines]),
    )
    labels = (
        Label(heading, grid.heading, bold=True),
        Label(said[0], grid.detail, max_lines=2),
        Label(said[1], grid.detail),
        Label(said[2], grid.detail),
    )
    title = join(heading, *said, by=Text("。", "; "))
    return boxed(area, f"{NAME}-cover-lines", BoxKind.LINE, labels, title, marks=frozenset({Mark.BUNDLE}))


# ---- words ----


def _summary(topology: Topology) -> Text:
    network = topology.network
    marks = [segment_marks(segment, topology) for segment in network.segments]
    filtered = sum(Mark.FILTERED in its for its in marks)
    unknown = sum(Mark.UNKNOWN in its for its in marks)
    hosts = sum(node.count for node in network.nodes)
    return Text(
        f"ネットワーク {len(network.segments)}（出口に規則あり {filtered}、なし {len(marks) - filtered - unknown}、"
        f"不明 {unknown}）、回線 {len(network.lines)}本、装置 {len(network.devices)}台、機器 {hosts:,}台",
        f"{len(network.segments)} segments (filter at the gateway {filtered}, none {len(marks) - filtered - unknown}, "
        f"unknown {unknown}), {len(network.lines)} lines, {len(network.devices)} devices, {hosts:,} hosts",
    )


def _sentences(topology: Topology, departments: Sequence[Department]) -> list[Text]:
    inside, rest = devices_inside(topology)
    bound = [device for device in topology.network.devices if device.id in topology.lines_at]
    devices = [*bound, *(device for band in Band for device in inside.get(band, ()))]
    return [
        *(line_sentence(line) for line in topology.network.lines),
        *(device_sentence(device, topology) for device in devices),
        *([rest_sentence(rest)] if rest else ()),
        *(segment_sentence(segment, topology) for department in departments for segment in department.segments),
    ]
