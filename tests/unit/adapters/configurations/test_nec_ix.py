"""Tests of the reader and the writer of NEC UNIVERGE IX configurations, most of them data beside the configurations."""

import gc
import random
import time
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sekisho.adapters.configurations.nec_ix import reader as nec_ix
from sekisho.adapters.configurations.nec_ix import writer as nec_ix_writer
from sekisho.adapters.configurations.redaction import redact
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
SAMPLES = ROOT / "tests/samples/configurations/nec_ix"
FILES = sorted(SAMPLES.glob("*.txt"))
TEXTS = [file.read_text(encoding="utf-8") for file in FILES]
CALM = settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])

CONFIG, DEVICE = "rt-reading.txt", "rt-reading"
SECRET_LINES = [
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


def long_configuration(lines: int) -> str:
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


def aoba_packets(place: str) -> list[Packet]:
    """Return packets at the edges of the reading centre's rules, from its side and from elsewhere."""
    return [
        packet(src, dst, service, reply=reply)
        for src in ("172.31.9.1", "172.31.9.255", "172.31.8.255", "203.0.113.210")
        for dst in ("10.10.2.9", "10.10.2.10", "10.10.2.11", "10.10.2.13", "10.10.2.14", "203.0.113.42")
        for service in ("tcp/103", "tcp/104", "tcp/105", "tcp/443", "tcp/444", "udp/104", "udp/500", "icmp", "esp")
        for reply in (False, True)
    ]


def test_samples_are_at_least_twelve():
    assert len(FILES) >= 12


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_read_gives_the_verdicts_derived_by_hand(file):
    configuration, expected = nec_ix.read(file.read_text(encoding="utf-8")), case(file.with_suffix(".yaml"))
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
    configuration, expected = nec_ix.read(file.read_text(encoding="utf-8")), case(file.with_suffix(".yaml"))
    again = nec_ix.read(nec_ix_writer.emit(configuration))
    verdicts = [{key: value for key, value in one.items() if key != "by"} for one in expected["verdicts"]]
    assert wrong_verdicts(again, {"verdicts": verdicts}) == []
    same_meaning(configuration, again, seed=len(file.name))


@CALM
@given(torn(TEXTS), st.integers(0, 1000))
def test_emit_keeps_the_meaning_of_torn_configurations_too(text, seed):
    configuration = nec_ix.read(text)
    same_meaning(configuration, nec_ix.read(nec_ix_writer.emit(configuration)), seed)


@CALM
@given(st.one_of(torn(TEXTS), words_mixed(TEXTS), st.text(max_size=400)))
def test_read_never_raises_and_counts_every_line_once(text):
    configuration = nec_ix.read(text)
    lines = [one.line for one in configuration.unparsed]
    assert len(lines) == len(set(lines))
    assert 0 <= configuration.coverage <= 1
    assert configuration.understood >= 0
    assert configuration.understood + len(lines) <= len(text.split("\n"))


@CALM
@given(words_mixed(TEXTS))
def test_unread_filter_lines_leave_no_sure_verdict_behind(text):
    """A rule whose action is unknown is never exact, and knows the line it came from."""
    for ruleset in nec_ix.read(text).rulesets:
        for rule in (*ruleset.rules, *ruleset.tracked):
            assert rule.action is not Action.UNKNOWN or (not rule.is_exact and rule.origin is not None)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_likeness_knows_its_own(file):
    assert nec_ix.likeness(file.read_text(encoding="utf-8")) >= 0.3


def test_likeness_leaves_other_vendors_alone():
    others = [file for file in (AOBA / "configs").iterdir() if file.name != CONFIG]
    assert [file.name for file in others if nec_ix.likeness(file.read_text(encoding="utf-8")) >= 0.2] == []


def test_aoba_reads_whole_and_agrees_with_what_is_declared():
    configuration = nec_ix.read((AOBA / "configs" / CONFIG).read_text(encoding="utf-8"))
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
    assert "Geheim77" not in repr(nec_ix.read(text))


@pytest.mark.parametrize("text", TEXTS, ids=[file.stem for file in FILES])
def test_redaction_changes_nothing_that_is_read(text):
    assert nec_ix.read(redact(text).text).rulesets == nec_ix.read(text).rulesets


def elapsed_s(text: str) -> float:
    """Return the processor time of one reading; the test runner's own heap is kept out of garbage collection."""
    gc.collect()
    gc.freeze()
    started = time.process_time()
    nec_ix.read(text)
    nec_ix.likeness(text)
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
        assert nec_ix.read(shuffled(text, seed)).understood >= 0


def face_with(filters: str, lists: str) -> str:
    return f"{lists}\ninterface GigaEthernet0.0\n  ip address 192.0.2.1/24\n{filters}\n  no shutdown\n!"


def test_filters_are_taken_to_see_the_address_before_translation_and_people_are_told():
    file = SAMPLES / "05-published-service.txt"
    configuration = nec_ix.read(file.read_text(encoding="utf-8"))
    assert {nat.filters_see_inside for nat in configuration.static_nats} == {False}
    assert [notice.line for notice in configuration.notices if notice.rule == "nat-order"] == [13]


def test_routes_come_by_distance():
    text = "ip route default 192.0.2.9 distance 20\nip route default GigaEthernet0.1\nip route 10.0.0.0/8 Tunnel0.0 distance 5"
    assert [route.interface for route in nec_ix.read(text).routes] == ["GigaEthernet0.1", "Tunnel0.0", None]


def test_entries_and_filters_taken_back_with_no_are_gone():
    lists = (
        "ip access-list a permit ip src any dest any\nno ip access-list a permit ip src any dest any\n"
        "ip access-list a deny ip src any dest any\nip access-list b permit ip src any dest any\nno ip access-list b"
    )
    text = face_with("  ip filter a 1 in\n  ip filter b 2 out\n  no ip filter b 2 out", lists)
    configuration = nec_ix.read(text)
    assert configuration.unparsed == ()
    assert [(str(one.at), [rule.action for rule in one.rules]) for one in configuration.rulesets] == [
        ("GigaEthernet0.0/in", [Action.DENY])
    ]


def test_a_list_used_by_ipsec_alone_filters_nothing():
    text = face_with(
        "  ipsec policy tunnel map out",
        "ip access-list sec permit ip src 10.0.0.0/8 dest any\nipsec autokey-map map sec peer 192.0.2.2 prop",
    )
    assert nec_ix.read(text).rulesets == ()


@pytest.mark.parametrize(
    ("clause", "service", "expect"),
    [
        ("tcp src any sport any dest any dport eq 80", "tcp/80", "permit"),
        ("tcp src any dest any", "tcp/80", "permit"),
        ("tcp dest any dport eq 80 src any", "tcp/80", "permit"),
        ("tcp src any sport any dest any dport range 79 81", "tcp/82", "deny"),
        ("tcp src any sport any dest any dport neq 80", "tcp/80", "deny"),
        ("tcp src any sport any dest any dport any established", "tcp/80", "deny"),
        ("tcp src any sport any dest any dport any syn", "tcp/80", "unknown"),
        ("17 src any dest any", "udp/53", "permit"),
        ("esp src any dest any", "esp", "permit"),
        ("ip src any dest any fragments", "tcp/80", "unknown"),
        ("ip src any dest any tos 4", "tcp/80", "unknown"),
        ("ip src any dest 10.9.9.9/32", "tcp/80", "deny"),
        ("ip src any dest 10.9.9.9/33", "tcp/80", "unknown"),
        ("ip src any dest 10.9.9.256", "tcp/80", "unknown"),
        ("ip src any dest 10.9.9.0/0.0.0.255", "tcp/80", "unknown"),
        ("tcp src any sport any dest any dport range 90 80", "tcp/85", "unknown"),
        ("tcp src any sport any dest any dport eq 70000", "tcp/80", "unknown"),
        ("tcp src any sport any dest any dport", "tcp/80", "unknown"),
        ("ip src any", "tcp/80", "unknown"),
        ("ip", "tcp/80", "unknown"),
        ("256 src any dest any", "tcp/80", "unknown"),
        ("quic src any dest any", "tcp/80", "unknown"),
        ("ip src 2001:db8::/32 dest any", "tcp/80", "unknown"),
        ("udp src any sport any dest any dport oops", "tcp/80", "deny"),
    ],
)
def test_an_entry_means(clause, service, expect):
    configuration = nec_ix.read(face_with("  ip filter a 1 in", f"ip access-list a permit {clause}"))
    asked = packet("198.51.100.7", "10.0.0.1", service)
    assert judged(ruleset_at(configuration, "GigaEthernet0.0/in"), asked)[0] == expect


def test_an_unread_line_is_told_with_its_place_its_word_and_its_bearing():
    missed = nec_ix.read("ip access-list a permit tcp src any sport any dest SERVERS dport eq 80").unparsed[0]
    assert (missed.line, missed.bearing) == (1, Bearing.FILTER)
    assert "SERVERS" in missed.why.ja
    assert "SERVERS" in missed.why.en


@pytest.mark.parametrize(
    ("line", "bearing"),
    [
        ("ip route 10.0.0.0/8", Bearing.ROUTE),
        ("ip route 10.0.0.0/8 somewhere", Bearing.ROUTE),
        ("ip route 2001:db8::/32 Tunnel0.0", Bearing.ROUTE),
        ("router bgp 65000", Bearing.ROUTE),
        ("ip nat pool p here there", Bearing.NAT),
        ("interface !", Bearing.INTERFACE),
        ("url-filter enable", Bearing.FILTER),
        ("frobnicate 7", Bearing.OTHER),
        ("interface GigaEthernet0.0\n  ip napt quux", Bearing.NAT),
        ("interface GigaEthernet0.0\n  ip napt service foo 10.0.0.1", Bearing.NAT),
        ("interface GigaEthernet0.0\n  ip nat static 10.0.0.0/24 192.0.2.0/25", Bearing.NAT),
        ("interface GigaEthernet0.0\n  ip napt inside list nowhere\n  ip napt enable\n  no shutdown", Bearing.NAT),
        ("interface GigaEthernet0.0\n  ip address 10.0.0.1", Bearing.INTERFACE),
        ("interface GigaEthernet0.0\n  ip policy route-map pbr", Bearing.ROUTE),
        ("interface GigaEthernet0.0\n  ip filter a b in", Bearing.FILTER),
        ("interface GigaEthernet0.0\n  mac filter a 1 in", Bearing.FILTER),
        ("interface GigaEthernet0.0\n  frobnicate", Bearing.OTHER),
    ],
)
def test_an_unread_line_tells_what_it_could_change(line, bearing):
    assert [one.bearing for one in nec_ix.read(line).unparsed] == [bearing]


def test_a_filter_line_that_cannot_be_read_leaves_nothing_sure_on_its_interface():
    for line in ("ip filter a b in", "mac filter a 1 in", "ip access-group 100 in"):
        text = face_with(f"  {line}\n  ip filter ok 9 in", "ip access-list ok permit ip src any dest any")
        ruleset = ruleset_at(nec_ix.read(text), "GigaEthernet0.0/in")
        assert judged(ruleset, packet("198.51.100.7", "10.0.0.1", "tcp/80"))[0] == "unknown", line


def test_a_long_list_on_very_many_interfaces_ends_as_unknown_not_in_a_hang():
    lists = "\n".join(f"ip access-list a permit tcp src any sport any dest any dport eq {at}" for at in range(2000))
    faces = "\n".join(f"interface Tunnel{at}.0\n  ip filter a 1 in\n  no shutdown\n!" for at in range(400))
    configuration = nec_ix.read(f"{lists}\n{faces}")
    assert sum(len(one.rules) for one in configuration.rulesets) <= 201_000
    last = ruleset_at(configuration, "Tunnel399.0/in")
    assert judged(last, packet("198.51.100.7", "10.0.0.1", "tcp/80"))[0] == "unknown"
    assert configuration.unparsed[-1].bearing is Bearing.FILTER


def test_scattered_wildcards_use_bounded_memory():
    lines = [f"ip access-list a permit ip src 10.{at % 250}.{at // 250}.0 85.85.85.85 dest any" for at in range(2000)]
    configuration = nec_ix.read(face_with("  ip filter a 1 in", "\n".join(lines)))
    spans = sum(len(rule.src.spans) for one in configuration.rulesets for rule in one.rules)
    assert spans <= 110_000


@pytest.mark.parametrize(
    ("written", "matching", "missing"),
    [
        ("10.1.0.0 0.0.0.255", "10.1.0.77", "10.1.1.77"),
        ("10.1.0.9 0.0.255.0", "10.1.200.9", "10.1.200.10"),
        ("10.1.0.9 0.0.0.0", "10.1.0.9", "10.1.0.10"),
        ("10.1.0.0/255.255.254.0", "10.1.1.255", "10.1.2.0"),
        ("10.1.0.7", "10.1.0.7", "10.1.0.8"),
    ],
)
def test_masks_and_wildcards_are_read_both_ways(written, matching, missing):
    text = face_with("  ip filter a 1 in", f"ip access-list a permit ip src {written} dest any")
    ruleset = ruleset_at(nec_ix.read(text), "GigaEthernet0.0/in")
    assert judged(ruleset, packet(matching, "10.9.9.9", "tcp/80"))[0] == "permit"
    assert judged(ruleset, packet(missing, "10.9.9.9", "tcp/80"))[0] == "deny"


def test_emit_writes_no_line_longer_names_than_the_device_takes():
    for text in TEXTS:
        for line in nec_ix_writer.emit(nec_ix.read(text)).split("\n"):
            if " access-list " in line:
                words = line.split()
                assert len(words[3] if words[2] == "dynamic" else words[2]) <= 15


def test_the_hand_made_cases_carry_no_registry_addresses():
    for file in FILES:
        assert "http" not in case(file.with_suffix(".yaml"))["origin"]
