"""The paths sheet: every host that falls, how, by which rule, and where the way ends."""

import re
from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings

from sekisho.catalogue.intrusion import load_intrusion
from sekisho.domain.drawing.parts import Box, BoxKind, Drawing, Mark, Stamp
from sekisho.domain.network.addresses import address_number, parse_addresses
from sekisho.domain.network.model import (
    Action,
    AtInterface,
    Device,
    Direction,
    ExternalLine,
    Interface,
    Network,
    Node,
    Origin,
    Rule,
    RuleSet,
    Segment,
)
from sekisho.domain.network.services import parse_services
from sekisho.domain.sheets.paths import paths_sheet
from sekisho.domain.sheets.paths_tree import MOST_LEAVES, Hop, branches_of, cut_deep, tree_of
from tests.unit.domain.sheets.sheets import HOSPITAL, assessed, boxes, networks

FAST = settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
SMB, RDP = parse_services("tcp/445"), parse_services("tcp/3389")
SERVICES = load_intrusion().service_names


def drawn(network: Network, line: str) -> Drawing:
    found = assessed(network)
    return paths_sheet(
        network, found.spreads[line], found.explainer, services=SERVICES, hospital=HOSPITAL, stamp=Stamp()
    )


def by_name(drawing: Drawing) -> dict[str, Box]:
    return {box.id.split("-hop-")[-1]: box for box in boxes(drawing) if "-hop-" in box.id and box.kind is BoxKind.HOP}


def words(box: Box) -> str:
    return " / ".join(label.text.ja for label in box.labels)


def chain(length: int, *, critical_last: bool = True) -> Network:
    """Return hosts in a row of segments: each router lets only the host before reach the next."""
    segments = tuple(Segment(f"s{at}", parse_addresses(f"10.0.{at}.0/24"), gateway=f"r{at}") for at in range(length))
    nodes = tuple(
        Node(f"n{at}", parse_addresses(f"10.0.{at}.10"), role="server", critical=0, listens=SMB) for at in range(length)
    )
    nodes = (*nodes[:-1], replace(nodes[-1], critical=3 if critical_last else 0))
    devices, rulesets = [], []
    for at in range(length - 1):
        near, far = f"s{at}", f"s{at + 1}"
        interfaces = (
            Interface("near", near, address_number(f"10.0.{at}.1"), segments[at].addresses.spans[0]),
            Interface("far", far, address_number(f"10.0.{at + 1}.2"), segments[at + 1].addresses.spans[0]),
        )
        devices.append(Device(f"r{at}", interfaces))
        permit = Rule(
            100 + at,
            Action.PERMIT,
            src=nodes[at].addresses,
            dst=nodes[at + 1].addresses,
            service=SMB,
            origin=Origin(7, "permit"),
        )
        rulesets.append(RuleSet(f"r{at}", AtInterface("near", Direction.IN), Action.DENY, (permit,)))
    line = ExternalLine("line-1", parse_addresses("10.0.0.200"), segment="s0", number=1, name="保守")
    last = Device(f"r{length - 1}", (Interface("near", f"s{length - 1}", address_number(f"10.0.{length - 1}.1")),))
    return Network(segments, nodes, (line,), (*devices, last), tuple(rulesets))


@given(networks())
@FAST
def test_every_host_that_falls_is_in_exactly_one_hop_or_group(network: Network) -> None:
    found = assessed(network)
    for line, spread in found.spreads.items():
        tree = tree_of(network, spread, lambda taking: taking.node)
        told = [node.id for hop in tree.walk() for node in hop.nodes]
        told += [node.id for hop in tree.walk() for leaf in hop.leaves for node in leaf.nodes]
        assert Counter(told) == Counter(list(spread.takings)), line
        drawing = drawn(network, line)
        numbers = [badge.number for box in boxes(drawing) for badge in box.badges]
        hops = [number for hop in tree.walk() for number in hop.numbers]
        assert sorted(numbers) == sorted(hops) == list(range(1, len(hops) + 1))
        assert {hop.nodes[0].id for hop in tree.walk() if hop.nodes} <= set(by_name(drawing))


@given(networks())
@FAST
def test_what_is_only_possible_is_dashed_and_never_the_other_way_round(network: Network) -> None:
    found = assessed(network)
    for line, spread in found.spreads.items():
        hops = by_name(drawn(network, line))
        for name, taking in spread.takings.items():
            if name in hops:
                assert (Mark.UNKNOWN in hops[name].marks) is not taking.surely
                assert (hops[name].tag.ja == "？") is not taking.surely


def test_hops_are_numbered_in_the_order_of_falling_and_say_service_and_rule() -> None:
    drawing = drawn(chain(3), "line-1")
    hops = by_name(drawing)
    assert {name: hops[name].badges[0].number for name in ("n0", "n1", "n2")} == {"n0": 1, "n1": 2, "n2": 3}
    assert words(hops["n0"]) == "n0 / ファイル共有（SMB） tcp/445 で入られる / 同じネットワークの中で、止めるものがない"
    assert words(hops["n1"]).endswith("r0/near/in：規則 100（7行目） が通信を通します")
    assert Mark.CRITICAL in hops["n2"].marks
    assert hops["n0"].area.right < hops["n1"].area.x < hops["n2"].area.x


def test_edges_join_each_hop_with_the_one_it_fell_from() -> None:
    drawing = drawn(chain(3), "line-1")
    name = drawing.name
    ways = {(edge.source, edge.target) for edge in drawing.pages[0].edges}
    assert ways == {
        (f"{name}-entry", f"{name}-hop-n0"),
        (f"{name}-hop-n0", f"{name}-hop-n1"),
        (f"{name}-hop-n1", f"{name}-hop-n2"),
    }


def test_a_long_way_goes_on_on_the_next_page_from_where_it_was_cut() -> None:
    drawing = drawn(chain(15), "line-1")
    assert len(drawing.pages) == 3
    numbers = [[badge.number for box in page.boxes for badge in box.badges] for page in drawing.pages]
    assert [sorted(found) for found in numbers] == [[1, 2, 3, 4, 5], [6, 7, 8, 9, 10], [11, 12, 13, 14, 15]]
    again = [box for page in drawing.pages[1:] for box in page.boxes if Mark.REFERENCE in box.marks]
    assert [box.labels[0].text.ja for box in again] == ["5　n4", "10　n9"]
    cut = [box.badges[0].number for box in boxes(drawing) if box.tag.ja == "→ 次のページ"]
    assert cut == [5, 10]
    headings = {heading.label.text.ja for heading in drawing.pages[2].headings}
    assert {"10手め", "15手め"} <= headings


def flat(count: int, *, critical: int = 3) -> Network:
    """Return `count` servers and as many terminals in one segment with a modem."""
    servers = tuple(
        Node(f"server-{at}", parse_addresses(f"10.0.0.{at + 1}"), "server", critical, SMB) for at in range(count)
    )
    pcs = tuple(
        Node(f"pc-{at}", parse_addresses(f"10.0.1.{at + 1}-10.0.1.{at + 1}"), "pc", 0, SMB) for at in range(count)
    )
    segment = Segment("lan", parse_addresses("10.0.0.0/23"))
    return Network((segment,), (*servers, *pcs), (ExternalLine("line-1", segment="lan", number=1),))


def test_many_alike_ends_share_a_box_with_every_number() -> None:
    drawing = drawn(flat(MOST_LEAVES + 6), "line-1")
    bundles = [box for box in by_name(drawing).values() if Mark.BUNDLE in box.marks and not box.id.endswith("-sure")]
    assert len(bundles) == 1
    assert bundles[0].labels[0].text.ja.startswith("1–30　システム 30：server-0、server-1、")
    assert all(f"server-{at}" in bundles[0].title.ja for at in range(MOST_LEAVES + 6))


def test_few_ends_stay_apart_and_terminals_are_counted() -> None:
    drawing = drawn(flat(5), "line-1")
    assert len([box for box in boxes(drawing) if len(box.badges) == 1]) == 5
    group = next(box for box in boxes(drawing) if box.id.endswith("terminals-sure"))
    assert group.labels[0].text.ja == "端末 5台"
    assert Mark.BUNDLE in group.marks


def test_entry_from_which_nothing_falls_says_so_and_why() -> None:
    network = replace(chain(2), rulesets=(RuleSet("r0", AtInterface("near", Direction.IN), Action.DENY),))
    nodes = (replace(network.nodes[0], listens=parse_services([])), network.nodes[1])
    drawing = drawn(replace(network, nodes=nodes), "line-1")
    found = {box.id.removeprefix(f"{drawing.name}-"): box for box in boxes(drawing)}
    assert set(found) == {"entry", "nothing", "stop-n1"}
    assert found["stop-n1"].labels[1].text.ja == "r0/near/in：規則のどれにも当てはまらないため通信を止めます"
    assert Mark.GOOD in found["stop-n1"].marks
    assert drawing.summary.ja == "ここからは、どの機器も乗っ取られません。"


def test_what_stops_is_the_last_barrier_not_the_first() -> None:
    network = chain(3)
    nearer = replace(network.rulesets[1], rules=(Rule(5, Action.DENY),))
    drawing = drawn(replace(network, rulesets=(network.rulesets[0], nearer)), "line-1")
    stop = next(box for box in boxes(drawing) if box.id.endswith("-stop-n2"))
    assert stop.labels[1].text.ja == "r1/near/in：規則 5 が通信を止めます"


def test_system_that_listens_on_nothing_says_so() -> None:
    network = chain(2)
    nodes = (network.nodes[0], replace(network.nodes[1], listens=parse_services("tcp/9999")))
    drawing = drawn(replace(network, nodes=nodes), "line-1")
    stop = next(box for box in boxes(drawing) if box.id.endswith("-stop-n1"))
    assert stop.labels[1].text.ja == "乗っ取りに使われる通信を受け付けていない"


def test_more_systems_that_stand_than_fit_are_counted_and_all_told() -> None:
    many = 90
    nodes = tuple(Node(f"quiet-{at}", parse_addresses(f"10.0.1.{at + 1}"), "ehr", 2, RDP) for at in range(many))
    network = chain(2)
    blocked = replace(network, nodes=(*network.nodes, *nodes), rulesets=())
    blocked = replace(blocked, rulesets=(RuleSet("r0", AtInterface("near", Direction.IN), Action.DENY),))
    drawing = drawn(blocked, "line-1")
    shown = [box for box in boxes(drawing) if "-stop-" in box.id]
    more = next(box for box in shown if box.id.endswith("stop-more"))
    counted = re.match(r"ほか (\d+) のシステム", more.labels[0].text.ja)
    assert counted is not None
    assert len(shown) - 1 + int(counted[1]) == many + 1
    told = [sentence.ja for sentence in drawing.sentences if "は乗っ取られません" in sentence.ja]
    assert len(told) == many + 1


def test_sentences_tell_every_step_in_order() -> None:
    drawing = drawn(chain(3), "line-1")
    assert [sentence.ja.partition("：")[0] for sentence in drawing.sentences] == ["1手め。n0", "2手め。n1", "3手め。n2"]
    assert (
        "から、ファイル共有（SMB） tcp/445 で入られる。r1/near/in：規則 101（7行目） が通信を通します。"
        in drawing.sentences[2].ja
    )
    assert drawing.sentences[1].en.startswith("Step 2. n1: from n0, taken by file sharing (SMB) tcp/445.")


@pytest.mark.parametrize("columns", [1, 2, 3, 6])
def test_cut_trees_hold_every_hop_and_none_is_too_deep(columns: int) -> None:
    leaf = Hop(numbers=(9,))
    root = Hop(children=[Hop(numbers=(1,), children=[Hop(numbers=(2,), children=[leaf])]), Hop(numbers=(3,))])
    trees = cut_deep(root, max(2, columns))
    told = {number for _, tree in trees for hop in tree.walk() for number in hop.numbers}
    assert told == {1, 2, 3, 9}
    assert all(len(way) <= max(2, columns) for _, tree in trees for way, _ in branches_of(tree))
