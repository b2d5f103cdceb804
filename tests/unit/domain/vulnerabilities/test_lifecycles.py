"""Support on a given day: dates that are known, dates that nobody published, editions that differ."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sekisho.domain.vulnerabilities.knowledge import KnowledgeBase
from sekisho.domain.vulnerabilities.lifecycles import Cycle, LifeCycle, SupportStatus, support_of
from sekisho.domain.vulnerabilities.products import Product, ProductName

FORTIOS = LifeCycle(
    "FortiOS",
    ("o:fortinet:fortios",),
    (
        Cycle("7.4", "7.4", supported_until=date(2028, 11, 11)),
        Cycle("7.2", "7.2", supported_until=date(2026, 9, 30), active_until=date(2025, 3, 31)),
        Cycle("7.0", "7.0", has_ended=True),
        Cycle("6.4", "6.4", has_ended=False),
        Cycle("6.2", "6.2"),
    ),
    "endoflife.date",
    date(2026, 8, 22),
)


def support(version, on=date(2026, 11, 21), cycles=FORTIOS, order="fortios", edition=""):
    name = ProductName.of(cycles.keys[0])
    return support_of(Product((name,), version, order, edition=edition), KnowledgeBase(lifecycles=[cycles]), on=on)


@pytest.mark.parametrize(
    ("on", "status"),
    [
        (date(2026, 3, 1), SupportStatus.SUPPORTED),
        (date(2026, 4, 1), SupportStatus.ENDING),
        (date(2026, 9, 30), SupportStatus.ENDING),
        (date(2026, 10, 1), SupportStatus.ENDED),
        (date(2026, 11, 21), SupportStatus.ENDED),
    ],
)
def test_support_is_judged_on_the_day_asked(on, status):
    answer = support("v7.2.5,build1517", on)
    assert (answer.status, answer.until, answer.cycle) == (status, date(2026, 9, 30), "7.2")
    assert "2026-09-30" in answer.reason.ja
    assert answer.source == "endoflife.date (2026-08-22)"


def test_an_end_without_a_day_is_an_end():
    assert support("7.0.15").status is SupportStatus.ENDED


@pytest.mark.parametrize("version", ["6.4.15", "6.2.1", "5.6.1", "", "最新"])
def test_what_nobody_published_is_unknown_and_never_supported(version):
    answer = support(version)
    assert (answer.status, answer.until) == (SupportStatus.UNKNOWN, None)


def test_a_product_without_life_cycle_is_unknown():
    rtx = Product((ProductName("o", "yamaha", "rtx1210_firmware"),), "Rev.14.01.40", "yamaha", "RTX1210")
    answer = support_of(rtx, KnowledgeBase(), on=date(2026, 11, 21))
    assert answer.status is SupportStatus.UNKNOWN
    assert "RTX1210" in answer.reason.ja


def test_the_longest_beginning_wins_and_numbers_are_compared_whole():
    cycles = LifeCycle(
        "S", ("a:x:s",), tuple(Cycle(name, name, has_ended=name == "2.1") for name in ("2", "2.1", "2.0")), "t"
    )
    assert support("2.1.5", cycles=cycles, order="generic").status is SupportStatus.ENDED
    assert support("2.10.5", cycles=cycles, order="generic").cycle == "2"
    assert support("2.0.1", cycles=cycles, order="generic").cycle == "2.0"
    assert support("2", cycles=cycles, order="generic").cycle == "2.0"


@pytest.mark.parametrize(("order", "version", "line"), [("pan_os", "10.2.18-h9", "10.2"), ("ios_xe", "17.09.04a", "17.9"), ("openssl", "1.1.1l", "1.1.1"), ("windows", "10.0.19045.4529", "10.0.19045"), ("junos", "21.4R3-S5.4", "21.4")])  # fmt: skip
def test_a_version_belongs_to_the_line_it_begins_with(order, version, line):
    others = {"pan_os": "10.20", "ios_xe": "17.90", "openssl": "1.1.10", "windows": "10.0.19044", "junos": "21.1"}
    cycles = LifeCycle("S", ("o:x:s",), (Cycle(others[order], others[order]), Cycle(line, line, has_ended=True)), "t")
    assert support(version, cycles=cycles, order=order).cycle == line


WINDOWS = LifeCycle(
    "Windows",
    ("o:microsoft:windows",),
    (
        Cycle("10-21h2-w", "10.0.19044", supported_until=date(2023, 6, 13), edition="w"),
        Cycle("10-21h2-e-lts", "10.0.19044", supported_until=date(2027, 1, 12), edition="e-lts"),
        Cycle("10-21h2-iot-lts", "10.0.19044", supported_until=date(2032, 1, 13), edition="iot-lts"),
        Cycle("10-22h2", "10.0.19045", supported_until=date(2025, 10, 14), extended_until=date(2028, 10, 10)),
    ),
    "t",
)


@pytest.mark.parametrize(
    ("edition", "status"),
    [("w", SupportStatus.ENDED), ("e-lts", SupportStatus.ENDING), ("iot-lts", SupportStatus.SUPPORTED), ("", SupportStatus.UNKNOWN)],
)  # fmt: skip
def test_editions_of_one_build_end_on_different_days_and_an_unknown_one_is_unknown(edition, status):
    assert support("10.0.19044", cycles=WINDOWS, order="windows", edition=edition).status is status


def test_paid_extension_is_said_and_is_no_support():
    answer = support("10.0.19045", cycles=WINDOWS, order="windows", edition="w")
    assert answer.status is SupportStatus.EXTENDED
    assert "延長サポート" in answer.reason.ja


def test_the_life_of_a_model_holds_for_every_version_of_its_software():
    cycles = LifeCycle("RTX1210", ("o:yamaha:rtx1210",), (Cycle("", "", supported_until=date(2025, 1, 1)),), "maker")
    assert support("", cycles=cycles, order="yamaha").status is SupportStatus.ENDED


@given(st.dates(date(2020, 1, 1), date(2035, 1, 1)), st.integers(0, 4000))
def test_support_never_comes_back(on, days):
    ranks = [SupportStatus.SUPPORTED, SupportStatus.ENDING, SupportStatus.EXTENDED, SupportStatus.ENDED]
    for version, cycles, order in (("7.2.5", FORTIOS, "fortios"), ("10.0.19045", WINDOWS, "windows")):
        now = support(version, on, cycles, order).status
        later = support(version, on + timedelta(days=days), cycles, order).status
        assert ranks.index(now) <= ranks.index(later)
