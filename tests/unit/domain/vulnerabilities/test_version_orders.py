"""The makers' version orders: on published ranges, on spellings of one version, and by the laws every order keeps."""

from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from sekisho.domain.tri import Tri
from sekisho.domain.vulnerabilities.advisories import Claim
from sekisho.domain.vulnerabilities.claims import installed, version_meant
from sekisho.domain.vulnerabilities.products import Product, ProductName
from sekisho.domain.vulnerabilities.version_orders import ORDERS
from sekisho.domain.vulnerabilities.versions import Version, after, at_least, at_most, before, equal, read_version

RANGES = yaml.safe_load(Path(__file__).parents[3].joinpath("samples/feeds/published_ranges.yaml").read_bytes())


def claims_of(entry):
    for low, high in entry["ranges"]:
        if low.startswith("="):
            yield Claim(ProductName.of(entry["name"]), version=low[1:])
        else:
            yield Claim(
                ProductName.of(entry["name"]), low=low, high=high.removeprefix("="), high_included=high.startswith("=")
            )


def verdict_of(entry, version):
    own = installed(Product((ProductName.of(entry["name"]),), version, entry["order"]))
    verdict = Tri.NO
    for claim in claims_of(entry):
        verdict |= version_meant(claim, own)
    return Tri.UNKNOWN if verdict is Tri.YES and own.is_mended_in_place else verdict


CASES = [
    pytest.param(entry, version, wanted, id=f"{entry['order']}-{entry['cve']}-{version or 'none'}")
    for entry in RANGES
    for key, wanted in (("affected", Tri.YES), ("fixed", Tri.NO), ("open", Tri.UNKNOWN))
    for version in entry.get(key, ())
]


@pytest.mark.parametrize(("entry", "version", "wanted"), CASES)
def test_a_published_range_holds_what_its_maker_says(entry, version, wanted):
    assert verdict_of(entry, version) is wanted


def test_every_order_is_tried_on_a_range_but_ios_whose_advisories_list_versions():
    assert set(ORDERS) - {entry["order"] for entry in RANGES} == {"ios"}


def read(order, text):
    version = read_version(ORDERS[order], text)
    assert version is not None, text
    return version


@pytest.mark.parametrize(
    ("order", "spellings"),
    [
        ("ios_xe", ("16.09.03", "16.9.3", "16.09.3")),
        ("ios_xe", ("03.06.05E", "3.6.5e")),
        ("asa", ("9.16(4)19", "9.16.4.19")),
        ("asa", ("9.8(4)", "9.8.4", "9.8.4.0")),
        ("ios", ("15.8(3)M2", "15.8(3)m2", "15.8(3)M2, RELEASE SOFTWARE (fc1)")),
        (
            "fortios",
            ("v7.2.5,build1517,230606 (GA.F)", "7.2.5", "v7.2.5", "7.2.5 build1517", "FortiGate-60F v7.2.5,build1517"),
        ),
        ("yamaha", ("Rev.14.01.40", "14.01.40", "rev.14.1.40", "RTX1210 Rev.14.01.40 (Thu Jun 30 10:20:30 2022)")),
        ("si_r", ("V35.03 NY0028", "V35.03NY0028", "v35.3 ny28")),
        ("nec_ix", ("10.7.18", "10.7(18)", "Ver.10.7.18", "Version 10.7.18, RELEASE SOFTWARE")),
        ("alliedware_plus", ("5.5.3-0.1", "AR3050S-5.5.3-0.1.rel", "x510-5.5.3-0.1.rel")),
        ("junos", ("21.4R3-S5.4", "21.4r3-s5", "21.4R3-S5", "Junos: 21.4R3-S5.4")),
        ("openssl", ("1.1.1l", "OpenSSL 1.1.1l", "OpenSSL/1.1.1l")),
        ("openssh", ("9.2p1", "9.2", "OpenSSH_9.2p1", "9.2-p1")),
        ("windows", ("10.0.17763.5329", "17763.5329")),
        ("veeam", ("12.1.2.172", "v12.1.2.172", "12.1.2.172 (Community Edition)")),
        ("veeam", ("11.0.1.1261 P20220302", "11.0.1.1261-p20220302")),
        ("generic", ("1.0", "1.0.0", "v1.0", "1", "Ver.1.0")),
        ("generic", ("1.0rc1", "1.0-rc1", "1.0.0-rc.1", "1.0_RC1")),
    ],
)
def test_spellings_of_one_version_are_the_same(order, spellings):
    first, *others = (read(order, text) for text in spellings)
    assert [equal(first, other) for other in others] == [Tri.YES] * len(others)


@pytest.mark.parametrize(
    ("order", "rising"),
    [
        ("ios", ["12.4(6)T2", "12.4(6)T11", "12.4(15)T", "12.4(15)T1", "15.0(1)M", "15.0(1)M10", "15.1(2)T", "15.1(4)M6", "15.1(4)M6a", "15.8(3)M2", "15.9(3)M"]),
        ("ios", ["12.2(55)SE", "12.2(55)SE3", "12.2(55)SE11", "12.2(58)SE2", "15.0(2)SE"]),
        ("ios", ["15.2(7)E0a", "15.2(7)E1", "15.2(7)E1a", "15.2(7)E10"]),
        ("ios", ["12.3(3)", "12.3(3a)", "12.3(4)", "12.4(1)", "12.4(25)", "15.0(1)M"]),
        ("ios_xe", ["3.6.5E", "3.6.10E", "3.16.1E", "16.3.1", "16.9.3", "16.9.3a", "16.12.1", "17.3.1", "17.3.1a", "17.3.2"]),
        ("asa", ["9.8(4)", "9.8(4)3", "9.8(4)20", "9.12(1)", "9.16(4)19", "9.20(1)"]),
        ("pan_os", ["10.2.0-b3", "10.2.0", "10.2.0-h1", "10.2.1", "10.2.9", "10.2.9-h1", "10.2.9-h10", "10.2.10", "11.0.0"]),
        ("fortios", ["6.4.0-beta1", "6.4.0", "6.4.9", "6.4.10", "7.0.0", "7.2.5", "7.10.0"]),
        ("yamaha", ["Rev.14.01.9", "Rev.14.01.34", "Rev.14.01.40", "Rev.14.01.100"]),
        ("si_r", ["V34.09 NY0030", "V35.03 NY0028", "V35.03 NY0029", "V35.10 NY0001"]),
        ("nec_ix", ["8.9.17", "8.9.17A", "8.9.17B", "8.9.18", "10.7.18", "10.11.6"]),
        ("alliedware_plus", ["5.4.7-0.1", "5.5.3-0.1", "5.5.3-0.10", "5.5.3-1.1", "5.5.4-0.1"]),
        ("fitelnet", ["V01.11(05)", "V01.12(00)", "V01.12(00)[1]00.00.0", "V01.12(10)", "V02.01(00)"]),
        ("junos", ["12.3R12", "20.4B1", "20.4R1", "20.4R3", "20.4R3-S2", "20.4R3-S10", "21.1R1", "21.4R3-S5.4"]),
        ("junos", ["12.1X46-D10", "12.1X46-D65", "12.1X46-D100"]),
        ("openssl", ["0.9.8zh", "1.0.2-beta1", "1.0.2", "1.0.2a", "1.0.2z", "1.0.2za", "1.0.2zg", "1.1.0", "1.1.1l", "3.0.0-alpha7", "3.0.0-beta1", "3.0.0"]),
        ("veeam", ["9.5.4.2866", "11.0.0.837", "11.0.1.1261", "11.0.1.1261 P20211123", "11.0.1.1261 P20220302", "12.0.0.1420"]),
        ("openssh", ["4.3p2", "7.4", "8.0rc1", "8.0p1", "9.2p1", "9.3p1", "9.3p2", "10.0p1"]),
        ("windows", ["6.1.7601.1", "6.3.9600.2", "10.0.14393.5", "10.0.17763.5328", "10.0.17763.5329", "10.0.26100.1"]),
        ("generic", ["1.0dev", "1.0-alpha", "1.0alpha2", "1.0beta", "1.0rc1", "1.0rc2", "1.0", "1.0a", "1.0b", "1.0.1", "1.2", "1.10", "2.0"]),
    ],
)  # fmt: skip
def test_an_order_rises_as_the_maker_counts(order, rising):
    versions = [read(order, text) for text in rising]
    for at, earlier in enumerate(versions):
        for later in versions[at + 1 :]:
            assert before(earlier, later) is Tri.YES
            assert at_least(later, earlier) is Tri.YES
            assert equal(earlier, later) is Tri.NO


@pytest.mark.parametrize(
    ("order", "one", "other"),
    [
        ("ios", "15.2(4)M6", "15.2(4)E8"),  # two trains
        ("ios", "12.4(25)", "12.4(6)T2"),  # main line and technology train of one release
        ("ios", "15.8", "15.8(3)M2"),  # of which train was not said
        ("ios_xe", "3.16.5S", "3.6.5E"),
        ("yamaha", "Rev.14.01.40", "Rev.15.02.17"),  # two families of models
        ("fitelnet", "T10.02(00)", "V01.12(00)"),
        ("junos", "12.1X46-D65", "12.1X47-D10"),
        ("junos", "12.1X46-D65", "12.1R3"),
        ("fortios", "7.2", "7.2.5"),
        ("windows", "17763", "10.0.17763.5329"),
    ],
)
def test_versions_without_a_common_order_cannot_be_compared(order, one, other):
    left, right = read(order, one), read(order, other)
    assert {at_least(left, right), at_most(left, right)} <= {Tri.UNKNOWN, Tri.NO, Tri.YES}
    assert Tri.UNKNOWN in {at_least(left, right), before(left, right)}


@pytest.mark.parametrize("order", sorted(ORDERS))
@pytest.mark.parametrize(
    "text", ["", " ", "-", "*", "不明", "latest", "N/A", "1" * 500, "\x00", "''; DROP", "٣.٤.٥", "V"]
)
def test_what_is_no_version_is_read_by_no_order(order, text):
    assert read_version(ORDERS[order], text) is None


TEXTS = {
    "ios": st.from_regex(r"1[25]\.[0-9]\([1-9][0-9]?[a-c]?\)(|T|M|SE|E|XZ)([0-9]{1,2}[ab]?)?", fullmatch=True),
    "ios_xe": st.from_regex(r"(3\.[0-9]{1,2}\.[0-9]{1,2}[SE]|1[67]\.[0-9]{1,2}\.[0-9]{1,2}[abw]?)", fullmatch=True),
    "asa": st.from_regex(r"9\.[0-9]{1,2}\([1-9]\)([0-9]{1,2})?", fullmatch=True),
    "pan_os": st.from_regex(r"1[01]\.[0-2]\.[0-9]{1,2}(-[hb][0-9]{1,2})?", fullmatch=True),
    "fortios": st.from_regex(r"v?[5-8]\.[0-9]\.[0-9]{1,2}(,build[0-9]{4})?", fullmatch=True),
    "yamaha": st.from_regex(r"Rev\.1[0-5]\.0[0-4]\.[0-9]{2}", fullmatch=True),
    "si_r": st.from_regex(r"V[23][0-9]\.[0-9]{2} NY00[0-9]{2}", fullmatch=True),
    "nec_ix": st.from_regex(r"(8|9|10)\.[0-9]{1,2}\.[0-9]{1,2}[AB]?", fullmatch=True),
    "alliedware_plus": st.from_regex(r"5\.[45]\.[0-9]-[0-2]\.[0-9]{1,2}", fullmatch=True),
    "fitelnet": st.from_regex(r"[TV][0-9]{2}\.[0-9]{2}\([0-9]{2}\)", fullmatch=True),
    "junos": st.from_regex(r"(12|21)\.[1-4](R[1-3](-S[0-9]{1,2})?|X4[678]-D[0-9]{2})", fullmatch=True),
    "openssl": st.from_regex(r"(0\.9\.8|1\.[01]\.[0-2]|3\.0\.[0-9])([a-z]|z[a-h]|-beta[12])?", fullmatch=True),
    "openssh": st.from_regex(r"[4-9]\.[0-9]{1,2}(p[1-3])?", fullmatch=True),
    "veeam": st.from_regex(r"1[0-2]\.[0-3](\.[0-2](\.[0-9]{3,4}( P202[1-3]0[1-9]01)?)?)?", fullmatch=True),
    "windows": st.from_regex(r"10\.0\.1[0-9]{4}(\.[0-9]{1,4})?", fullmatch=True),
    "generic": st.from_regex(r"[0-9]{1,2}(\.[0-9]{1,2}){0,3}([a-d]|rc[12]|-beta[12]|p[12])?", fullmatch=True),
}


def test_every_order_has_made_up_versions():
    assert set(TEXTS) == set(ORDERS)


triples = st.sampled_from(sorted(TEXTS)).flatmap(
    lambda order: st.tuples(st.just(order), TEXTS[order], TEXTS[order], TEXTS[order])
)


@given(triples)
def test_within_one_line_every_order_is_total(drawn):
    order, one, other, _ = drawn
    left, right = read(order, one), read(order, other)
    if left.compares_with(right) and left.is_whole and right.is_whole:
        answers = [before(left, right), equal(left, right), after(left, right)]
        assert sorted(answer.value for answer in answers) == ["no", "no", "yes"]
    if left.is_whole and right.is_whole:
        assert before(left, right) is after(right, left)
    assert equal(left, right) is equal(right, left)


@given(triples)
def test_what_is_known_of_an_order_is_transitive(drawn):
    order, *texts = drawn
    one, two, three = (read(order, text) for text in texts)
    if at_most(one, two) is Tri.YES and at_most(two, three) is Tri.YES:
        assert at_most(one, three) in (Tri.YES, Tri.UNKNOWN)
        assert after(one, three) is not Tri.YES


@given(triples)
def test_a_version_is_itself_and_an_incomplete_one_is_never_sure(drawn):
    order, text, _, _ = drawn
    version: Version = read(order, text)
    assert equal(version, read(order, f" {text} ")) is (Tri.YES if version.is_whole else Tri.UNKNOWN)
    assert at_least(version, version) is not Tri.NO
    assert version.low <= version.high


@given(st.sampled_from(sorted(ORDERS)), st.text(max_size=40))
def test_no_text_breaks_an_order(order, text):
    version = read_version(ORDERS[order], text)
    assert version is None or version.low <= version.high
