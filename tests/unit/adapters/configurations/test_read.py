"""One file in, one configuration out: the vendor is found, secrets are gone, a second device is told, nothing is guessed."""

import gc
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sekisho.adapters.configurations.decoding import ConfigurationUnreadable
from sekisho.adapters.configurations.read import VENDORS, read_configuration, reader, recognised
from sekisho.domain.network.configuration import Bearing
from tests.samples.configurations.secrets import SECRET_LINES

SAMPLES = Path("tests/samples/configurations")
AOBA = Path("src/sekisho/catalogue/samples/aoba/configs")
KNOWN = {
    "core.txt": "cisco-ios",
    "fw-pacs.conf": "fortios",
    "rt-catering.txt": "yamaha",
    "rt-dc.txt": "cisco-ios",
    "rt-ehr.txt": "si-r",
    "rt-reading.txt": "nec-ix",
}
TEXTS = sorted(
    file
    for vendor in VENDORS
    for file in (SAMPLES / vendor.replace("-", "_")).glob("*")
    if file.is_file() and "no-table" not in file.name and file.suffix not in (".yaml", ".yml", ".md", ".py", ".nft")
)


@pytest.mark.parametrize("raw", [b"ip filter 1 pass * *\nip lan1 address 10.0.0.1/24\n", b"nothing that a router says"])
def test_the_search_for_cycles_goes_on_after_reading(raw):
    assert gc.isenabled()
    with suppress(ConfigurationUnreadable):
        read_configuration(raw)
    assert gc.isenabled()
    gc.disable()
    try:
        read_configuration(raw, vendor="yamaha")
        assert not gc.isenabled()
    finally:
        gc.enable()


@pytest.mark.parametrize(("name", "vendor"), KNOWN.items())
def test_the_vendor_of_each_configuration_of_the_sample_hospital_is_found(name, vendor):
    configuration = read_configuration((AOBA / name).read_bytes(), name=name)
    assert configuration.vendor == vendor
    assert "FAKE-SECRET" not in repr(configuration)
    assert configuration.redacted >= 3
    assert {one.source for one in configuration.rulesets} <= {f"parsed:{name}"}


@pytest.mark.parametrize("file", TEXTS, ids=lambda file: f"{file.parent.name}/{file.name}")
def test_the_vendor_of_every_configuration_of_our_tests_is_found(file):
    raw = file.read_bytes()
    assert read_configuration(raw).vendor == file.parent.name.replace("_", "-")


def test_there_is_a_reader_for_every_vendor():
    for vendor in VENDORS:
        assert 0 <= reader(vendor).likeness("") < 0.2
        assert reader(vendor).read("").rulesets == ()


def test_a_named_vendor_is_taken_at_its_word():
    raw = b"ip filter 1 pass * *\n"
    assert read_configuration(raw, vendor="cisco-ios").vendor == "cisco-ios"
    assert read_configuration(raw, vendor="auto").vendor == "yamaha"
    assert read_configuration(raw, vendor="").vendor == "yamaha"


@pytest.mark.parametrize(
    ("raw", "vendor", "said"),
    [
        (b"Dear Sir,\nplease find our lunch menu.\n", None, "どの機器の設定か分かりません"),
        ("本日は晴天なり\n".encode("cp932"), None, "表（CSV・Excel）"),
        (b"ip filter 1 pass * *\n", "juniper", "juniper"),
        (b"table inet filter {\n  chain forward {\n  }\n}\n", None, "nft -j list ruleset"),
        (b"", None, "空"),
        (b"\x89PNG\r\n\x1a\n", None, "画像"),
        (b"PK\x03\x04 not a workbook", None, ""),
        (b"PK\x03\x04 not a workbook", "yamaha", "圧縮"),
    ],
)
def test_what_cannot_be_read_is_refused_with_what_to_do(raw, vendor, said):
    with pytest.raises(ConfigurationUnreadable) as refused:
        read_configuration(raw, vendor=vendor)
    assert said in refused.value.text.ja
    assert refused.value.text.en


def test_a_refusal_never_quotes_more_than_the_vendor_that_was_asked_for():
    with pytest.raises(ConfigurationUnreadable) as refused:
        read_configuration(b"password hunter2\n" * 3)
    assert "hunter2" not in refused.value.text.ja + refused.value.text.en


def test_the_lines_of_a_certificate_lower_no_coverage_and_a_line_beside_them_does():
    text = (
        "version 15.2\nhostname sw\ncrypto pki certificate chain TP\n certificate self-signed 01\n"
        "  30820330 30820218 A0030201 02020101 300D0609 2A864886 F70D0101 05050030\n  0A1B2C\n  \tquit\n"
        "interface Vlan1\n ip address 10.0.0.1 255.255.255.0\n"
    )
    configuration = read_configuration(text.encode())
    assert (configuration.vendor, configuration.coverage, configuration.redacted) == ("cisco-ios", 1.0, 2)
    doubted = read_configuration((text + " gizmo the rest\n").encode())
    assert [one.line for one in doubted.unparsed] == [10]


# ---- two devices in one file ----


@pytest.mark.parametrize("below", ["rt-dc.txt", "fw-pacs.conf"])
def test_a_second_device_below_the_first_is_told_and_not_read(below):
    first, second = (AOBA / "rt-catering.txt").read_bytes(), (AOBA / below).read_bytes()
    alone, both = read_configuration(first), read_configuration(first + b"\n" + second)
    assert both.vendor == "yamaha"
    assert both.rulesets == alone.rulesets
    assert both.interfaces == alone.interfaces
    assert both.coverage < 1
    (notice,) = [one for one in both.notices if one.rule == "second-device"]
    assert notice.line > first.count(b"\n")
    assert [one.bearing for one in both.unparsed].count(Bearing.FILTER) == 1
    assert "FAKE-SECRET" not in repr(both)


def test_two_routers_of_one_vendor_in_one_file_are_not_read_as_one():
    text = (AOBA / "rt-catering.txt").read_text(encoding="utf-8")
    both = read_configuration(f"{text}\n{text.replace('10.10.20', '10.10.77')}".encode())
    assert "10.10.77" not in repr(both.rulesets)
    assert [one.rule for one in both.notices] == ["second-device"]


def test_a_second_host_name_begins_a_second_device():
    one = "hostname rt-a\ninterface GigabitEthernet0/0\n ip address 10.0.0.1 255.255.255.0\n!\n"
    two = "! rt-b\nhostname rt-b\ninterface GigabitEthernet0/0\n ip address 10.9.0.1 255.255.255.0\n"
    both = read_configuration((one + two).encode(), vendor="cisco-ios")
    assert both.hostname == "rt-a"
    assert [notice.line for notice in both.notices if notice.rule == "second-device"] == [4]


def test_the_head_of_the_same_device_twice_before_its_commands_is_one_device():
    text = "# RTX1210 Rev.14.01.40\n# RTX1210 BootROM Rev.1.04\nip lan1 address 10.0.0.1/24\n"
    assert read_configuration(text.encode()).notices == ()


@pytest.mark.parametrize(("name", "vendor"), KNOWN.items())
def test_one_device_is_never_taken_for_two(name, vendor):
    assert vendor
    notices = read_configuration((AOBA / name).read_bytes()).notices
    assert "second-device" not in [one.rule for one in notices]


# ---- hostile ----


@pytest.mark.parametrize("vendor", [vendor for vendor in VENDORS if vendor != "table"])
def test_no_secret_of_any_vendor_comes_through_any_reader(vendor):
    lines = [line.replace("{s}", "Zq7PlantedSecret") for lines in SECRET_LINES.values() for line in lines]
    configuration = read_configuration("\n".join(lines).encode(), vendor=vendor)
    assert "PlantedSecret" not in repr(configuration)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(TEXTS), st.integers(0, 4000), st.binary(max_size=60), st.sampled_from(list(VENDORS)))
def test_any_reader_takes_any_broken_file(file, cut, noise, vendor):
    raw = file.read_bytes()[:cut] + noise
    try:
        configuration = read_configuration(raw, vendor=vendor)
    except ConfigurationUnreadable:
        return
    assert 0 <= configuration.coverage <= 1
    assert replace(configuration) == configuration


def test_fifty_megabytes_of_filters_are_read_or_refused_and_never_hang():
    line = b"ip filter 1 pass * *\n"
    text = b"# RTX1210 Rev.14.01.40\n" + line * (3 * 1024 * 1024 // len(line))
    assert read_configuration(text).coverage == 1.0
    with pytest.raises(ConfigurationUnreadable):
        read_configuration(line * (51 * 1024 * 1024 // len(line)))


def test_recognising_looks_at_the_text_alone():
    assert recognised('config firewall policy\n    edit 1\n        set srcintf "lan"\n    next\nend\n') == "fortios"
