"""Words for devices: what hospitals write on 別紙2-1 and what devices print, in any width and language."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sekisho.catalogue.device_families import (
    equivalents,
    load_families,
    names_exploited,
    product_of_cpe,
    recognise_device,
)
from sekisho.catalogue.maker_lifecycles import load_maker_lifecycles
from sekisho.domain.vulnerabilities.version_orders import ORDERS
from sekisho.domain.vulnerabilities.versions import read_version

DEVICES = [
    # maker, model, system, version as written -> first name, order
    ("ヤマハ", "RTX1210", "", "Rev.14.01.40", "o:yamaha:rtx1210_firmware", "yamaha"),
    ("ＹＡＭＡＨＡ", "ＲＴＸ８３０", "", "Ｒｅｖ．１５．０２．３１", "o:yamaha:rtx830_firmware", "yamaha"),
    ("ﾔﾏﾊ", "NVR510", "", "15.01.26", "o:yamaha:nvr510_firmware", "yamaha"),
    ("ヤマハ株式会社", "RTX1220 ルーター", "", "Rev.15.04.07", "o:yamaha:rtx1220_firmware", "yamaha"),
    ("", "RTX1300", "", "Rev.23.00.08", "o:yamaha:rtx1300_firmware", "yamaha"),
    ("NEC", "UNIVERGE IX2215", "", "10.7.18", "o:nec:univerge_ix2215_firmware", "nec_ix"),
    ("日本電気", "IX2106", "", "Ver.10.8.43", "o:nec:univerge_ix2106_firmware", "nec_ix"),
    ("nec_ix", "IX2207", "", "8.9.17B", "o:nec:univerge_ix2207_firmware", "nec_ix"),
    ("富士通", "Si-R G110B", "", "V20.11", "o:fujitsu:si-r_g110b_firmware", "si_r"),
    ("si_r", "Si-R220C", "", "V35.03 NY0028", "o:fujitsu:si-r220c_firmware", "si_r"),
    ("富士通株式会社", "Ｓｉ－Ｒ２２０Ｃ", "", "V35.03 NY0028", "o:fujitsu:si-r220c_firmware", "si_r"),
    ("古河電工", "FITELnet F220 EX", "", "V01.12(00)", "o:furukawa:fitelnet_f220_ex_firmware", "fitelnet"),
    ("NEC", "Aterm WG2600HS", "", "1.7.0", "o:nec:aterm_wg2600hs_firmware", "generic"),
    ("フォーティネット", "FortiGate-60F", "", "v7.2.5,build1517", "o:fortinet:fortios", "fortios"),
    ("Fortinet", "FG-100F", "", "7.0.15", "o:fortinet:fortios", "fortios"),
    ("フォーティネット", "60F", "", "7.2.5", "o:fortinet:fortios", "fortios"),
    ("", "FortiGate 40F", "", "7.4.3", "o:fortinet:fortios", "fortios"),
    ("fortios", "FortiGate-60F", "FortiOS", "v7.2.5", "o:fortinet:fortios", "fortios"),
    ("Palo Alto Networks", "PA-220", "PAN-OS", "10.2.18-h9", "o:paloaltonetworks:pan-os", "pan_os"),
    ("パロアルト", "", "", "10.2.18", "o:paloaltonetworks:pan-os", "pan_os"),
    ("panos", "PA-440", "", "11.1.2-h3", "o:paloaltonetworks:pan-os", "pan_os"),
    ("シスコ", "C921-4P", "", "15.8(3)M2", "o:cisco:ios", "ios"),
    ("Cisco", "1941", "IOS", "15.7(3)M8", "o:cisco:ios", "ios"),
    ("Cisco Systems", "ISR4331", "IOS-XE", "16.09.03", "o:cisco:ios_xe", "ios_xe"),
    ("cisco_ios", "C1111-8P", "Cisco IOS Software", "16.9.3", "o:cisco:ios_xe", "ios_xe"),
    ("Cisco", "Catalyst 2960", "IOS", "15.2(7)E3", "o:cisco:ios", "ios"),
    ("Cisco", "ASA5506-X", "", "9.16(4)19", "o:cisco:adaptive_security_appliance_software", "asa"),
    ("アライドテレシス", "AT-AR3050S", "", "5.5.3-0.1", "o:alliedtelesis:at-ar3050s_firmware", "alliedware_plus"),
    ("alliedware_plus", "x510-28GTX", "AlliedWare Plus", "5.5.3-0.1", "o:alliedtelesis:x510-28gtx_firmware", "alliedware_plus"),
    ("cisco_asa", "", "", "9.16(4)19", "o:cisco:adaptive_security_appliance_software", "asa"),
    ("cisco_ios", "", "", "15.8(3)M2", "o:cisco:ios", "ios"),
    ("junos", "srx300", "", "21.4R3-S5.4", "o:juniper:junos", "junos"),
    ("alliedware_plus", "", "", "5.5.3-0.1", "o:alliedtelesis:alliedware_plus", "alliedware_plus"),
    ("nec_ix", "", "", "10.7.18", "o:nec:univerge_ix_firmware", "nec_ix"),
    ("Juniper", "srx300", "Junos", "21.4R3-S5.4", "o:juniper:junos", "junos"),
    ("SonicWall", "TZ370", "SonicOS", "7.0.1-5035", "o:sonicwall:sonicos", "generic"),
    ("バッファロー", "WSR-2533DHP3", "", "1.20", "o:buffalo:wsr-2533dhp3_firmware", "generic"),
    ("ソニックウォール", "SMA 210", "", "10.2.1.14", "o:sonicwall:sma_210_firmware", "generic"),
    ("Pulse Secure", "Pulse Connect Secure", "", "9.1R18.9", "a:ivanti:connect_secure", "generic"),
    ("チェック・ポイント", "Quantum Spark 1530", "", "R81.10", "o:checkpoint:quantum_security_gateway_firmware", "generic"),
]  # fmt: skip


@pytest.mark.parametrize(("maker", "model", "system", "version", "name", "order"), DEVICES)
def test_words_of_a_device_mean_its_product_and_its_version_can_be_read(maker, model, system, version, name, order):
    product = recognise_device(maker, model, system, version)
    assert product is not None
    assert (product.keys[0], product.order) == (name, order)
    assert read_version(ORDERS[order], product.version) is not None


@pytest.mark.parametrize(
    ("maker", "model", "system"),
    [("", "", ""), ("謎の会社", "X-1", ""), ("不明", "不明", ""), ("NTT", "PR-600KI", ""), ("富士通", "", ""), ("Cisco", "", ""),
     ("Fortinet", "", ""), ("x" * 5_000, "y" * 5_000, ""), ("謎の会社", "RTX1210", "")],
)  # fmt: skip
def test_words_that_mean_no_product_are_unknown(maker, model, system):
    assert recognise_device(maker, model, system, "1.0") is None


def test_a_version_that_nobody_knows_is_no_version():
    assert recognise_device("ヤマハ", "RTX1210", "", "不明").version == ""


def test_the_hardware_is_known_with_the_model_only():
    assert [name.key for name in recognise_device("Fortinet", "FortiGate-60F").around] == ["h:fortinet:fortigate-60f"]
    assert recognise_device("Fortinet", "", "FortiOS").around == ()


@pytest.mark.parametrize(
    ("system", "version", "name", "whole", "edition"),
    [
        ("Windows 10 Pro 22H2", "", "windows_10_22h2", "10.0.19045", "w"),
        ("Microsoft Windows 10 Pro", "10.0.19045.4529", "windows_10_22h2", "10.0.19045.4529", "w"),
        ("Windows 10 Enterprise LTSC", "17763", "windows_10_1809", "10.0.17763", "e-lts"),
        ("Windows 10 IoT Enterprise LTSC", "10.0.19044", "windows_10_21h2", "10.0.19044", "iot-lts"),
        ("Windows 11 Enterprise", "10.0.22631", "windows_11_23h2", "10.0.22631", "e"),
        ("Windows Server 2019 Standard", "10.0.17763.5329", "windows_server_2019", "10.0.17763.5329", "lts"),
        ("Windows Server 2012 R2", "", "windows_server_2012", "6.3.9600", "lts"),
        ("Ｗｉｎｄｏｗｓ　７ Professional", "", "windows_7", "6.1.7601", "w"),
        ("Windows XP", "", "windows_xp", "5.1.2600", ""),
        ("Windows 10", "", "windows", "", ""),
    ],
)
def test_windows_is_known_by_build_kind_and_edition(system, version, name, whole, edition):
    product = recognise_device("", "", system, version)
    assert (product.names[0].product, product.version, product.edition) == (name, whole, edition)


def test_builds_shared_by_client_and_server_are_told_apart_by_the_name():
    client = recognise_device("", "", "Windows 10 Pro", "10.0.17763")
    server = recognise_device("", "", "Windows Server 2019", "10.0.17763")
    assert client.names[0].product == "windows_10_1809"
    assert server.names[0].product == "windows_server_2019"


@pytest.mark.parametrize(
    ("cpe", "version", "keys", "order", "said"),
    [
        ("cpe:/a:igor_sysoev:nginx:1.18.0", "", {"a:f5:nginx", "a:igor_sysoev:nginx"}, "generic", "1.18.0"),
        ("cpe:/a:openbsd:openssh:9.2p1", "9.2p1 Debian 2+deb12u3", {"a:openbsd:openssh"}, "openssh", "9.2p1 Debian 2+deb12u3"),
        ("cpe:2.3:a:openbsd:openssh:9.2:p1:*:*:*:*:*:*", "", {"a:openbsd:openssh"}, "openssh", "9.2p1"),
        ("cpe:/o:fortinet:fortios", "", {"o:fortinet:fortios"}, "fortios", ""),
        (r"cpe:2.3:o:cisco:ios:15.8\(3\)m2:*:*:*:*:*:*:*", "", {"o:cisco:ios"}, "ios", "15.8(3)m2"),
        ("cpe:2.3:o:paloaltonetworks:pan-os:10.2.9:h1:*:*:*:*:*:*", "", {"o:paloaltonetworks:pan-os"}, "pan_os", "10.2.9-h1"),
    ],
)  # fmt: skip
def test_a_name_from_a_scanner_is_known_under_all_its_names(cpe, version, keys, order, said):
    product = product_of_cpe(cpe, version)
    assert keys <= set(product.keys)
    assert (product.order, product.version) == (order, said)


def test_no_name_is_no_product():
    assert product_of_cpe("nonsense") is None


def test_names_of_one_product_are_equivalent_both_ways():
    for group in load_families().aliases.values():
        assert all(equivalents(key) == group for key in group)
    assert equivalents("a:x:y") == ("a:x:y",)


@pytest.mark.parametrize(
    ("maker", "product", "names"),
    [
        ("Fortinet", "FortiOS and FortiProxy", {"o:fortinet:fortios", "a:fortinet:fortiproxy"}),
        ("Cisco", "IOS and IOS XE Software", {"o:cisco:ios", "o:cisco:ios_xe"}),
        ("Cisco", "IOS XE Web UI", {"o:cisco:ios_xe"}),
        ("Cisco", "IOS XR", set()),
        ("Cisco", "IOS software", {"o:cisco:ios"}),
        ("Apache", "Struts", set()),
    ],
)
def test_words_of_the_exploited_catalogue_mean_families(maker, product, names):
    assert set(names_exploited(maker, product)) == names


def test_no_maker_that_publishes_no_data_has_a_day_without_a_source():
    for lifecycle in load_maker_lifecycles():
        (cycle,) = lifecycle.cycles
        assert cycle.supported_until is None or lifecycle.as_of is not None


def test_every_makers_row_is_about_one_model_only():
    seen = [key for lifecycle in load_maker_lifecycles() for key in lifecycle.keys]
    assert all("si-r_firmware" not in key and "univerge_ix_firmware" not in key for key in seen)


@given(st.text(max_size=30), st.text(max_size=30), st.text(max_size=30), st.text(max_size=30))
def test_any_words_are_a_product_or_none(maker, model, system, version):
    product = recognise_device(maker, model, system, version)
    assert product is None or product.names
