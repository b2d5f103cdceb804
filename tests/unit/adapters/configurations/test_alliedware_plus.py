"""The reader of AlliedWare Plus: hand-derived verdicts over configurations, hostile text, secrets, speed."""

import time
from importlib import import_module
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from sekisho.adapters.configurations.alliedware_plus import likeness, read
from tests.samples.configurations import cisco_like
from tests.samples.configurations.verdicts import case, wrong_facts, wrong_verdicts

CASES = cisco_like.cases("alliedware_plus")


@pytest.mark.parametrize("file", CASES, ids=lambda file: file.stem)
def test_read_decides_as_the_manual_says(file: Path):
    expected = case(file.with_suffix(".yaml"))
    configuration = read(cisco_like.text_of(file))
    assert wrong_verdicts(configuration, expected) == []
    assert cisco_like.wrong_ways(configuration, expected) == []
    assert wrong_facts(configuration, expected) == []


@pytest.mark.parametrize("file", CASES, ids=lambda file: file.stem)
def test_read_says_where_each_rule_stands(file: Path):
    lines = cisco_like.text_of(file).split("\n")
    for ruleset in read(cisco_like.text_of(file)).rulesets:
        for rule in ruleset.rules:
            assert rule.origin is not None
            assert rule.origin.text in lines[rule.origin.line - 1]


@pytest.mark.parametrize("file", CASES, ids=lambda file: file.stem)
def test_read_names_only_interfaces_that_it_read(file: Path):
    assert cisco_like.inconsistencies(read(cisco_like.text_of(file))) == []


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(cisco_like.mutilated("alliedware_plus"))
def test_read_never_raises_and_never_tells_a_secret(text: str):
    configuration = read(text)
    assert 0.0 <= configuration.coverage <= 1.0
    assert cisco_like.SECRET not in cisco_like.everything_said(configuration)
    assert all(one.text for one in configuration.unparsed)


@pytest.mark.parametrize("file", CASES, ids=lambda file: file.stem)
def test_likeness_is_higher_here_than_elsewhere(file: Path):
    text = cisco_like.text_of(file)
    assert likeness(text) > 0.3
    for other in {"cisco_ios", "cisco_asa", "alliedware_plus"} - {"alliedware_plus"}:
        reader = import_module(f"sekisho.adapters.configurations.{other}")
        assert reader.likeness(text) < likeness(text)


def test_read_of_a_cut_file_keeps_what_comes_before():
    text = cisco_like.text_of(CASES[0])
    for end in range(0, len(text), 97):
        read(text[:end])


def test_read_takes_twenty_thousand_rules_in_linear_time():
    head = "interface vlan1\n ip address 10.0.0.1/8\n access-group A\naccess-list hardware A\n"
    lines = [f" {k} permit tcp 10.{k % 250}.{k // 250}.0/24 host 10.1.1.{k % 250} eq {k + 1}" for k in range(20_000)]
    took = []
    for count in (5_000, 20_000):
        started = time.process_time()
        configuration = read(head + "\n".join(lines[:count]))
        took.append(time.process_time() - started)
        assert sum(len(one.rules) for one in configuration.rulesets) == count
        assert configuration.coverage == 1.0
    assert took[1] < 12 * took[0] + 0.2
    assert took[1] < 4  # about 0.8 s on an idle machine
