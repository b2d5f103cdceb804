"""What only the reader and the writer of Fujitsu Si-R configurations have to hold; the rest is in test_nec_ix_and_si_r."""

from pathlib import Path

import pytest

from sekisho.adapters.configurations.si_r import reader as si_r
from sekisho.domain.network.configuration import Bearing
from tests.samples.configurations.verdicts import case, judged, packet, ruleset_at

ROOT = Path(__file__).parents[4]
SAMPLES = ROOT / "tests/samples/configurations/si_r"
FILES = sorted(SAMPLES.glob("*.txt"))


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
