"""What of a network the lab tries, and what it refuses to build."""

import pytest

from sekisho.adapters.lab.filters import NotInTheLab
from sekisho.adapters.lab.plan import plan_lab
from sekisho.adapters.lab.stand_in import stand_in
from sekisho.adapters.network.read import read_network_model
from sekisho.domain.network.addresses import addresses_text, parse_addresses
from sekisho.domain.network.model import Network
from sekisho.domain.network.services import parse_services

ASKED = [parse_services("tcp/445").first]
BASE = """
segments: [{id: a, cidr: 10.1.0.0/24}, {id: b, cidr: 10.2.0.0/24}]
nodes:
  - {id: ward, addresses: [10.1.0.100-10.1.0.250], count: 151, listens: [tcp/80]}
  - {id: twin, addresses: [10.1.0.100, 10.1.0.101]}
  - {id: router, addresses: [10.1.0.1]}
  - {id: lost, addresses: [172.16.0.1, '2001:db8::1']}
  - {id: server, addresses: [10.1.0.20, 10.2.0.20]}
lines:
  - {id: anywhere, terminates: {device: r, interface: wan}}
  - {id: known, terminates: {device: r, interface: wan}, source: 198.51.100.0/24}
  - {id: same, terminates: {device: r, interface: wan}, source: 198.51.100.0/24}
  - {id: open-end}
  - {id: modem, terminates: {segment: a}}
devices:
  - id: r
    interfaces: [{id: ge0, segment: a, address: 10.1.0.1}, {id: ge1, segment: b, address: 10.2.0.1}, {id: wan, address: 203.0.113.1}]
rulesets:
  - {device: r, at: {interface: wan, direction: in}, default: deny, rules: [{seq: 10, action: permit, src: 198.51.100.77}]}
"""  # fmt: skip


def network(more: str = "") -> Network:
    return read_network_model((BASE + more).encode()).network


def addresses(model: Network) -> dict[str, list[str]]:
    return {node.id: addresses_text(node.addresses) for node in model.nodes}


def test_stand_in_stands_for_groups_by_their_ends_and_gives_each_address_to_one_host() -> None:
    assert addresses(stand_in(network(), ASKED)) == {
        "ward": ["10.1.0.100", "10.1.0.250"],
        "twin": ["10.1.0.101"],
        "server": ["10.1.0.20", "10.2.0.20"],
    }


def test_stand_in_lets_every_host_listen_to_what_is_asked() -> None:
    ward = stand_in(network(), ASKED).nodes[0]
    assert ward.listens == parse_services(["tcp/80", "tcp/445"])


def test_stand_in_takes_addresses_of_lines_from_outside_and_those_that_rules_name() -> None:
    lines = {line.id: line.source for line in stand_in(network(), ASKED).lines}
    inside = parse_addresses(["10.1.0.0/24", "10.2.0.0/24"])
    assert not lines["anywhere"].overlaps(inside)
    assert parse_addresses("198.51.100.77").first in lines["anywhere"] | lines["known"]
    assert not lines["known"].overlaps(lines["same"])
    assert inside.covers(lines["modem"])
    taken = [address for source in lines.values() for address in source]
    assert len(taken) == len(set(taken))
    assert all(source.size <= 3 for source in lines.values())


def test_plan_lab_gives_everything_a_place_but_lines_that_end_nobody_knows_where() -> None:
    lab = plan_lab(stand_in(network(), ASKED))
    assert set(lab.homes) == {"ward", "twin", "server", "anywhere", "known", "same", "modem"}
    assert [space.name for space in lab.namespaces][:2] == ["switch", "d0"]
    assert len(lab.namespaces) == 2 + 7


NAT = "nat:\n  - {device: r, interface: wan, kind: static, outside: 203.0.113.5, inside: 10.1.0.20, "


@pytest.mark.parametrize(
    "more",
    [
        NAT + "service: tcp/1000-9000, inside_port: 1}\n",
        NAT + "filters_see: outside}\n  - {device: r, interface: wan, kind: static, outside: 203.0.113.6, inside: 10.2.0.20}\n",
    ],
)  # fmt: skip
def test_plan_lab_refuses_what_the_kernel_cannot_do_alike(more: str) -> None:
    with pytest.raises(NotInTheLab):
        plan_lab(stand_in(network(more), ASKED))


def test_device_rules_judge_replies_only_where_there_is_no_state() -> None:
    stateful = plan_lab(stand_in(network(), ASKED)).namespaces[1].rules
    assert "ct state established,related return" in stateful
    stateless = network().rulesets[0]
    without = network().with_rulesets((type(stateless)(stateless.device, stateless.at, stateless.default, (), False),))
    assert "established" not in plan_lab(stand_in(without, ASKED)).namespaces[1].rules
