"""Tests of the reader and the writer of PAN-OS configurations, most of them data beside the configurations."""

import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sekisho.adapters.configurations.panos import reader as panos
from sekisho.adapters.configurations.redaction import redact
from sekisho.domain.network.configuration import Bearing
from sekisho.domain.network.model import Action
from tests.samples.configurations.clock import processor_seconds
from tests.samples.configurations.torn import torn
from tests.samples.configurations.verdicts import case, wrong_facts
from tests.samples.configurations.zone_firewalls import differing, wrong_verdicts

ROOT = Path(__file__).parents[4]
SAMPLES = ROOT / "tests/samples/configurations/panos"
FILES = sorted(SAMPLES.glob("*.xml"))
TEXTS = [file.read_text(encoding="utf-8") for file in FILES]
WHOLE = [file for file in FILES if file.stem != "09-cut-off"]
CALM = settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
SECRET = "Geheim77"
SECRET_TEXTS = [
    f"<config><mgt-config><users><entry name='a'><phash>{SECRET}</phash></entry></users></mgt-config></config>",
    f"<config><devices><entry name='x'><vsys><entry name='v'><rulebase><security><rules><entry name='r'><password>{SECRET}</password><action>{SECRET}</action></entry></rules></security></rulebase></entry></vsys></entry></devices></config>",
    f"<config><devices><entry name='x'><network><ike><gateway><entry name='g'><authentication><pre-shared-key><key>{SECRET}</key></pre-shared-key></authentication></entry></gateway></ike><strange>{SECRET}</strange></network></entry></devices></config>",
    f"<config><password>{SECRET}",
]
BOMB = '<!DOCTYPE c [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><config><devices>&b;</devices></config>'
OUTSIDE = '<!DOCTYPE c [<!ENTITY a SYSTEM "file:///etc/passwd">]><config><devices>&a;</devices></config>'


def long_configuration(lines: int) -> str:
    """Return a configuration of about `lines` lines of objects and rules."""
    count = lines // 11
    addresses = [
        f'<entry name="h{at}">\n<ip-netmask>10.{at % 250}.{at // 250}.0/24</ip-netmask>\n</entry>'
        for at in range(count)
    ]
    rules = [
        f'<entry name="r{at}">\n<from><member>a</member></from>\n<to><member>b</member></to>\n'
        f"<source><member>h{at}</member></source>\n<destination><member>h{at // 2}</member></destination>\n"
        f"<application><member>any</member></application><service><member>service-https</member></service>\n<action>allow</action>\n</entry>"
        for at in range(count)
    ]
    zones = '<zone><entry name="a"><network><layer3><member>e1</member></layer3></network></entry><entry name="b"><network><layer3><member>e2</member></layer3></network></entry></zone>'
    return "\n".join(
        ["<config><devices><entry name='x'><vsys><entry name='v'>", zones, "<address>", *addresses, "</address>",
         "<rulebase><security><rules>", *rules, "</rules></security></rulebase></entry></vsys></entry></devices></config>"]
    )  # fmt: skip


def test_samples_are_at_least_twelve():
    assert len(FILES) >= 12


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_read_gives_the_verdicts_derived_by_hand(file):
    configuration, expected = panos.read(file.read_text(encoding="utf-8")), case(file.with_suffix(".yaml"))
    assert wrong_facts(configuration, expected) == []
    assert wrong_verdicts(configuration, expected) == []


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_emit_reads_back_with_the_same_meaning(file):
    configuration = panos.read(file.read_text(encoding="utf-8"))
    again = panos.read(panos.emit(configuration))
    assert wrong_verdicts(again, case(file.with_suffix(".yaml")), by=False) == []
    assert differing(configuration, again, seed=len(file.name)) == []


def test_read_tells_policy_based_forwarding_and_sections_nobody_knows():
    found = panos.read((SAMPLES / "10-doubtful.xml").read_text(encoding="utf-8")).unparsed
    assert [(one.text, one.bearing) for one in found if "pbf" in one.text] == [('pbf "line2"', Bearing.ROUTE)]
    assert [one.bearing for one in found if "brand-new-base" in one.text] == [Bearing.FILTER]
    assert any("ghost" in one.text for one in found)


def test_read_knows_the_lines_of_rules():
    text = (SAMPLES / "01-clinic.xml").read_text(encoding="utf-8")
    rule = panos.read(text).rulesets[0].rules[0]
    assert 'name="法人から"' in text.split("\n")[rule.origin.line - 1]
    assert "source honin-net" in rule.origin.text


@pytest.mark.parametrize("text", [BOMB, OUTSIDE])
def test_read_refuses_entities(text):
    configuration = panos.read(text)
    assert configuration.coverage < 1
    assert configuration.rulesets[0].default is Action.UNKNOWN
    assert "root:" not in repr(configuration)


def test_read_of_deep_nesting_and_of_group_circles_ends():
    deep = "<config>" + "<a>" * 50_000 + "</a>" * 50_000 + "</config>"
    groups = "".join(f'<entry name="g{at}"><static><member>g{at - 1}</member><member>g{at - 1}</member></static></entry>' for at in range(1, 60))  # fmt: skip
    text = f"<config><devices><entry name='x'><vsys><entry name='v'><address-group>{groups}</address-group><rulebase><security><rules><entry name='r'><source><member>g59</member></source></entry></rules></security></rulebase></entry></vsys></entry></devices></config>"
    started = time.process_time()
    assert panos.read(deep).rulesets[0].default is Action.UNKNOWN
    assert panos.read(text).rulesets[0].rules[0].action is Action.UNKNOWN
    assert time.process_time() - started < 2


@CALM
@given(st.one_of(torn(TEXTS), st.text(max_size=300)))
def test_read_never_raises(text):
    configuration = panos.read(text)
    assert 0 <= configuration.coverage <= 1
    for rule in (rule for one in configuration.rulesets for rule in one.rules):
        assert rule.action is not Action.UNKNOWN or (not rule.is_exact and rule.origin is not None)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(WHOLE), st.floats(0, 0.999))
def test_a_cut_configuration_lets_no_more_pass_than_the_whole(file, share):
    text = file.read_text(encoding="utf-8").rstrip()
    cut = panos.read(text[: int(len(text) * share)])
    assert all(one.default is Action.UNKNOWN for one in cut.rulesets)
    assert cut.unparsed or not text[: int(len(text) * share)].strip()


@pytest.mark.parametrize("text", SECRET_TEXTS)
def test_read_never_echoes_a_secret_even_before_redaction(text):
    assert SECRET not in repr(panos.read(text))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_redaction_changes_nothing_that_is_read(file):
    text = file.read_text(encoding="utf-8")
    assert panos.read(redact(text).text).rulesets == panos.read(text).rulesets


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_likeness_knows_its_own(file):
    assert panos.likeness(file.read_text(encoding="utf-8")) >= 0.9


def test_likeness_leaves_other_xml_and_text_alone():
    assert panos.likeness("<nmaprun><host/></nmaprun>") < 0.2
    assert panos.likeness("config system global") == 0


def test_read_takes_under_a_second_for_twenty_thousand_lines():
    text = long_configuration(20_000)
    assert len(text.split("\n")) > 19_000
    assert processor_seconds(lambda: panos.read(text)) < 1.0
    assert len(panos.read(text).rulesets[0].rules) > 1_500
