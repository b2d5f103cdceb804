"""network.yaml of the sample hospital: consistent in itself, and it means what the story says."""

import ipaddress
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from sekisho.adapters.yaml_file import read_yaml
from sekisho.catalogue.samples import sample_folder
from sekisho.domain.tri import Tri
from tests.samples.network_oracle import Network

FOLDER = sample_folder("aoba")
SERVICE = re.compile(r"any|icmp|(tcp|udp)/\d+(-\d+)?")
CATERING, LINE_4_LEFTOVERS = "line-4", {("rt-catering", "tunnel1", 1030), ("rt-catering", "tunnel1", 1040)}


@pytest.fixture(scope="module")
def plan() -> dict[str, Any]:
    return read_yaml((FOLDER / "network.yaml").read_bytes()).value


@pytest.fixture(scope="module")
def network(plan: dict[str, Any]) -> Network:
    return Network(plan)


@pytest.fixture(scope="module")
def taken(network: Network) -> dict[str, tuple[str, str]]:
    return network.taken(CATERING, needs_credentials=True)


def _ids(plan: dict[str, Any], *keys: str) -> list[str]:
    return [entry["id"] for key in keys for entry in plan[key]]


def _inside(address: str, cidr: str) -> bool:
    return all(ipaddress.ip_address(part) in ipaddress.ip_network(cidr) for part in address.split("-"))


class TestReferences:
    def test_every_id_is_given_once(self, plan):
        for key in ("segments", "nodes", "lines", "devices", "credentials", "backups"):
            assert [name for name, count in Counter(_ids(plan, key)).items() if count > 1] == []

    def test_interfaces_name_segments_that_exist_and_lie_in_them(self, plan):
        cidrs = {segment["id"]: segment["cidr"] for segment in plan["segments"]}
        for device in plan["devices"]:
            for interface in device["interfaces"]:
                if "segment" in interface:
                    assert _inside(interface["address"], cidrs[interface["segment"]]), (device["id"], interface)

    def test_no_two_things_share_an_address(self, plan):
        taken: Counter[str] = Counter(
            interface["address"]
            for device in plan["devices"]
            for interface in device["interfaces"]
            if "address" in interface
        )
        for node in plan["nodes"]:
            taken.update(str(address) for span in node["addresses"] for address in _span(span))
        assert [address for address, count in taken.items() if count > 1] == []

    def test_nodes_lie_in_one_segment_and_have_an_address_each(self, plan):
        for node in plan["nodes"]:
            homes = {s["id"] for s in plan["segments"] if all(_inside(a, s["cidr"]) for a in node["addresses"])}
            assert len(homes) == 1, node["id"]
            assert sum(len(list(_span(a))) for a in node["addresses"]) == node["count"], node["id"]

    def test_gateways_and_next_hops_exist(self, plan):
        addresses = {i["address"] for d in plan["devices"] for i in d["interfaces"] if "address" in i}
        assert {s["gateway"] for s in plan["segments"] if "gateway" in s} <= set(_ids(plan, "devices"))
        assert {r["via"] for d in plan["devices"] for r in d.get("routes", ())} <= addresses

    def test_a_segment_that_several_devices_touch_names_its_gateway(self, plan):
        touching = Counter(
            segment
            for device in plan["devices"]
            for segment in {i["segment"] for i in device["interfaces"] if "segment" in i}
        )
        for segment in plan["segments"]:
            assert touching[segment["id"]] == 1 or "gateway" in segment, segment["id"]

    def test_lines_and_rule_sets_name_interfaces_that_exist(self, plan):
        interfaces = {(device["id"], i["id"]) for device in plan["devices"] for i in device["interfaces"]}
        assert {(line["terminates"]["device"], line["terminates"]["interface"]) for line in plan["lines"]} <= interfaces
        assert {(rules["device"], rules["at"]["interface"]) for rules in plan["rulesets"]} <= interfaces

    def test_flows_media_backups_and_credentials_name_what_exists(self, plan):
        nodes, ends = set(_ids(plan, "nodes")), set(_ids(plan, "nodes", "lines"))
        credentials = set(_ids(plan, "credentials"))
        assert {flow["src"] for flow in plan["flows"]} <= ends
        assert {flow["dst"] for flow in plan["flows"]} <= nodes
        assert {medium[end] for medium in plan["media"] for end in ("from", "to")} <= nodes
        assert {copy[end] for copy in plan["backups"] for end in ("of", "on")} <= nodes
        assert {name for node in plan["nodes"] for name in node.get("credentials", ())} == credentials
        assert {name for line in plan["lines"] for name in line["auth"].get("credentials", ())} <= credentials

    def test_services_are_written_as_the_format_says(self, plan):
        services = [rule for rules in plan["rulesets"] for entry in rules["rules"] for rule in entry["service"]]
        services += [service for node in plan["nodes"] for service in node["listens"]]
        assert [service for service in services if not SERVICE.fullmatch(service)] == []

    def test_sequence_numbers_rise(self, plan):
        for rules in plan["rulesets"]:
            numbers = [rule["seq"] for rule in rules["rules"]]
            assert numbers == sorted(set(numbers)), rules["device"]

    def test_counts_are_those_of_the_story(self, plan, network):
        assert len(plan["lines"]) == 18
        assert 28 <= len(plan["devices"]) <= 32
        assert network.count(list(network.nodes)) == 2303


class TestCateringAttack:
    """The path, the loss, and the few changes that would have stopped it."""

    def test_the_line_opens_the_catering_server_and_nothing_of_the_ehr(self, network):
        assert network.reach(CATERING, "catering-sv", "tcp/3389") is Tri.YES
        assert network.reach(CATERING, "catering-sv", "tcp/445") is Tri.YES
        assert network.reach(CATERING, "ehr-ap", "tcp/3389") is Tri.NO

    def test_the_catering_server_opens_the_ehr(self, network):
        assert network.reach("catering-sv", "ehr-ap", "tcp/3389") is Tri.YES
        assert network.reach("catering-sv", "ehr-db", "tcp/445") is Tri.YES

    def test_the_way_goes_through_the_catering_server(self, taken):
        assert taken["catering-sv"][0] == CATERING
        assert taken["ehr-db"][0] == "catering-sv"

    def test_half_of_the_computers_are_lost(self, network, taken):
        assert network.count(taken) == 1152

    def test_the_loss_is_the_same_whether_or_not_passwords_are_needed(self, network, taken):
        assert set(network.taken(CATERING, needs_credentials=False)) == set(taken)

    def test_the_backup_unit_falls_with_its_windows_and_the_replica_stands(self, taken):
        assert "backup-sv" in taken
        assert {"dc-replica", "vm-host", "modality-console"}.isdisjoint(taken)

    def test_only_the_ejected_tape_and_the_immutable_replica_survive(self, plan, taken):
        surviving = [
            copy["id"] for copy in plan["backups"] if copy["connect"] == "manual-eject" or copy["on"] not in taken
        ]
        assert surviving == ["ehr-tape-vault", "ehr-replica"]

    def test_dropping_two_leftover_rules_stops_it_and_keeps_the_catering_work(self, plan):
        mended = Network(plan, LINE_4_LEFTOVERS)
        assert mended.taken(CATERING, needs_credentials=False) == {}
        assert mended.reach(CATERING, "catering-sv", "tcp/8443") is Tri.YES

    @pytest.mark.parametrize("kept", sorted(LINE_4_LEFTOVERS))
    def test_dropping_one_of_them_does_not(self, plan, kept):
        assert "ehr-db" in Network(plan, LINE_4_LEFTOVERS - {kept}).taken(CATERING, needs_credentials=True)

    def test_a_password_of_its_own_on_the_catering_server_stops_it_where_passwords_are_needed(self, plan):
        nodes = [
            {**node, "credentials": ["laps"]} if node["id"] in ("catering-sv", "catering-pc") else node
            for node in plan["nodes"]
        ]
        assert Network({**plan, "nodes": nodes}).taken(CATERING, needs_credentials=True) == {}


class TestOtherLines:
    @pytest.mark.parametrize("line", [1, 5, 6, 13, 15, 16, 18])
    def test_as_much_is_lost_through_other_maintenance_lines(self, network, line):
        assert network.count(network.taken(f"line-{line}", needs_credentials=True)) == 1152

    @pytest.mark.parametrize("line", [2, 3, 7, 8, 9, 12, 14])
    def test_well_narrowed_lines_lose_nothing(self, network, line):
        assert network.taken(f"line-{line}", needs_credentials=False) == {}

    def test_the_mobile_line_reaches_the_imaging_consoles_only(self, network):
        assert set(network.taken("line-10", needs_credentials=True)) == {"modality-console"}

    @pytest.mark.parametrize(("line", "target"), [(11, "dialysis-sv"), (17, "physio-sv")])
    def test_unread_devices_give_cannot_tell(self, network, line, target):
        assert network.reach(f"line-{line}", target, "tcp/3389") is Tri.UNKNOWN

    def test_every_declared_need_works(self, network, plan):
        broken = [f for f in plan["flows"] if network.reach(f["src"], f["dst"], f["service"]) is not Tri.YES]
        assert broken == []


def _span(text: str) -> Iterator[ipaddress.IPv4Address]:
    first, _, last = text.partition("-")
    for number in range(int(ipaddress.ip_address(first)), int(ipaddress.ip_address(last or first)) + 1):
        yield ipaddress.IPv4Address(number)
