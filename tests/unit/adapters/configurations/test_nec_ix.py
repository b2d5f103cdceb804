"""What only the reader and the writer of NEC UNIVERGE IX configurations have to hold; the rest is in test_nec_ix_and_si_r."""

from pathlib import Path

import pytest

from sekisho.adapters.configurations.nec_ix import reader as nec_ix
from sekisho.adapters.configurations.nec_ix import writer as nec_ix_writer
from sekisho.domain.network.configuration import Bearing
from sekisho.domain.network.model import Action
from tests.samples.configurations.verdicts import case, judged, packet, ruleset_at

ROOT = Path(__file__).parents[4]
SAMPLES = ROOT / "tests/samples/configurations/nec_ix"
FILES = sorted(SAMPLES.glob("*.txt"))
TEXTS = [file.read_text(encoding="utf-8") for file in FILES]


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
