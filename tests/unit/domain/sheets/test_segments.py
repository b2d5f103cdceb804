"""The segments sheet: everything once, in its band, in an order that holds from month to month."""

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings

from sekisho.domain.drawing.parts import Box, Drawing, Mark, Stamp
from sekisho.domain.network.addresses import address_number, parse_addresses
from sekisho.domain.network.model import (
    Action,
    AtInterface,
    BackupCopy,
    Device,
    Direction,
    ExternalLine,
    Interface,
    Isolation,
    Network,
    Node,
    Rule,
    RuleSet,
    Segment,
)
from sekisho.domain.sheets.bands import Band, band_of, blocks_of
from sekisho.domain.sheets.segments import segments_sheet
from sekisho.domain.sheets.topology import look_up
from sekisho.domain.tri import Tri
from tests.unit.domain.sheets.hospitals import hospital
from tests.unit.domain.sheets.sheets import HOSPITAL, boxes, ids, networks

FAST = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


def drawn(network: Network) -> Drawing:
    return segments_sheet(network, hospital=HOSPITAL, stamp=Stamp())


def box(drawing: Drawing, identity: str) -> Box:
    return next(box for box in boxes(drawing) if box.id == identity)


def words(found: Box, language: str = "ja") -> str:
    return " / ".join(label.text.within(language) for label in found.labels)


def segment(identity: str, cidr: str, **more: object) -> Segment:
    return replace(Segment(identity, parse_addresses(cidr), zone="department"), **more)


def device(identity: str, *interfaces: tuple[str, str], **more: object) -> Device:
    made = tuple(
        Interface(f"if-{at}", where, address_number(address)) for at, (where, address) in enumerate(interfaces)
    )
    return replace(Device(identity, made), **more)


SMALL = Network(
    segments=(
        segment("ward", "10.0.1.0/24", name="病棟"),
        segment("wifi", "10.0.2.0/24", isolation=Isolation.PORT),
        segment("ehr", "10.0.3.0/24", zone="ehr", name="サーバ室"),
        segment("vault", "10.0.4.0/24", zone="ehr"),
        segment("front", "10.0.5.0/24", zone="dmz"),
        segment("link", "10.0.6.0/30"),
        segment("lost", "10.0.7.0/24"),
        segment("far", "10.9.0.0/24", zone="outside"),
    ),
    nodes=(
        Node("pcs", parse_addresses("10.0.1.10-10.0.1.49"), role="pc", count=40),
        Node("db", parse_addresses("10.0.3.10"), role="ehr", critical=3, name="電子カルテ"),
        Node("nas", parse_addresses("10.0.4.10"), role="file"),
        Node("both", parse_addresses(["10.0.1.200", "10.0.3.200"]), role="ehr"),
    ),
    lines=(
        ExternalLine("line-4", device="core", interface="if-9", kind="ip-vpn", party="vendor", number=4, name="給食"),
        ExternalLine("modem", segment="ward", number=9),
        ExternalLine("nobody-knows", number=12),
    ),
    devices=(
        device(
            "core",
            *(("ward", "10.0.1.1"), ("wifi", "10.0.2.1"), ("ehr", "10.0.3.1"), ("vault", "10.0.4.1")),
            *(("front", "10.0.5.1"), ("link", "10.0.6.1")),
        ),
        device("dark", ("far", "10.9.0.1"), ("link", "10.0.6.2"), filters_known=False),
        device("switch", ("ward", "10.0.1.2")),
    ),
    rulesets=(
        RuleSet("core", AtInterface("if-2", Direction.OUT), Action.DENY, (Rule(10, Action.PERMIT), Rule(20, Action.DENY))),
    ),
    backups=(BackupCopy("daily", "db", "nas"),),
)  # fmt: skip


@given(networks())
@FAST
def test_every_segment_line_and_device_is_drawn_exactly_once(network: Network) -> None:
    drawing = drawn(network)
    assert Counter(ids(drawing, "segments-segment-")) == Counter(one.id for one in network.segments)
    assert Counter(ids(drawing, "segments-line-")) == Counter(one.id for one in network.lines)
    topology = look_up(network)
    single = [
        one.id
        for one in network.devices
        if one.id not in topology.lines_at
        and len({contact.interface.segment for contact in topology.of_device.get(one.id, ())}) < 2
    ]
    drawn_alone = ids(drawing, "segments-device-")
    assert Counter(drawn_alone) == Counter({one.id for one in network.devices} - set(single))
    assert bool(single) == ("segments-devices-rest" in {found.id for found in boxes(drawing)})


@pytest.mark.parametrize("count", [5, 30, 120, 500])
def test_hospitals_of_every_size_show_every_segment_once_on_a3(count: int) -> None:
    drawing = drawn(hospital(count))
    assert Counter(ids(drawing, "segments-segment-")) == Counter(one.id for one in hospital(count).segments)
    assert {found.id for found in boxes(drawing) if found.area.right > 1166} == set()


def test_pages_grow_with_the_hospital_and_get_a_cover() -> None:
    pages = {count: len(drawn(hospital(count)).pages) for count in (5, 30, 120, 500)}
    assert (pages[5], pages[30]) == (1, 1)
    assert 3 <= pages[120] <= 5
    assert 8 <= pages[500] <= 14
    cover = drawn(hospital(120)).pages[0]
    counted = sum(
        int(label.text.ja.partition("区分")[0])
        for found in cover.boxes
        for label in found.labels
        if "区分（" in label.text.ja
    )
    assert counted == 120


def test_bands_run_from_outside_to_what_must_not_be_lost() -> None:
    topology = look_up(SMALL)
    found = {one.id: band_of(one, topology) for one in SMALL.segments}
    assert found == {
        "far": Band.OUTSIDE,
        "front": Band.BUFFER,
        "link": Band.CORE,
        "ward": Band.DEPARTMENTS,
        "wifi": Band.DEPARTMENTS,
        "lost": Band.DEPARTMENTS,
        "ehr": Band.CRITICAL,
        "vault": Band.CRITICAL,
    }
    places = {panel.id.rpartition("-")[2]: panel.area.y for panel in drawn(SMALL).pages[0].panels if panel.level == 0}
    assert sorted(places, key=places.__getitem__) == ["outside", "buffer", "core", "departments", "critical"]


def test_segment_says_name_prefix_interface_hosts_and_lines() -> None:
    said = words(box(drawn(SMALL), "segments-segment-ward"))
    assert said == "病棟 / 10.0.1.0/24 / 端末 40台、サーバなど 1台 / 回線4・9 / 規則なし：core if-0"


def test_segment_with_critical_systems_names_them_and_has_a_thick_frame() -> None:
    found = box(drawn(SMALL), "segments-segment-ehr")
    assert "◆電子カルテ" in words(found)
    assert found.marks == {Mark.CRITICAL, Mark.FILTERED}
    assert "規則2件：core if-2" in words(found)


def test_hosts_of_two_segments_count_in_both() -> None:
    inside = look_up(SMALL).occupants
    assert (inside["ward"].terminals, inside["ward"].others) == (40, 1)
    assert (inside["ehr"].terminals, inside["ehr"].others) == (0, 2)


def test_isolation_is_a_mark_and_a_word() -> None:
    found = box(drawn(SMALL), "segments-segment-wifi")
    assert Mark.ISOLATED in found.marks
    assert (found.tag.ja, found.tag.en) == ("隔離", "isolated")


def test_segment_without_a_known_gateway_is_unknown_with_a_question_mark() -> None:
    found = box(drawn(SMALL), "segments-segment-lost")
    assert found.marks == {Mark.UNKNOWN}
    assert found.tag.ja == "？"
    assert "出口の装置？" in words(found)


def test_segment_behind_a_device_without_settings_is_unknown_not_unfiltered() -> None:
    topology = look_up(SMALL)
    gateway = topology.gateway(SMALL.segments[-1])
    assert gateway is not None
    assert gateway.filtered is Tri.UNKNOWN
    assert "規則？" in words(box(drawn(SMALL), "segments-segment-far"))


def test_two_routers_without_a_named_gateway_are_unknown() -> None:
    assert look_up(SMALL).gateway(SMALL.segments[5]) is None


def test_line_that_ends_nowhere_leads_to_a_dashed_box() -> None:
    drawing = drawn(SMALL)
    end = box(drawing, "segments-end-nobody-knows")
    assert (end.marks, end.tag.ja) == ({Mark.UNKNOWN}, "？")
    assert Mark.UNKNOWN in box(drawing, "segments-line-nobody-knows").marks
    within = box(drawing, "segments-end-modem")
    assert within.labels[0].text.ja == "ネットワーク ward の中"


def test_lines_carry_their_numbers_and_stand_above_their_device() -> None:
    drawing = drawn(SMALL)
    line, core = box(drawing, "segments-line-line-4"), box(drawing, "segments-device-core")
    assert [badge.number for badge in line.badges] == [4]
    assert line.area.bottom < core.area.y
    assert ("segments-line-line-4", "segments-device-core") in {
        (edge.source, edge.target) for edge in drawing.pages[0].edges
    }


def test_sentences_say_what_the_picture_says() -> None:
    drawing = drawn(SMALL)
    said = " ".join(sentence.ja for sentence in drawing.sentences)
    assert all(f"「{one.name or one.id}」" in said for one in SMALL.segments)
    assert "回線12 nobody-knows" in said
    assert "どこにつながるか分かりません" in said


# ---- from month to month ----


def places(network: Network) -> dict[str, tuple[int, float, float]]:
    return {
        found.id: (page.number, found.area.x, found.area.y)
        for page in drawn(network).pages
        for found in page.boxes
        if found.id.startswith("segments-segment-")
    }


def test_new_segment_moves_only_what_comes_after_it_in_its_block() -> None:
    before = hospital(120)
    topology = look_up(before)
    # A block with a free place: three segments on a ground for four.
    block = next(one for one in blocks_of(topology) if len(one.segments) == 3 and one.band is Band.DEPARTMENTS)
    new = replace(block.segments[1], id="new", addresses=parse_addresses("10.250.0.0/24"))
    first = block.segments[0].addresses.spans[0][0]
    new = replace(new, addresses=replace(new.addresses, spans=((first + 1, first + 6),)))
    old, now = places(before), places(replace(before, segments=(*before.segments, new)))
    moved = {identity for identity in old if now[identity] != old[identity]}
    assert moved == {f"segments-segment-{one.id}" for one in block.segments[1:]}


def test_order_in_the_file_does_not_matter() -> None:
    network = hospital(60)
    shuffled = replace(
        network,
        segments=tuple(reversed(network.segments)),
        lines=tuple(reversed(network.lines)),
        devices=tuple(reversed(network.devices)),
    )
    assert places(shuffled) == places(network)


def test_new_segment_never_changes_the_order_of_the_others() -> None:
    network = hospital(30)
    old = sorted(places(network).items(), key=lambda item: (item[1][0], item[1][2], item[1][1]))
    new = segment("new", "10.1.3.128/25", department=network.segments[9].department)
    now = sorted(
        places(replace(network, segments=(*network.segments, new))).items(),
        key=lambda item: (item[1][0], item[1][2], item[1][1]),
    )
    assert [identity for identity, _ in now if identity != "segments-segment-new"] == [identity for identity, _ in old]
