"""Address cells: an address decides what is scanned, so nothing is guessed."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sekisho.domain.workbook.address_readings import (
    read_fqdn,
    read_global_address,
    read_host_name,
    read_interface_address,
)
from sekisho.domain.workbook.readings import Reading
from sekisho.domain.workbook.schema import Severity


def refusal(reading: Reading) -> str:
    assert reading.answer is None
    (note,) = reading.notes
    assert note.severity is Severity.ERROR
    return note.rule


def doubt(reading: Reading) -> str:
    assert reading.answer is not None
    (note,) = reading.notes
    assert note.severity is Severity.WARNING
    return note.rule


@pytest.mark.parametrize(
    "raw",
    [
        "121.119.249.222",
        "１２１．１１９．２４９．２２２",
        "121。119。249。222",
        "121、119、249、222",
        "121,119,249,222",
        " 121.119.249.222\n",
        "\ufeff121.119.249.222\u200b",
        "121・119・249・222",
        "121.119.249.222/32",
    ],
)
def test_global_address_is_read_however_it_is_written(raw):
    assert read_global_address(raw) == Reading("121.119.249.222")


@pytest.mark.parametrize(
    ("raw", "address"),
    [
        ("2001:0DB8:0000::0001", "2001:db8::1"),
        ("２００１：ｄｂ８：：１", "2001:db8::1"),
        ("2001:db8::1/128", "2001:db8::1"),
    ],
)
def test_global_address_of_version_6_gets_its_one_text(raw, address):
    assert read_global_address(raw) == Reading(address)


@pytest.mark.parametrize(
    ("raw", "rule"),
    [
        ("010.1.2.3", "address-leading-zero"),
        ("121.119.249.022", "address-leading-zero"),
        ("121.119.249.256", "address-out-of-range"),
        ("121.119.249", "not-an-address"),
        ("121.119.249.222.1", "not-an-address"),
        ("１２１", "not-an-address"),
        ("固定", "not-an-address"),
        ("121.119.249.222/33", "address-prefix"),
        ("121.119.249.0/24", "network-address"),
        ("121.119.249.222~230", "address-range"),
        ("121.119.249.222-230", "address-range"),
        ("121.119.249.222～121.119.249.230", "address-range"),
        ("121.119.249.222, 121.119.249.223", "several-addresses"),
        ("121.119.249.222、121.119.249.223", "several-addresses"),
        ("121.119.249.222\n121.119.249.223", "several-addresses"),
        ("121.119.249.222 / 121.119.249.223", "several-addresses"),
        ("00:1A:2B:3C:4D:5E", "mac-address"),
        ("00-1A-2B-3C-4D-5E", "mac-address"),
        ("001a.2b3c.4d5e", "mac-address"),
        ("::ffff:121.119.249.222", "address-mapped"),
        ("10.10.10.10 1/24", "not-an-address"),
        ("WAN側 121.119.249.222", "not-an-address"),
        ("121.119.249.222ではない", "not-an-address"),
        ("0x79.0x77.0xf9.0xde", "not-an-address"),
        ("2036006366", "not-an-address"),
    ],
)
def test_global_address_with_no_single_meaning_is_refused(raw, rule):
    assert refusal(read_global_address(raw)) == rule


@pytest.mark.parametrize(
    ("raw", "rule"),
    [
        ("121.119.249.222/29", "address-prefix-dropped"),
        ("121.119.249.222（固定）", "address-note-dropped"),
        ("121.119.249.222:443", "address-trimmed"),
        ("https://121.119.249.222/", "address-trimmed"),
        ("http://121.119.249.222:8080/", "address-trimmed"),
    ],
)
def test_global_address_with_trimmings_is_read_and_doubted(raw, rule):
    reading = read_global_address(raw)
    assert reading.answer == "121.119.249.222"
    assert doubt(reading) == rule


def test_global_address_in_brackets_with_port_is_doubted():
    reading = read_global_address("[2001:db8::1]:443")
    assert reading.answer == "2001:db8::1"
    assert doubt(reading) == "address-trimmed"


def test_private_and_placeholder_addresses_are_left_to_the_checks():
    assert read_global_address("10.0.0.1") == Reading("10.0.0.1")
    assert read_global_address("0.0.0.0") == Reading("0.0.0.0")


@pytest.mark.parametrize(
    ("raw", "address"),
    [
        ("192.168.1.131/24", "192.168.1.131/24"),
        ("192.168.1.131／２４", "192.168.1.131/24"),
        ("192.168.1.131 / 24", "192.168.1.131/24"),
        ("192.168.1.131 255.255.255.0", "192.168.1.131/24"),
        ("192.168.1.131/255.255.255.0", "192.168.1.131/24"),
        ("192.168.1.131", "192.168.1.131"),
        ("10.0.0.0/31", "10.0.0.0/31"),
        ("fd00::1/64", "fd00::1/64"),
    ],
)
def test_interface_address_keeps_its_prefix(raw, address):
    assert read_interface_address(raw) == Reading(address)


@pytest.mark.parametrize(
    ("raw", "rule"),
    [
        ("192.168.1.0/24", "network-address"),
        ("192.168.1.131/99", "address-prefix"),
        ("192.168.1.131/255.0.255.0", "not-an-address"),
        ("192.168.001.131/24", "address-leading-zero"),
        ("192.168.1.131/24, 192.168.2.131/24", "several-addresses"),
    ],
)
def test_interface_address_with_no_single_meaning_is_refused(raw, rule):
    assert refusal(read_interface_address(raw)) == rule


def test_interface_address_drops_its_zone_with_a_warning():
    reading = read_interface_address("fe80::1%eth0/64")
    assert reading.answer == "fe80::1/64"
    assert doubt(reading) == "address-trimmed"


@given(st.ip_addresses())
def test_every_address_reads_as_itself(address):
    mapped = address.version == 6 and address.ipv4_mapped
    reading = read_global_address(str(address))
    assert refusal(reading) == "address-mapped" if mapped else reading == Reading(str(address))


@given(st.ip_addresses(v=4), st.integers(0, 32))
def test_an_interface_reads_as_itself_or_is_a_network(address, length):
    interface = ipaddress.ip_interface(f"{address}/{length}")
    reading = read_interface_address(str(interface))
    if reading.answer is None:
        assert interface.ip == interface.network.network_address
    else:
        assert reading == Reading(str(interface))


@given(st.text(alphabet="0123456789abcdef.:/%[]-~,。、 　１２()x", max_size=40))
def test_no_text_is_read_as_an_address_it_does_not_spell(text):
    for read in (read_global_address, read_interface_address):
        reading = read(text)
        if reading.answer is not None:
            ipaddress.ip_interface(reading.answer)


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        ("PC0001", "PC0001"),
        ("ＰＣ０００１", "PC0001"),
        ("\\\\PC0001", "PC0001"),
        ("vdi-01.hospital.local", "vdi-01.hospital.local"),
    ],
)
def test_host_name_is_read(raw, name):
    assert read_host_name(raw) == Reading(name)


def test_host_name_that_is_an_address_is_refused():
    assert refusal(read_host_name("192.168.1.131")) == "host-name-is-address"


@pytest.mark.parametrize("raw", ["受付PC", "PC 0001", "-pc", "a/b"])
def test_host_name_of_strange_characters_is_doubted(raw):
    assert doubt(read_host_name(raw)) == "host-name-characters"


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        ("vpn.example.jp", "vpn.example.jp"),
        ("VPN.Example.JP.", "vpn.example.jp"),
        ("ｖｐｎ。example。jp", "vpn.example.jp"),
        ("—", None),
        ("なし", None),
        ("病院.example.jp", "病院.example.jp"),
    ],
)
def test_fqdn_is_read_in_lower_case(raw, name):
    assert read_fqdn(raw) == Reading(name)


def test_fqdn_of_a_pasted_url_is_doubted():
    reading = read_fqdn("https://vpn.example.jp:8443/login?x=1")
    assert reading.answer == "vpn.example.jp"
    assert doubt(reading) == "fqdn-trimmed"


@pytest.mark.parametrize(
    ("raw", "rule"),
    [
        ("121.119.249.222", "fqdn-is-address"),
        ("localhost", "not-an-fqdn"),
        ("a..b", "not-an-fqdn"),
        ("-a.example.jp", "not-an-fqdn"),
        ("a" * 64 + ".jp", "not-an-fqdn"),
    ],
)
def test_fqdn_that_is_none_is_refused(raw, rule):
    assert refusal(read_fqdn(raw)) == rule


@pytest.mark.parametrize("reader", [read_global_address, read_interface_address, read_fqdn, read_host_name])
def test_a_message_never_carries_a_long_text(reader):
    for note in reader("z" * 20_000 + "!").notes:
        assert len(note.message.ja) < 400
