"""What stands between a line of the register and a consent."""

from dataclasses import replace

import pytest

from sekisho.domain.diagnosis.obstacles import OBSTACLES, Weight, obstacles_of
from sekisho.domain.facts import Unknown
from sekisho.domain.register.records import Line

READY = Line(
    number=1,
    scan_wanted="wanted",
    ehr_connection="yes",
    communication="internet",
    global_ip="yes",
    address_assignment="fixed",
    global_address="203.0.113.10",
)


def rules(line: Line, **given: bool) -> list[str]:
    return [one.rule for one in obstacles_of(line, **given)]


def test_line_with_a_fixed_public_address_has_none() -> None:
    assert rules(READY) == []
    assert rules(replace(READY, global_address="2001:db8::1")) == []


@pytest.mark.parametrize(
    ("answers", "rule"),
    [
        ({"communication": "ip_vpn"}, "closed-line"),
        ({"communication": "other_closed", "global_address": None}, "closed-line"),
        ({"ehr_connection": "no", "communication": "ip_vpn"}, "no-ehr"),
        ({"global_ip": "no", "global_address": None}, "no-global-ip"),
    ],
)
def test_line_out_of_scope_says_only_that(answers: dict[str, str], rule: str) -> None:
    found = obstacles_of(replace(READY, **answers))
    assert [(one.rule, one.weight) for one in found] == [(rule, Weight.OUT_OF_SCOPE)]


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ({"global_address": None}, ["no-address"]),
        ({"global_address": Unknown("総務に確認中")}, ["no-address"]),
        ({"global_address": "10.0.0.1"}, ["address-unusable"]),
        ({"global_address": "::ffff:192.168.0.1"}, ["address-unusable"]),
        ({"global_address": "203.0.113.0/24"}, ["address-unusable"]),
        ({"global_address": "router.example.jp"}, ["address-unusable"]),
        ({"global_address": "203.0.113.10:443"}, ["address-unusable"]),
        ({"communication": None, "global_ip": None}, ["communication-unknown", "global-ip-unknown"]),
        ({"communication": Unknown()}, ["communication-unknown"]),
        ({"address_assignment": Unknown()}, ["assignment-unknown"]),
        ({"scan_wanted": "not_wanted"}, ["scan-not-wanted"]),
    ],
)
def test_missing_or_wrong_answers_are_named(answers: dict[str, object], expected: list[str]) -> None:
    assert rules(replace(READY, **answers)) == expected  # type: ignore[arg-type]


def test_unknown_is_never_out_of_scope() -> None:
    unknown = replace(READY, ehr_connection=Unknown(), global_ip=Unknown("業者に確認中"))
    assert rules(unknown) == ["global-ip-unknown"]


def test_dynamic_line_needs_no_address_now_but_one_on_the_day() -> None:
    dynamic = replace(READY, address_assignment="dynamic", global_address=None)
    assert rules(dynamic) == ["not-confirmed-today"]
    assert OBSTACLES["not-confirmed-today"].weight is Weight.ON_THE_DAY
    assert rules(dynamic, is_confirmed_today=True) == []


def test_every_obstacle_is_told_in_both_languages_and_names_the_answer_that_mends_it() -> None:
    for rule, obstacle in OBSTACLES.items():
        assert rule == obstacle.rule
        assert obstacle.text.ja
        assert obstacle.text.en
        assert hasattr(READY, obstacle.key)
