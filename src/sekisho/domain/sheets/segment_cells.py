"""The boxes of the segments sheet: segments, devices, lines; and the same in sentences."""

from collections.abc import Mapping, Sequence
from functools import partial

from sekisho.domain.drawing.parts import NOTHING, Area, Badge, Box, BoxKind, Edge, Label, Mark
from sekisho.domain.drawing.words import join, number_ranges, same
from sekisho.domain.network.model import Device, ExternalLine, Isolation, Segment
from sekisho.domain.sheets.flow import Cell, Grid
from sekisho.domain.sheets.topology import Contact, Topology, prefix_texts
from sekisho.domain.text import Text
from sekisho.domain.tri import Tri

NAME = "segments"
_UNKNOWN = Text("？", "?")
_COMMA = Text("、", ", ")
_KINDS: Mapping[str, Text] = {
    "ip-vpn": Text("IP-VPN", "IP-VPN"),
    "internet-vpn": Text("インターネットVPN", "internet VPN"),
    "internet": Text("インターネット", "internet"),
    "mobile": Text("携帯回線", "mobile"),
    "isdn": Text("ISDN", "ISDN"),
    "leased-line": Text("専用線", "leased line"),
    "wide-area-ethernet": Text("広域イーサネット", "wide-area Ethernet"),
}
_PARTIES: Mapping[str, Text] = {
    "vendor": Text("業者", "vendor"),
    "hospital": Text("病院", "hospital"),
    "public": Text("公的機関", "public body"),
}


def name_of(thing: Segment | Device | ExternalLine) -> Text:
    """Return how people call it: its name, else its id."""
    return same(thing.name or thing.id)


def line_name(line: ExternalLine) -> Text:
    """Return a line by its number where it has one."""
    number = Text(f"回線{line.number}", f"line {line.number}") if line.number is not None else NOTHING
    return join(number, name_of(line), by=Text(" ", " "))


def line_numbers(lines: Sequence[ExternalLine]) -> Text:
    """Return the numbers of `lines`, ids of those without one: "回線1・3・7–9"."""
    numbers = number_ranges(tuple(line.number for line in lines if line.number is not None))
    others = [same(line.id) for line in lines if line.number is None]
    listed = join(same(numbers) if numbers else NOTHING, *others, by=_COMMA)
    return (
        Text(f"回線{listed.ja}", f"line {listed.en}" if len(lines) == 1 else f"lines {listed.en}") if lines else NOTHING
    )


def boxed(area: Area, identity: str, kind: BoxKind, labels: Sequence[Label], title: Text, **more: object) -> Box:
    """Return a box with words inside; labels without a word are left out."""
    inner = Area(area.x + 5, area.y + 1.5, area.width - 10, area.height - 3)
    kept = tuple(label for label in labels if label.text.ja)
    return Box(identity, kind, area, inner, kept, title, **more)  # type: ignore[arg-type]


# ---- segments ----


def segment_cell(segment: Segment, topology: Topology) -> Cell:
    """Return what draws a segment."""
    return partial(_segment, segment, topology)


def _segment(segment: Segment, topology: Topology, area: Area, grid: Grid) -> Box:
    marks = segment_marks(segment, topology)
    gateway = topology.gateway(segment)
    prefixes = [same(text) for text in prefix_texts(segment)]
    important = _important(segment, topology)
    labels = (
        Label(name_of(segment), grid.heading, bold=True),
        Label(join(*prefixes[:2], same("…") if len(prefixes) > 2 else NOTHING, by=_COMMA), grid.detail),
        Label(hosts_text(segment, topology), grid.detail),
        Label(important, grid.detail, bold=True, max_lines=3),
        Label(line_numbers(topology.lines_in.get(segment.id, ())), grid.detail),
        Label(_exit_text(gateway), grid.detail),
    )
    tag = NOTHING
    if Mark.UNKNOWN in marks:
        tag = _UNKNOWN
    elif Mark.ISOLATED in marks:
        tag = Text("隔離", "isolated")
    return boxed(
        area,
        f"{NAME}-segment-{segment.id}",
        BoxKind.SEGMENT,
        labels,
        segment_sentence(segment, topology),
        marks=marks,
        tag=tag,
        record=f"segment-{segment.id}",
    )


def segment_marks(segment: Segment, topology: Topology) -> frozenset[Mark]:
    """Return what is special about a segment."""
    gateway = topology.gateway(segment)
    inside = topology.occupants.get(segment.id)
    found = {
        Mark.UNKNOWN: gateway is None or gateway.filtered is Tri.UNKNOWN,
        Mark.FILTERED: gateway is not None and gateway.filtered is Tri.YES,
        Mark.ISOLATED: segment.isolation is Isolation.PORT,
        Mark.CRITICAL: inside is not None and any(node.critical >= 3 for node in inside.nodes),
    }
    return frozenset(mark for mark, holds in found.items() if holds)


def hosts_text(segment: Segment, topology: Topology) -> Text:
    """Return how many computers stand in a segment."""
    inside = topology.occupants.get(segment.id)
    if inside is None or not inside.hosts:
        return Text("機器の登録なし", "no host listed")
    return counts_text(inside.terminals, inside.others)


def counts_text(terminals: int, others: int) -> Text:
    """Return two counts of computers as words."""
    parts = []
    if terminals:
        parts.append(Text(f"端末 {terminals:,}台", f"terminals: {terminals:,}"))
    if others:
        parts.append(Text(f"サーバなど {others:,}台", f"servers etc.: {others:,}"))
    return join(*parts, by=_COMMA)


def _important(segment: Segment, topology: Topology) -> Text:
    """Return the names of what must not be lost there, the most important first."""
    inside = topology.occupants.get(segment.id)
    nodes = [node for node in inside.nodes if topology.is_critical(node)] if inside else []
    ordered = sorted(nodes, key=lambda node: -node.critical)
    names = join(*(same(node.name or node.id) for node in ordered), by=_COMMA)
    return Text(f"◆{names.ja}", f"◆ {names.en}") if nodes else NOTHING


def filter_text(filtered: Tri, rules: int) -> Text:
    """Return what is known of the filters at one place."""
    if filtered is Tri.YES and not rules:
        return Text("規則あり（すべて既定）", "filter, default only")
    return {
        Tri.YES: Text(f"規則{rules}件", f"rules: {rules}"),
        Tri.NO: Text("規則なし", "no filter"),
        Tri.UNKNOWN: Text("規則？", "filter ?"),
    }[filtered]


def _exit_text(gateway: Contact | None) -> Text:
    if gateway is None:
        return Text("出口の装置？", "gateway ?")
    said = filter_text(gateway.filtered, gateway.rules)
    return join(said, same(f"{gateway.device.id} {gateway.interface.id}"), by=Text("：", ": "))


def segment_sentence(segment: Segment, topology: Topology) -> Text:
    """Return everything the sheet says about a segment."""
    gateway = topology.gateway(segment)
    exit_ = (
        Text("出口の装置が分かりません", "its gateway is not known")
        if gateway is None
        else Text("出口は{exit}", "gateway {exit}").filled(exit=_exit_text(gateway))
    )
    isolated = (
        Text("中の機器どうしは通信できません", "hosts do not hear each other")
        if segment.isolation is Isolation.PORT
        else NOTHING
    )
    devices = join(*(same(contact.device.id) for contact in topology.contacts.get(segment.id, ())), by=_COMMA)
    lines = line_numbers(topology.lines_in.get(segment.id, ()))
    said = join(
        join(*(same(text) for text in prefix_texts(segment)), by=_COMMA),
        hosts_text(segment, topology),
        _important(segment, topology),
        exit_,
        Text(f"つながる装置は{devices.ja}", f"devices {devices.en}") if devices.ja else NOTHING,
        Text(f"{lines.ja}の装置がここにつながっています", f"{lines.en} lead here") if lines.ja else NOTHING,
        isolated,
        by=Text("。", "; "),
    )
    name = name_of(segment)
    return Text(f"ネットワーク「{name.ja}」：{said.ja}。", f"Segment “{name.en}”: {said.en}.")


# ---- devices ----


def device_cell(device: Device, topology: Topology) -> Cell:
    """Return what draws a device."""
    return partial(_device, device, topology)


def _device(device: Device, topology: Topology, area: Area, grid: Grid) -> Box:
    contacts = topology.of_device.get(device.id, ())
    filtered, rules = _filters_of(device, topology)
    marks = {Mark.UNKNOWN} if filtered is Tri.UNKNOWN else {Mark.FILTERED} if filtered is Tri.YES else set()
    labels = (
        Label(name_of(device), grid.heading, bold=True),
        Label(_model(device), grid.detail),
        Label(_inside(contacts, topology), grid.detail, max_lines=1 if area.height < 60 else 2),
        Label(filter_text(filtered, rules), grid.detail),
    )
    return boxed(
        area,
        f"{NAME}-device-{device.id}",
        BoxKind.DEVICE,
        labels,
        device_sentence(device, topology),
        marks=frozenset(marks),
        tag=_UNKNOWN if marks == {Mark.UNKNOWN} else NOTHING,
        record=f"device-{device.id}",
    )


def _filters_of(device: Device, topology: Topology) -> tuple[Tri, int]:
    rulesets = [ruleset for ruleset in topology.network.rulesets if ruleset.device == device.id]
    rules = sum(len(ruleset.rules) for ruleset in rulesets)
    if not device.filters_known or any(ruleset.default.value == "unknown" for ruleset in rulesets):
        return Tri.UNKNOWN, rules
    return Tri.of(bool(rulesets)), rules


def _model(device: Device) -> Text:
    return same(" ".join(part for part in (device.vendor, device.model) if part))


def _inside(contacts: Sequence[Contact], topology: Topology) -> Text:
    segments = list(dict.fromkeys(contact.interface.segment or "" for contact in contacts))
    if not segments:
        return Text("院内側の接続？", "inside ?")
    listed = join(*(same(topology.segment_names.get(segment, segment)) for segment in segments), by=_COMMA)
    return Text(f"→{listed.ja}", f"→ {listed.en}")


def device_sentence(device: Device, topology: Topology) -> Text:
    """Return everything the sheet says about a device."""
    filtered, rules = _filters_of(device, topology)
    lines = line_numbers(topology.lines_at.get(device.id, ()))
    contacts = topology.of_device.get(device.id, ())
    joined = join(*(same(f"{contact.interface.segment}（{contact.interface.id}）") for contact in contacts), by=_COMMA)
    said = join(
        _model(device),
        Text(f"{lines.ja}がつながります", f"{lines.en} end here") if lines.ja else NOTHING,
        Text(f"院内側は{joined.ja}", f"joins {joined.en}") if joined.ja else NOTHING,
        filter_text(filtered, rules),
        by=Text("。", "; "),
    )
    name = name_of(device)
    return Text(f"装置「{name.ja}」：{said.ja}。", f"Device “{name.en}”: {said.en}.")


def rest_cell(devices: Sequence[Device]) -> Cell:
    """Return what draws the devices that join nothing: switches within a segment, access points."""
    return partial(_rest, devices)


def rest_sentence(devices: Sequence[Device]) -> Text:
    """Return the names of the devices that join nothing."""
    names = join(*(name_of(device) for device in devices), by=_COMMA)
    return Text(
        f"1つのネットワークの中にある機器（{len(devices)}台）：{names.ja}。",
        f"Devices within one segment ({len(devices)}): {names.en}.",
    )


def _rest(devices: Sequence[Device], area: Area, grid: Grid) -> Box:
    names = join(*(name_of(device) for device in devices), by=_COMMA)
    labels = (
        Label(Text(f"そのほかの機器 {len(devices)}台", f"{len(devices)} other devices"), grid.heading, bold=True),
        Label(Text("1つのネットワークの中だけ", "within one segment"), grid.detail),
        Label(names, grid.detail, max_lines=3),
    )
    return boxed(
        area,
        f"{NAME}-devices-rest",
        BoxKind.DEVICE,
        labels,
        rest_sentence(devices),
        marks=frozenset({Mark.BUNDLE}),
    )


# ---- lines ----


def line_cell(line: ExternalLine) -> Cell:
    """Return what draws a line."""
    return partial(_line, line)


def line_marks(line: ExternalLine) -> frozenset[Mark]:
    """Return what is special about a line."""
    found = {
        Mark.VENDOR: line.party == "vendor",
        Mark.MOBILE: line.kind == "mobile",
        Mark.UNKNOWN: line.device is None and line.segment is None,
    }
    return frozenset(mark for mark, holds in found.items() if holds)


def _line(line: ExternalLine, area: Area, grid: Grid) -> Box:
    identity = f"{NAME}-line-{line.id}"
    badges: tuple[Badge, ...] = ()
    left = 5.0
    if line.number is not None:
        place = Area(area.x + 4, area.y + (area.height - 13) / 2, 24, 13)
        badges = (Badge(identity, line.number, place, f"entry-{line.id}", line_sentence(line)),)
        left = 32.0
    inner = Area(area.x + left, area.y + 1.5, area.width - left - 6, area.height - 3)
    labels = (
        Label(name_of(line), grid.heading, bold=True),
        Label(_about(line), grid.detail),
    )
    return Box(
        identity,
        BoxKind.LINE,
        area,
        inner,
        tuple(label for label in labels if label.text.ja),
        line_sentence(line),
        line_marks(line),
        tag=Text("行き先？", "ends ?") if Mark.UNKNOWN in line_marks(line) else NOTHING,
        record=f"entry-{line.id}",
        badges=badges,
    )


def _about(line: ExternalLine) -> Text:
    kind = _KINDS.get(line.kind, same(line.kind))
    return join(kind, _PARTIES.get(line.party, same(line.party)), by=_COMMA)


def line_sentence(line: ExternalLine) -> Text:
    """Return everything the sheet says about a line."""
    if line.device is not None:
        end = Text("装置「{what}」につながります", "ends on device “{what}”").filled(what=same(line.device))
    elif line.segment is not None:
        end = Text("ネットワーク「{what}」の中につながります", "ends inside segment “{what}”").filled(
            what=same(line.segment)
        )
    else:
        end = Text("どこにつながるか分かりません", "nobody knows where it ends")
    name, about = line_name(line), _about(line)
    return Text(f"{name.ja}（{about.ja}）：{end.ja}。", f"{name.en} ({about.en}): {end.en}.")


def line_edge(line: Box, device: Box) -> Edge:
    """Return the edge from a line down to its device."""
    x = line.area.x + line.area.width / 2
    return Edge(
        f"{line.id}-end",
        line.id,
        device.id,
        ((x, line.area.bottom), (x, device.area.y)),
        marks=line.marks & {Mark.VENDOR, Mark.MOBILE, Mark.UNKNOWN},
    )


def reference_cell(identity: str, text: Text, *, unknown: bool) -> Cell:
    """Return what draws the end of a line that is no device: a segment, or nobody knows."""
    return partial(_reference, identity, text, unknown)


def _reference(identity: str, text: Text, unknown: bool, area: Area, grid: Grid) -> Box:
    marks = frozenset({Mark.UNKNOWN} if unknown else {Mark.REFERENCE})
    labels = (Label(text, grid.heading, bold=True, max_lines=2),)
    return boxed(area, identity, BoxKind.DEVICE, labels, text, marks=marks, tag=_UNKNOWN if unknown else NOTHING)
