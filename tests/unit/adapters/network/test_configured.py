"""A device that names its configuration has what the configuration says, tied to the file's segments."""

import pytest

from sekisho.adapters.network.read import NetworkReading, read_network_model
from sekisho.domain.network.addresses import ANY_V4, address_number, parse_addresses, prefix_span
from sekisho.domain.network.model import Action, AtInterface, Direction, ExternalLine, Route
from sekisho.domain.network.services import parse_services

RTX = """\
# RTX1210 Rev.14.01.38
ip route default gateway pp 1
ip route 10.20.0.0/16 gateway 10.10.0.254
ip lan1 address 10.10.0.1/24
ip lan2 address 10.30.0.1/24
ip lan2 secure filter in 1010 1999
pp select 1
 pp always-on on
 pppoe use lan3
 ip pp secure filter in 1020 1999
 pp enable 1
ip filter 1010 pass 10.30.0.0/24 10.10.0.10 tcp * 1433
ip filter 1020 pass 203.0.113.0/29 10.10.0.10 tcp * 3389
ip filter 1999 reject * *
"""
FAR = """\
hostname FAR
interface GigabitEthernet0/0
 ip address 192.168.77.2 255.255.255.252
interface GigabitEthernet0/1
 ip address 10.20.0.1 255.255.255.0
ip route 0.0.0.0 0.0.0.0 192.168.77.1
end
"""
NEAR = (
    FAR.replace("FAR", "NEAR").replace("77.2 ", "77.1 ").replace("10.20.0.1", "10.40.0.1").replace("77.1\n", "77.2\n")
)
FILE = """
segments: [{id: ehr, cidr: 10.10.0.0/24}, {id: lab, cidr: 10.30.0.0/25}, {id: far, cidr: 10.20.0.0/24}]
nodes: [{id: db, addresses: [10.10.0.10], listens: [tcp/1433]}]
lines: [{id: vendor, terminates: {device: rt1, interface: pp1}, source: 203.0.113.0/29}]
devices:
  - {id: rt1, config: configs/rt1.txt, INTERFACES}
"""


def read(raw: str = FILE.replace(", INTERFACES", ""), **configurations: bytes | str) -> NetworkReading:
    given = {
        f"configs/{name}.txt": text.encode() if isinstance(text, str) else text for name, text in configurations.items()
    }
    return read_network_model(raw.encode(), configurations=given)


def test_interfaces_are_tied_to_the_segments_they_are_in() -> None:
    reading = read(rt1=RTX)
    assert reading.problems == ()
    (device,) = reading.network.devices
    tied = {interface.id: (interface.segment, interface.network) for interface in device.interfaces}
    assert tied["lan1"] == ("ehr", prefix_span("10.10.0.0/24"))
    assert tied["lan2"] == ("lab", prefix_span("10.30.0.0/24"))  # wider than the segment, and the only one in it
    assert tied["pp1"][0] is None
    assert Route(prefix_span("10.20.0.0/16"), address_number("10.10.0.254")) in device.routes
    assert any(route.prefix == ANY_V4.spans[0] and route.interface == "pp1" for route in device.routes)
    assert (device.source, device.filters_known, device.routes_known) == ("configs/rt1.txt", True, True)


def test_rule_sets_belong_to_the_device_and_tell_their_source() -> None:
    rulesets = {rules.at: rules for rules in read(rt1=RTX).network.rulesets}
    line_side = rulesets[AtInterface("pp1", Direction.IN)]
    assert (line_side.device, line_side.source, line_side.stateful) == ("rt1", "parsed:configs/rt1.txt", False)
    assert [(rule.seq, rule.action) for rule in line_side.rules] == [(1020, Action.PERMIT), (1999, Action.DENY)]
    assert line_side.rules[0].origin is not None
    assert line_side.rules[0].origin.line == 13


def test_a_line_may_end_at_an_interface_of_the_configuration() -> None:
    (line,) = read(rt1=RTX).network.lines
    assert (line.device, line.interface) == ("rt1", "pp1")


def test_what_the_file_writes_of_an_interface_goes_first() -> None:
    raw = FILE.replace("INTERFACES", "interfaces: [{id: pp1, segment: lab, name: 外}]")
    (device,) = read(raw, rt1=RTX).network.devices
    outer = device.interface("pp1")
    assert outer is not None
    assert (outer.segment, outer.name) == ("lab", "外")


@pytest.mark.parametrize(
    "content", [None, b"", b"\x7fELF\x00\x01\x02" * 50, b"nothing that any device would say\n" * 3]
)
def test_a_configuration_that_cannot_be_had_leaves_the_device_unknown(content: bytes | None) -> None:
    reading = read(**({} if content is None else {"rt1": content}))
    (device,) = reading.network.devices
    assert (device.filters_known, device.routes_known) == (False, False)
    # One problem for the configuration; the line that ends there is not blamed for it.
    assert [(problem.line, problem.rule) for problem in reading.problems] == [
        (6, "network.config-missing" if content is None else "network.config-unreadable")
    ]
    assert reading.network.lines == (ExternalLine("vendor", parse_addresses("203.0.113.0/29")),)
    assert "configs/rt1.txt" in reading.problems[0].message.ja


def test_a_link_between_two_configured_devices_becomes_a_segment() -> None:
    raw = """
segments: [{id: far, cidr: 10.20.0.0/24}, {id: near, cidr: 10.40.0.0/24}]
devices: [{id: f, config: configs/far.txt}, {id: n, config: ./configs/near.txt}]
"""
    reading = read(raw, far=FAR, near=NEAR)
    assert reading.problems == ()
    link = reading.network.segments[-1]
    assert (link.id, link.addresses) == ("192.168.77.0/30", parse_addresses("192.168.77.0/30"))
    assert all(device.interfaces[0].segment == link.id for device in reading.network.devices)


def test_lines_that_were_not_understood_are_kept_with_their_device() -> None:
    reading = read(rt1=RTX + "ip route 10.50.0.0/16 gateway somewhere unheard of\n")
    (unread,) = [line for line in reading.network.unread if line.line == 16 - 1]
    assert (unread.device, unread.source) == ("rt1", "configs/rt1.txt")
    assert reading.network.devices[0].routes_known is False


def test_no_secret_of_a_configuration_gets_into_the_network() -> None:
    secret = "pp select 2\n pp auth myname user1 Tops3cret9\nlogin password Tops3cret9\nipsec ike pre-shared-key 1 text Tops3cret9\n"
    assert "Tops3cret9" not in repr(read(rt1=RTX + secret))


def test_services_of_the_configuration_are_those_of_the_file() -> None:
    lab_side = next(rules for rules in read(rt1=RTX).network.rulesets if rules.at == AtInterface("lan2", Direction.IN))
    assert lab_side.rules[0].service == parse_services("tcp/1433")
