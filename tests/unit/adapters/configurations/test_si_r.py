"""Tests of the reader and the writer of Fujitsu Si-R configurations, most of them data beside the configurations."""

import gc
import random
import time
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sekisho.adapters.configurations.redaction import redact
from sekisho.adapters.configurations.si_r import reader as si_r
from sekisho.adapters.configurations.si_r import writer as si_r_writer
from sekisho.domain.network.addresses import V6_BASE
from sekisho.domain.network.configuration import Bearing, DeviceConfiguration
from sekisho.domain.network.model import Action
from sekisho.domain.network.services import PORTS
from tests.samples.configurations.declared import declared_rulesets
from tests.samples.configurations.torn import shuffled, torn, words_mixed
from tests.samples.configurations.verdicts import (
    Packet,
    case,
    judged,
    packet,
    ruleset_at,
    wrong_facts,
    wrong_verdicts,
)

ROOT = Path(__file__).parents[4]
AOBA = ROOT / "src/sekisho/catalogue/samples/aoba"
SAMPLES = ROOT / "tests/samples/configurations/si_r"
FILES = sorted(SAMPLES.glob("*.txt"))
TEXTS = [file.read_text(encoding="utf-8") for file in FILES]
CALM = settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])

CONFIG, DEVICE = "rt-ehr.txt", "rt-ehr"
SECRET_LINES = [
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


def long_configuration(lines: int) -> str:
    """Return a configuration of about `lines` lines with filters, acls and routes."""
    filters = [
        f"lan {at % 20} ip filter {at // 20} pass 10.{at % 200}.{at % 251}.0/24 any 192.168.{at % 256}.{at % 250}/32 {at % 60000 + 1} 6 yes any in"
        for at in range(lines - 400)
    ]
    acls = [f"acl {at} ip 10.{at}.0.0/16 any 6 any" for at in range(200)]
    return "\n".join([*filters, *acls, *(f"lan 0 ip route {at} 172.16.{at}.0/24 10.0.0.1 1 1" for at in range(200))])


def aoba_packets(place: str) -> list[Packet]:
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


def test_samples_are_at_least_twelve():
    assert len(FILES) >= 12


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_read_gives_the_verdicts_derived_by_hand(file):
    configuration, expected = si_r.read(file.read_text(encoding="utf-8")), case(file.with_suffix(".yaml"))
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


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_emit_reads_back_with_the_same_meaning(file):
    configuration, expected = si_r.read(file.read_text(encoding="utf-8")), case(file.with_suffix(".yaml"))
    again = si_r.read(si_r_writer.emit(configuration))
    verdicts = [{key: value for key, value in one.items() if key != "by"} for one in expected["verdicts"]]
    assert wrong_verdicts(again, {"verdicts": verdicts}) == []
    same_meaning(configuration, again, seed=len(file.name))


@CALM
@given(torn(TEXTS), st.integers(0, 1000))
def test_emit_keeps_the_meaning_of_torn_configurations_too(text, seed):
    configuration = si_r.read(text)
    same_meaning(configuration, si_r.read(si_r_writer.emit(configuration)), seed)


@CALM
@given(st.one_of(torn(TEXTS), words_mixed(TEXTS), st.text(max_size=400)))
def test_read_never_raises_and_counts_every_line_once(text):
    configuration = si_r.read(text)
    lines = [one.line for one in configuration.unparsed]
    assert len(lines) == len(set(lines))
    assert 0 <= configuration.coverage <= 1
    assert configuration.understood >= 0
    assert configuration.understood + len(lines) <= len(text.split("\n"))


@CALM
@given(words_mixed(TEXTS))
def test_unread_filter_lines_leave_no_sure_verdict_behind(text):
    """A rule whose action is unknown is never exact, and knows the line it came from."""
    for ruleset in si_r.read(text).rulesets:
        for rule in (*ruleset.rules, *ruleset.tracked):
            assert rule.action is not Action.UNKNOWN or (not rule.is_exact and rule.origin is not None)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_likeness_knows_its_own(file):
    assert si_r.likeness(file.read_text(encoding="utf-8")) >= 0.3


def test_likeness_leaves_other_vendors_alone():
    others = [file for file in (AOBA / "configs").iterdir() if file.name != CONFIG]
    assert [file.name for file in others if si_r.likeness(file.read_text(encoding="utf-8")) >= 0.2] == []


def test_aoba_reads_whole_and_agrees_with_what_is_declared():
    configuration = si_r.read((AOBA / "configs" / CONFIG).read_text(encoding="utf-8"))
    assert (configuration.coverage, configuration.unparsed) == (1.0, ())
    declared = declared_rulesets(AOBA / "network.yaml", DEVICE)
    assert {str(one.at) for one in configuration.rulesets} == set(declared)
    for place, ruleset in declared.items():
        # The declaration is stateful where it says nothing; first packets are what both must agree on.
        for asked in aoba_packets(place):
            if ruleset.stateful and asked.is_reply:
                continue
            assert judged(ruleset_at(configuration, place), asked)[0] == judged(ruleset, asked)[0], (place, asked)


@pytest.mark.parametrize("text", SECRET_LINES)
def test_read_never_echoes_a_secret_even_before_redaction(text):
    assert "Geheim77" not in repr(si_r.read(text))


@pytest.mark.parametrize("text", TEXTS, ids=[file.stem for file in FILES])
def test_redaction_changes_nothing_that_is_read(text):
    assert si_r.read(redact(text).text).rulesets == si_r.read(text).rulesets


def elapsed_s(text: str) -> float:
    """Return the processor time of one reading; the test runner's own heap is kept out of garbage collection."""
    gc.collect()
    gc.freeze()
    started = time.process_time()
    si_r.read(text)
    si_r.likeness(text)
    taken = time.process_time() - started
    gc.unfreeze()
    return taken


def test_read_takes_under_a_second_for_twenty_thousand_lines():
    assert elapsed_s(long_configuration(20_000)) < 1.0


@pytest.mark.parametrize(
    "line", ["ip " * 40_000, "x" * 200_000, "9" * 100_000, "lan 0 ip filter " + "1," * 50_000, " " * 100_000]
)
def test_read_takes_no_longer_for_hostile_lines(line):
    assert elapsed_s("\n".join([line] * 3)) < 1.0


def test_a_shuffled_configuration_is_still_read():
    for seed, text in enumerate(TEXTS):
        assert si_r.read(shuffled(text, seed)).understood >= 0


def test_filters_on_the_way_in_see_inside_addresses():
    configuration = si_r.read((SAMPLES / "03-pppoe-nat.txt").read_text(encoding="utf-8"))
    assert {nat.filters_see_inside for nat in configuration.static_nats} == {True}


def test_routes_come_by_distance():
    text = "lan 0 ip route 0 default 192.0.2.9 1 20\nremote 0 ip route 0 default 1 1"
    assert [route.interface for route in si_r.read(text).routes] == ["remote0", None]


@pytest.mark.parametrize(
    ("words", "service", "expect"),
    [
        ("pass any any any 80 6 yes", "tcp/80", "permit"),
        ("pass any any any 80 6 yes any in", "tcp/81", "deny"),
        ("pass any any any 80 tcp yes any in", "tcp/80", "permit"),
        ("pass any any any 80-90,443 6 yes any any", "tcp/443", "permit"),
        ("pass any any any http 6 yes any any", "tcp/80", "permit"),
        ("pass any any any any 6 no any in", "tcp/80", "deny"),
        ("pass any any any any any no any in", "udp/53", "permit"),
        ("pass any any any any any no any in", "tcp/80", "deny"),
        ("pass any any any any 6 yes any out", "tcp/80", "deny"),
        ("restrict any any any any any yes any in", "tcp/80", "permit"),
        ("reject any any any any any yes any in", "tcp/80", "deny"),
        ("pass any any any 80 any yes any in", "udp/80", "permit"),
        ("pass any any any 80 any yes any in", "icmp", "deny"),
        ("pass any any any any 6 yes 10 in", "tcp/80", "unknown"),
        ("pass any any 10.0.0.1/33 any 6 yes any in", "tcp/80", "unknown"),
        ("pass any any 10.0.0.1/0.0.0.255 any 6 yes any in", "tcp/80", "unknown"),
        ("pass 198.51.100.0/255.255.255.0 any any any 6 yes any in", "tcp/80", "permit"),
        ("pass any any any 90-80 6 yes any in", "tcp/85", "unknown"),
        ("pass any any any any 6 maybe any in", "tcp/80", "unknown"),
        ("pass any any any any 6 maybe any in", "udp/80", "deny"),
        ("pass any any any any 256 yes any in", "tcp/80", "unknown"),
        ("pass any any any any 6 yes any sideways", "tcp/80", "unknown"),
        ("pass any any any any 6 yes any in 1 2 3", "tcp/80", "unknown"),
        ("pass any any any any", "tcp/80", "unknown"),
        ("pass", "tcp/80", "unknown"),
        ("", "tcp/80", "unknown"),
        ("pass acl", "tcp/80", "unknown"),
        ("pass acl 99", "tcp/80", "unknown"),
        ("pass acl x in", "tcp/80", "unknown"),
        ("pass acl 1 in", "tcp/80", "permit"),
        ("pass acl 1 out", "tcp/80", "deny"),
        ("pass acl 2 in", "tcp/80", "unknown"),
        ("permit any any any any any yes", "tcp/80", "unknown"),
    ],
)
def test_a_filter_means(words, service, expect):
    text = f"acl 1 ip any any any any\nacl 2 ip any any\nlan 0 ip filter 0 {words}\nlan 0 ip filter default reject"
    asked = packet("198.51.100.7", "10.0.0.1", service)
    assert judged(ruleset_at(si_r.read(text), "lan0/in"), asked)[0] == expect


def test_a_number_without_an_interface_number_means_the_first():
    configuration = si_r.read("lan ip filter 0 reject any any any any any yes\nremote ip filter default reject")
    assert [str(one.at) for one in configuration.rulesets] == ["lan0/in", "lan0/out", "remote0/in", "remote0/out"]


def test_without_a_default_the_rest_passes_and_people_are_told():
    configuration = si_r.read("lan 0 ip filter 0 pass any any any 80 6 yes any in")
    assert judged(ruleset_at(configuration, "lan0/in"), packet("192.0.2.1", "10.0.0.1", "tcp/22"))[0] == "permit"
    assert [(notice.rule, notice.line) for notice in configuration.notices] == [("default-pass", 1)]


def test_an_unread_line_is_told_with_its_place_its_word_and_its_bearing():
    missed = si_r.read("lan 0 ip filter 0 pass any any SERVERS any 6 yes").unparsed[0]
    assert (missed.line, missed.bearing) == (1, Bearing.FILTER)
    assert "SERVERS" in missed.why.ja
    assert "SERVERS" in missed.why.en


@pytest.mark.parametrize(
    ("line", "bearing"),
    [
        ("lan 0 ip route 0 10.0.0.0/8 nowhere", Bearing.ROUTE),
        ("lan 0 ip route x", Bearing.ROUTE),
        ("lan 0 ip6 route 0 10.0.0.0/8 fe80::1", Bearing.ROUTE),
        ("bgp as 65000", Bearing.ROUTE),
        ("lan 0 ip nat static 0 10.0.0.1 80 any", Bearing.NAT),
        ("lan 0 ip nat static 0 10.0.0.1 80 any 80 tcpx", Bearing.NAT),
        ("lan 0 ip nat quux", Bearing.NAT),
        ("lan 0 ip address", Bearing.INTERFACE),
        ("lan 0 ip address 10.0.0.1 3", Bearing.INTERFACE),
        ("lan 0 ip address 2001:db8::1/64 3", Bearing.INTERFACE),
        ("lan 0 ip spi use on", Bearing.FILTER),
        ("lan 0 mac filter 0 pass any", Bearing.FILTER),
        ("acl 0 ip any", Bearing.FILTER),
        ("frobnicate 7", Bearing.OTHER),
    ],
)
def test_an_unread_line_tells_what_it_could_change(line, bearing):
    assert [one.bearing for one in si_r.read(line).unparsed] == [bearing]


def test_a_filter_line_that_cannot_be_read_leaves_nothing_sure_on_its_interface():
    for line in ("lan 0 ip filter zero pass", "lan 0 mac filter 0 pass any", "lan 0 ip spi use on"):
        text = f"{line}\nlan 0 ip filter 1 pass any any any any any yes\nlan 0 ip filter default reject"
        ruleset = ruleset_at(si_r.read(text), "lan0/in")
        assert judged(ruleset, packet("198.51.100.7", "10.0.0.1", "tcp/80"))[0] == "unknown", line


def test_an_acl_of_a_dns_server_or_of_ipsec_filters_nothing():
    text = "acl 1 ip any any any any\nserverinfo dns filter 0 accept acl 1\nserverinfo dns filter default reject"
    configuration = si_r.read(text)
    assert (configuration.rulesets, configuration.unparsed) == ((), ())


def test_the_hand_made_cases_carry_no_registry_addresses():
    for file in FILES:
        assert "http" not in case(file.with_suffix(".yaml"))["origin"]


def test_an_acl_that_could_not_be_read_whole_makes_its_filters_unknown_as_far_as_it_was_read():
    text = "acl 4 ip 172.28.1.0/24 10.6.0.10/32 6 any\nacl 4 tcp any oraclex yes\nlan 0 ip filter 0 pass acl 4 in\nlan 0 ip filter default reject"
    ruleset = ruleset_at(si_r.read(text), "lan0/in")
    assert judged(ruleset, packet("172.28.1.5", "10.6.0.10", "tcp/1521"))[0] == "unknown"
    assert judged(ruleset, packet("172.28.2.5", "10.6.0.10", "tcp/1521"))[0] == "deny"
    assert judged(ruleset, packet("172.28.1.5", "10.6.0.10", "udp/1521"))[0] == "deny"
