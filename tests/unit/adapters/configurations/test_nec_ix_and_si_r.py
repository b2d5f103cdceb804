"""What the readers and writers of NEC UNIVERGE IX and Fujitsu Si-R configurations have to hold alike."""

import random
from collections.abc import Callable
from dataclasses import replace
from importlib import import_module
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sekisho.adapters.configurations.redaction import redact
from sekisho.domain.network.addresses import V6_BASE
from sekisho.domain.network.configuration import DeviceConfiguration
from sekisho.domain.network.model import Action
from sekisho.domain.network.services import PORTS
from tests.samples.configurations.clock import processor_seconds
from tests.samples.configurations.declared import declared_rulesets
from tests.samples.configurations.torn import shuffled, torn, words_mixed
from tests.samples.configurations.verdicts import Packet, case, judged, packet, ruleset_at, wrong_facts, wrong_verdicts

ROOT = Path(__file__).parents[4]
AOBA = ROOT / "src/sekisho/catalogue/samples/aoba"
CALM = settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])

NEC_IX_SECRETS = [
    "username kanri password plain Geheim77 administrator",
    "ike policy p peer 192.0.2.1 key Geheim77 prop",
    "ikev2 authentication psk id keyid site key char Geheim77",
    "ppp profile isp\n  authentication password user@example.jp Geheim77",
    "nm account hospital password secret Geheim77",
    "mystery-command secret Geheim77",
    "interface GigaEthernet0.0\n  description password Geheim77",
    "interface GigaEthernet0.0\n  vpn-thing key Geheim77",
    "ip access-list a permit tcp src any key Geheim77",
    "ip access-list dynamic d access a password Geheim77",
    "interface GigaEthernet0.0\n  ip filter a 1 in password Geheim77\n  no shutdown",
    "Geheim77",
    "ip route default password Geheim77",
    "interface GigaEthernet0.0\n  ip napt service secret Geheim77 1 2 3",
]
SI_R_SECRETS = [
    "password admin set Geheim77",
    "remote 0 ap 0 ppp auth send user Geheim77",
    "remote 10 ap 0 ike shared key text Geheim77",
    "snmp manager 0 192.0.2.1 Geheim77 off disable",
    "mystery secret Geheim77",
    'lan 0 name "password Geheim77"',
    "lan 0 thing key Geheim77",
    "lan 0 ip filter 0 pass any any any any key Geheim77",
    "lan 0 ip filter password Geheim77",
    "acl 0 ip any password Geheim77 any",
    "remote 0 ip nat static 0 secret Geheim77",
    "Geheim77",
    "lan 0 ip route 0 password Geheim77",
]


def long_nec_ix(lines: int) -> str:
    """Return a configuration of about `lines` lines with lists, filters and routes."""
    lists = [
        f"ip access-list l{at % 40} permit tcp src 10.{at % 200}.{at % 251}.0/24 sport any dest 192.168.{at % 256}.{at % 250}/32 dport eq {at % 60000 + 1}"
        for at in range(lines - 400)
    ]
    faces = [
        f"interface GigaEthernet2:1.{at}\n  ip address 10.{at}.0.1/24\n  ip filter l{at} 1 in\n  no shutdown\n!"
        for at in range(40)
    ]
    return "\n".join([*lists, *faces, *(f"ip route 172.16.{at}.0/24 Tunnel0.0" for at in range(200))])


def long_si_r(lines: int) -> str:
    """Return a configuration of about `lines` lines with filters, acls and routes."""
    filters = [
        f"lan {at % 20} ip filter {at // 20} pass 10.{at % 200}.{at % 251}.0/24 any 192.168.{at % 256}.{at % 250}/32 {at % 60000 + 1} 6 yes any in"
        for at in range(lines - 400)
    ]
    acls = [f"acl {at} ip 10.{at}.0.0/16 any 6 any" for at in range(200)]
    return "\n".join([*filters, *acls, *(f"lan 0 ip route {at} 172.16.{at}.0/24 10.0.0.1 1 1" for at in range(200))])


def aoba_packets_nec_ix(place: str) -> list[Packet]:
    """Return packets at the edges of the reading centre's rules, from its side and from elsewhere."""
    return [
        packet(src, dst, service, reply=reply)
        for src in ("172.31.9.1", "172.31.9.255", "172.31.8.255", "203.0.113.210")
        for dst in ("10.10.2.9", "10.10.2.10", "10.10.2.11", "10.10.2.13", "10.10.2.14", "203.0.113.42")
        for service in ("tcp/103", "tcp/104", "tcp/105", "tcp/443", "tcp/444", "udp/104", "udp/500", "icmp", "esp")
        for reply in (False, True)
    ]


def aoba_packets_si_r(place: str) -> list[Packet]:
    """Return packets at the edges of the vendor's rules; each side is asked what can come by it."""
    vendor = ("172.31.1.0", "172.31.1.255", "172.31.2.0", "172.30.1.1")
    inside = ("10.10.1.11", "10.10.1.12", "10.10.1.15", "10.10.1.19", "10.10.1.20", "10.10.2.12")
    sides = (vendor, inside) if place.endswith("/in") else (inside, vendor)
    return [
        packet(src, dst, service, reply=reply)
        for src in sides[0]
        for dst in sides[1]
        for service in ("tcp/3388", "tcp/3389", "tcp/3390", "tcp/445", "udp/3389", "icmp")
        for reply in (False, True)
    ]


class Vendor:
    """One vendor: its reader and writer, its samples, the sample hospital's device, and texts made for the tests."""

    def __init__(
        self,
        name: str,
        device: str,
        secrets: list[str],
        long_configuration: Callable[[int], str],
        aoba_packets: Callable[[str], list[Packet]],
    ) -> None:
        reader = import_module(f"sekisho.adapters.configurations.{name}.reader")
        self.name, self.device = name, device
        self.read, self.likeness = reader.read, reader.likeness
        self.emit = import_module(f"sekisho.adapters.configurations.{name}.writer").emit
        self.files = sorted((ROOT / "tests/samples/configurations" / name).glob("*.txt"))
        self.texts = [file.read_text(encoding="utf-8") for file in self.files]
        self.own = AOBA / "configs" / f"{device}.txt"
        self.secrets, self.long_configuration, self.aoba_packets = secrets, long_configuration, aoba_packets


VENDORS = (
    Vendor("nec_ix", "rt-reading", NEC_IX_SECRETS, long_nec_ix, aoba_packets_nec_ix),
    Vendor("si_r", "rt-ehr", SI_R_SECRETS, long_si_r, aoba_packets_si_r),
)
CASES = [pytest.param(vendor, file, id=f"{vendor.name}-{file.stem}") for vendor in VENDORS for file in vendor.files]
each_vendor = pytest.mark.parametrize("vendor", VENDORS, ids=lambda vendor: vendor.name)
each_case = pytest.mark.parametrize(("vendor", "file"), CASES)


@each_vendor
def test_samples_are_at_least_twelve(vendor):
    assert len(vendor.files) >= 12


@each_case
def test_read_gives_the_verdicts_derived_by_hand(vendor, file):
    configuration, expected = vendor.read(file.read_text(encoding="utf-8")), case(file.with_suffix(".yaml"))
    assert wrong_facts(configuration, expected) == []
    assert wrong_verdicts(configuration, expected) == []


def packets_for(configuration: DeviceConfiguration, seed: int) -> list[Packet]:
    """Return packets at the edges of what the rules say, and replies to them."""
    dice = random.Random(seed)
    rules = [rule for one in configuration.rulesets for rule in (*one.rules, *one.tracked)]
    points = [(getattr(rule, side), at) for rule in rules for side in ("src", "dst") for at in (0, 1)]
    addresses = [point.spans[0][at] + dice.choice((0, 0, 1, -1)) for point, at in points if point]
    services = [rule.service.spans[0][at] + dice.choice((0, 1)) for rule in rules for at in (0, 1) if rule.service]
    ports = [rule.source_ports.spans[0][at] for rule in rules for at in (0, 1) if rule.source_ports] or [1024]
    found = []
    for _ in range(150 if addresses else 0):
        src, dst = dice.choice(addresses), dice.choice(addresses)
        service = min(dice.choice(services or [6 * PORTS + 80]), 256 * PORTS - 1)
        if min(src, dst) >= 0 and (src >= V6_BASE) == (dst >= V6_BASE):
            found.append(Packet(src, dst, service, dice.choice([*ports, 49152]), dice.random() < 0.3))
    return found


def same_meaning(one: DeviceConfiguration, other: DeviceConfiguration, seed: int = 0) -> None:
    """Assert that two configurations judge alike and say the same of interfaces, routes and translations."""
    assert {str(ruleset.at) for ruleset in one.rulesets} == {str(ruleset.at) for ruleset in other.rulesets}
    for asked in packets_for(one, seed):
        for ruleset in one.rulesets:
            verdict, mirrored = judged(ruleset, asked)[0], judged(ruleset_at(other, str(ruleset.at)), asked)[0]
            assert verdict == mirrored, (str(ruleset.at), asked)
    assert {(face.id, face.network) for face in one.interfaces} == {
        (face.id, face.network) for face in other.interfaces
    }
    assert {(route.prefix, route.via) for route in one.routes} == {(route.prefix, route.via) for route in other.routes}
    assert {replace(nat, origin=None) for nat in one.static_nats} == {
        replace(nat, origin=None) for nat in other.static_nats
    }
    assert {replace(nat, origin=None) for nat in one.source_nats} == {
        replace(nat, origin=None) for nat in other.source_nats
    }
    assert {(pool.interface, pool.addresses) for pool in one.vpn_pools} == {
        (pool.interface, pool.addresses) for pool in other.vpn_pools
    }


@each_case
def test_emit_reads_back_with_the_same_meaning(vendor, file):
    configuration, expected = vendor.read(file.read_text(encoding="utf-8")), case(file.with_suffix(".yaml"))
    again = vendor.read(vendor.emit(configuration))
    verdicts = [{key: value for key, value in one.items() if key != "by"} for one in expected["verdicts"]]
    assert wrong_verdicts(again, {"verdicts": verdicts}) == []
    same_meaning(configuration, again, seed=len(file.name))


@each_vendor
@CALM
@given(data=st.data())
def test_emit_keeps_the_meaning_of_torn_configurations_too(vendor, data):
    text = data.draw(torn(vendor.texts))
    seed = data.draw(st.integers(0, 1000))
    configuration = vendor.read(text)
    same_meaning(configuration, vendor.read(vendor.emit(configuration)), seed)


@each_vendor
@CALM
@given(data=st.data())
def test_read_never_raises_and_counts_every_line_once(vendor, data):
    text = data.draw(st.one_of(torn(vendor.texts), words_mixed(vendor.texts), st.text(max_size=400)))
    configuration = vendor.read(text)
    lines = [one.line for one in configuration.unparsed]
    assert len(lines) == len(set(lines))
    assert 0 <= configuration.coverage <= 1
    assert configuration.understood >= 0
    assert configuration.understood + len(lines) <= len(text.split("\n"))


@each_vendor
@CALM
@given(data=st.data())
def test_unread_filter_lines_leave_no_sure_verdict_behind(vendor, data):
    """A rule whose action is unknown is never exact, and knows the line it came from."""
    text = data.draw(words_mixed(vendor.texts))
    for ruleset in vendor.read(text).rulesets:
        for rule in (*ruleset.rules, *ruleset.tracked):
            assert rule.action is not Action.UNKNOWN or (not rule.is_exact and rule.origin is not None)


@each_case
def test_likeness_knows_its_own(vendor, file):
    assert vendor.likeness(file.read_text(encoding="utf-8")) >= 0.3


@each_vendor
def test_likeness_leaves_other_vendors_alone(vendor):
    others = [file for file in (AOBA / "configs").iterdir() if file != vendor.own]
    assert [file.name for file in others if vendor.likeness(file.read_text(encoding="utf-8")) >= 0.2] == []


@each_vendor
def test_aoba_reads_whole_and_agrees_with_what_is_declared(vendor):
    configuration = vendor.read(vendor.own.read_text(encoding="utf-8"))
    assert (configuration.coverage, configuration.unparsed) == (1.0, ())
    declared = declared_rulesets(AOBA / "network.yaml", vendor.device)
    assert {str(one.at) for one in configuration.rulesets} == set(declared)
    for place, ruleset in declared.items():
        # The declaration is stateful where it says nothing; first packets are what both must agree on.
        for asked in vendor.aoba_packets(place):
            if ruleset.stateful and asked.is_reply:
                continue
            assert judged(ruleset_at(configuration, place), asked)[0] == judged(ruleset, asked)[0], (place, asked)


@pytest.mark.parametrize(("vendor", "text"), [(vendor, text) for vendor in VENDORS for text in vendor.secrets])
def test_read_never_echoes_a_secret_even_before_redaction(vendor, text):
    assert "Geheim77" not in repr(vendor.read(text))


@each_case
def test_redaction_changes_nothing_that_is_read(vendor, file):
    text = file.read_text(encoding="utf-8")
    assert vendor.read(redact(text).text).rulesets == vendor.read(text).rulesets


def elapsed_s(vendor: Vendor, text: str) -> float:
    """Return the processor time of one reading, and of finding out whose the text is."""
    return processor_seconds(lambda: (vendor.read(text), vendor.likeness(text)))


@each_vendor
def test_read_takes_under_a_second_for_twenty_thousand_lines(vendor):
    assert elapsed_s(vendor, vendor.long_configuration(20_000)) < 1.0


@each_vendor
@pytest.mark.parametrize(
    "line", ["ip " * 40_000, "x" * 200_000, "9" * 100_000, "lan 0 ip filter " + "1," * 50_000, " " * 100_000]
)
def test_read_takes_no_longer_for_hostile_lines(vendor, line):
    assert elapsed_s(vendor, "\n".join([line] * 3)) < 1.0


@each_vendor
def test_a_shuffled_configuration_is_still_read(vendor):
    for seed, text in enumerate(vendor.texts):
        assert vendor.read(shuffled(text, seed)).understood >= 0
