"""Ordinary addresses are told by plain comparisons; what they say is held here against the library, address by address."""

import ipaddress

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sekisho.domain.workbook import messages
from sekisho.domain.workbook.address_checks import global_address_fault, interface_address_fault
from sekisho.domain.workbook.address_readings import read_global_address, read_interface_address

ADDRESSES = st.one_of(
    st.ip_addresses(v=4),
    st.ip_addresses(v=4, network="192.168.0.0/16"),
    st.ip_addresses(v=4, network="10.0.0.0/8"),
    st.sampled_from(
        ["192.168.0.255", "192.168.1.0", "10.0.0.0", "10.255.255.255", "10.1.2.127", "255.255.255.255"]
    ).map(ipaddress.IPv4Address),
).map(str)
LENGTHS = st.integers(0, 32)


@given(ADDRESSES, LENGTHS)
@example("0.0.0.0", 0)
@example("192.168.1.1", 31)
@example("192.168.1.0", 24)
def test_an_address_with_a_prefix_is_read_as_the_library_reads_it(address: str, length: int) -> None:
    text = f"{address}/{length}"
    interface = ipaddress.ip_interface(text)
    names_a_network = length < 31 and interface.ip == interface.network.network_address and int(interface.ip) != 0
    reading = read_interface_address(text)
    assert reading.answer == (None if names_a_network else str(interface))
    assert [note.rule for note in reading.notes] == (["network-address"] if names_a_network else [])


@given(ADDRESSES)
def test_a_bare_address_is_read_as_it_stands(address: str) -> None:
    for read in (read_global_address, read_interface_address):
        reading = read(address)
        assert (reading.answer, reading.notes) == (address, ())


@pytest.mark.parametrize(
    "text", ["192.168.01.1", "192.168.1.256", "192.168.1", "192.168.1.1.1", "192.168.1.+1", "１.2.3"]
)
def test_what_is_no_address_is_not_taken_for_an_ordinary_one(text: str) -> None:
    assert read_interface_address(text).answer is None


def test_an_ordinary_address_in_other_digits_is_folded_first() -> None:
    assert read_interface_address("１９２.１６８.１.１／２４").answer == "192.168.1.1/24"
    assert read_interface_address("٣.1.1.1").answer in (None, "3.1.1.1")


@given(st.ip_addresses(v=4))
@example(ipaddress.IPv4Address("0.0.0.0"))
@example(ipaddress.IPv4Address("223.255.255.255"))
@example(ipaddress.IPv4Address("224.0.0.1"))
def test_a_public_address_is_sound_only_where_the_library_calls_it_global(address: ipaddress.IPv4Address) -> None:
    fault = global_address_fault(str(address))
    if fault is None:
        assert address.is_global
    elif fault is not messages.RESERVED:
        assert not address.is_global or address.is_multicast


@given(ADDRESSES, LENGTHS)
@example("192.168.1.255", 24)
@example("192.168.0.255", 16)
@example("10.0.0.255", 8)
@example("192.168.1.127", 25)
@example("192.168.1.3", 30)
def test_a_broadcast_address_inside_is_told_whatever_its_prefix(address: str, length: int) -> None:
    interface = ipaddress.ip_interface(f"{address}/{length}")
    is_private = interface.ip in ipaddress.ip_network("10.0.0.0/8") or interface.ip in ipaddress.ip_network(
        "192.168.0.0/16"
    )
    if not is_private:
        return
    is_broadcast = length < 31 and interface.ip == interface.network.broadcast_address
    fault = interface_address_fault(str(interface), of_pc=True)
    assert fault is (messages.BROADCAST if is_broadcast else None)
