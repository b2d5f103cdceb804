"""The reader of Cisco IOS: the sample hospital's devices, tracked connections, speed; the rest in test_cisco_like.py."""

import time
from datetime import date
from importlib.resources import files

import pytest
import yaml

from sekisho.adapters.configurations.cisco_ios.reader import read
from sekisho.domain.network.addresses import parse_addresses
from sekisho.domain.network.model import Action, AtInterface, Direction, Rule, RuleSet, State
from sekisho.domain.network.services import parse_services
from tests.samples.configurations import cisco_like
from tests.samples.configurations.verdicts import facts, judged

SAMPLE = files("sekisho.catalogue") / "samples" / "aoba"
CASES = cisco_like.cases("cisco_ios")


def test_read_takes_twenty_thousand_rules_in_linear_time():
    head = "interface Vlan1\n ip address 10.0.0.1 255.0.0.0\n ip access-group A in\nip access-list extended A\n"
    lines = [f" permit tcp 10.{k % 250}.{k // 250}.0 0.0.0.255 host 10.1.1.{k % 250} eq {k + 1}" for k in range(20_000)]
    took = []
    for count in (5_000, 20_000):
        started = time.process_time()
        configuration = read(head + "\n".join(lines[:count]))
        took.append(time.process_time() - started)
        assert sum(len(one.rules) for one in configuration.rulesets) == count
        assert configuration.coverage == 1.0
    assert took[1] < 12 * took[0] + 0.2
    assert took[1] < 4  # about 0.8 s on an idle machine


def declared(device: str) -> list[RuleSet]:
    """Return the rule sets that the sample's own plan declares for a device."""
    plan = yaml.safe_load((SAMPLE / "network.yaml").read_text(encoding="utf-8"))
    found = []
    for one in plan["rulesets"]:
        if one["device"] == device:
            rules = [
                Rule(
                    rule["seq"],
                    Action(rule["action"]),
                    parse_addresses(rule["src"]),
                    parse_addresses(rule["dst"]),
                    parse_services(rule["service"]),
                    state=State(rule["state"]),
                )
                for rule in one["rules"]
            ]
            at = AtInterface(one["at"]["interface"], Direction(one["at"]["direction"]))
            found.append(RuleSet("", at, Action(one["default"]), tuple(rules), one.get("stateful", True)))
    return found


@pytest.mark.parametrize("device", ["core", "rt-dc"])
def test_read_of_the_sample_agrees_with_what_its_plan_declares(device: str):
    configuration = read((SAMPLE / "configs" / f"{device}.txt").read_text(encoding="utf-8"))
    assert configuration.coverage == 1.0
    assert configuration.hostname == device
    known = {str(one.at): one for one in configuration.rulesets}
    plan = declared(device)
    assert plan
    assert set(known) == {str(one.at) for one in plan}
    for one in plan:
        asked = [
            packet
            for packet in cisco_like.packets_near(known[str(one.at)])
            if packet.service % 65536 or packet.service < 6 * 65536
        ]
        assert len(asked) > 500
        for packet in asked:
            assert judged(one, packet)[0] == judged(known[str(one.at)], packet)[0], packet


@pytest.mark.parametrize("device", ["core", "rt-dc"])
def test_read_of_the_sample_finds_interfaces_and_routes_of_its_plan(device: str):
    plan = yaml.safe_load((SAMPLE / "network.yaml").read_text(encoding="utf-8"))
    expected = next(one for one in plan["devices"] if one["id"] == device)
    configuration = read((SAMPLE / "configs" / f"{device}.txt").read_text(encoding="utf-8"))
    found = facts(configuration)
    assert {one["id"]: one["address"] for one in expected["interfaces"]} == {
        name: text.partition("/")[0] for name, text in found["interfaces"].items()
    }
    assert [[one["prefix"], one["via"]] for one in expected["routes"]] == found["routes"]


def test_read_keeps_what_a_schedule_ends_on():
    configuration = read(
        "time-range HOSHU\n absolute end 23:59 31 March 2027\ninterface Vlan1\n ip address 10.0.0.1 255.0.0.0\n"
        " ip access-group A in\nip access-list extended A\n permit ip any any time-range HOSHU\n"
    )
    rule = configuration.rulesets[0].rules[0]
    assert (rule.schedule, rule.until) == ("HOSHU", date(2027, 3, 31))


def test_read_tells_apart_inspection_at_other_interfaces():
    text = cisco_like.text_of(next(file for file in CASES if file.stem == "inspection"))
    inbound = next(one for one in read(text).rulesets if str(one.at) == "FastEthernet4/in")
    ways = {(rule.service.first >> 16, rule.entering) for rule in inbound.tracked}
    assert (6, None) in ways
    assert (1, frozenset({"FastEthernet0"})) in ways


def test_read_of_a_name_of_a_list_that_grows_keeps_both_parts():
    configuration = read(
        "interface Vlan1\n ip address 10.0.0.1 255.0.0.0\n ip access-group A in\n"
        "ip access-list extended A\n 20 permit tcp any any eq 80\n"
        "ip access-list extended A\n 10 deny tcp host 10.9.9.9 any\n"
    )
    assert [rule.seq for rule in configuration.rulesets[0].rules] == [10, 20]


def test_read_skips_a_banner_but_not_the_rest_when_its_end_is_missing():
    rest = "interface Vlan1\n ip address 10.0.0.1 255.0.0.0\n"
    assert read("banner motd ^C\n ip route 0.0.0.0 0.0.0.0 1.1.1.1\n^C\n" + rest).routes == ()
    assert len(read("banner motd ^C\n" + rest).interfaces) == 1


@pytest.mark.parametrize(
    ("mask", "is_exact", "size"),
    [
        ("0.0.0.255", True, 256),
        ("0.0.255.0", True, 256),
        ("0.0.0.254", True, 128),
        ("255.255.255.255", True, 2**32),
        ("0.255.255.0", False, 65535 * 256 + 1),
    ],
)
def test_read_takes_wildcard_masks_as_they_are(mask: str, is_exact: bool, size: int):
    configuration = read(
        f"interface Vlan1\n ip address 10.0.0.1 255.0.0.0\n ip access-group 1 in\naccess-list 1 permit 10.0.0.0 {mask}\n"
    )
    rule = configuration.rulesets[0].rules[0]
    assert (rule.is_exact, rule.src.size) == (is_exact, size)


@pytest.mark.parametrize(
    "text",
    [
        "interface Vlan1\n ip address 10.0.0.1 255.0.0.0\n ip access-group A in\n" * 3000,
        "".join(f"object-group network G{k}\n group-object G{k + 1}\n group-object G{k + 2}\n" for k in range(2000))
        + "ip access-list extended A\n permit ip object-group G0 any\n",
        "".join(f"access-list 1 deny 10.0.{k}.0\naccess-list 1 permit 11.0.{k}.0\n" for k in range(250)) * 8
        + "interface Vlan1\n ip address 10.0.0.1 255.0.0.0\n ip nat outside\n"
        + "ip nat inside source list 1 interface Vlan1 overload\n" * 500,
        "vlan filter M vlan-list 1-4094\n" * 3000,
        "ip access-list extended B\n"
        + "".join(f" deny ip host 10.0.{k % 250}.{k // 250} any\n" for k in range(2000))
        + " evaluate R\n"
        + "".join(f" permit tcp any host 10.9.{k % 250}.{k // 250} reflect R\n" for k in range(2000))
        + "interface Vlan1\n ip address 10.0.0.1 255.0.0.0\n ip access-group B in\n",
        "banner motd ^C\n" * 5000,
    ],
    ids=["interfaces", "groups", "nat", "vlans", "reflexive", "banners"],
)
def test_read_stays_quick_whatever_is_written(text: str):
    started = time.process_time()
    read(text)
    assert time.process_time() - started < 5


def test_read_takes_names_of_interfaces_written_in_two_words():
    found = facts(
        read(
            "interface Dialer 1\n ip address negotiated\n ip nat outside\n"
            "interface Gi0/1\n ip address 10.0.0.1 255.255.255.0\n ip nat inside\n"
            "ip route 0.0.0.0 0.0.0.0 Dialer1 200\n"
            "ip route 10.1.0.0 255.255.0.0 Gi0/1 10.0.0.9 5 name x\n"
            "ip route 10.2.0.0 255.255.0.0 Dialer 1 10\n"
            "ip nat inside source list 1 interface Dialer 1 overload\n"
            "ip nat inside source static tcp 10.0.0.5 80 interface Dialer 1 8080\n"
            "ip nat inside source static tcp 10.0.0.5 80 interface Dialer9 8080\n"
            "access-list 1 permit 10.0.0.0 0.0.0.255\n"
        )
    )
    assert found["routes"] == [["0.0.0.0/0", "Dialer1"], ["10.1.0.0/16", "10.0.0.9"], ["10.2.0.0/16", "Dialer1"]]
    assert found["source_nats"] == [["10.0.0.0/24", "0.0.0.0", "Dialer1"]]
    assert found["static_nats"] == [["0.0.0.0", "tcp/8080", "10.0.0.5", 80]]
    assert found["unparsed"] == [12]
