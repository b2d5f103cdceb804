"""What the readers of IOS-like dialects share: verdicts derived by hand, hostile text, secrets, likeness."""

from importlib import import_module
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.samples.configurations import cisco_like
from tests.samples.configurations.verdicts import case, wrong_facts, wrong_verdicts

VENDORS = ("cisco_ios", "cisco_asa", "alliedware_plus")
READERS = {vendor: import_module(f"sekisho.adapters.configurations.{vendor}.reader") for vendor in VENDORS}
CASES = [
    pytest.param(vendor, file, id=f"{vendor}-{file.stem}") for vendor in VENDORS for file in cisco_like.cases(vendor)
]


@pytest.mark.parametrize(("vendor", "file"), CASES)
def test_read_decides_as_the_manual_says(vendor: str, file: Path):
    expected = case(file.with_suffix(".yaml"))
    configuration = READERS[vendor].read(cisco_like.text_of(file))
    assert wrong_verdicts(configuration, expected) == []
    assert cisco_like.wrong_ways(configuration, expected) == []
    assert wrong_facts(configuration, expected) == []


@pytest.mark.parametrize(("vendor", "file"), CASES)
def test_read_says_where_each_rule_stands(vendor: str, file: Path):
    lines = cisco_like.text_of(file).split("\n")
    for ruleset in READERS[vendor].read(cisco_like.text_of(file)).rulesets:
        for rule in ruleset.rules:
            assert rule.origin is not None
            assert rule.origin.text in lines[rule.origin.line - 1]


@pytest.mark.parametrize(("vendor", "file"), CASES)
def test_read_names_only_interfaces_that_it_read(vendor: str, file: Path):
    assert cisco_like.inconsistencies(READERS[vendor].read(cisco_like.text_of(file))) == []


@pytest.mark.parametrize("vendor", VENDORS)
@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_read_never_raises_and_never_tells_a_secret(vendor: str, data: st.DataObject):
    configuration = READERS[vendor].read(data.draw(cisco_like.mutilated(vendor)))
    assert 0.0 <= configuration.coverage <= 1.0
    assert cisco_like.SECRET not in cisco_like.everything_said(configuration)
    assert all(one.text for one in configuration.unparsed)


@pytest.mark.parametrize(("vendor", "file"), CASES)
def test_likeness_is_higher_here_than_elsewhere(vendor: str, file: Path):
    text = cisco_like.text_of(file)
    mine = READERS[vendor].likeness(text)
    assert mine > 0.3
    assert all(READERS[other].likeness(text) < mine for other in VENDORS if other != vendor)


@pytest.mark.parametrize("vendor", VENDORS)
def test_read_of_a_cut_file_keeps_what_comes_before(vendor: str):
    text = cisco_like.text_of(cisco_like.cases(vendor)[0])
    whole = {rule.origin for ruleset in READERS[vendor].read(text).rulesets for rule in ruleset.rules}
    assert whole
    for end in range(0, len(text), 97):
        begun = text[:end].count("\n")
        configuration = READERS[vendor].read(text[:end])
        lines = [rule.origin.line for ruleset in configuration.rulesets for rule in ruleset.rules if rule.origin]
        assert max(lines, default=0) <= begun + 1
        assert 0.0 <= configuration.coverage <= 1.0
    assert {rule.origin for ruleset in READERS[vendor].read(text + "\n").rulesets for rule in ruleset.rules} == whole
