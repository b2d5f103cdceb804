"""Tests of the reader and the writer of FortiOS configurations, most of them data beside the configurations."""

import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sekisho.adapters.configurations.fortios import reader as fortios
from sekisho.adapters.configurations.redaction import redact
from sekisho.domain.network.model import Action
from tests.samples.configurations.clock import processor_seconds
from tests.samples.configurations.declared import declared_rulesets
from tests.samples.configurations.torn import shuffled, torn, words_mixed
from tests.samples.configurations.verdicts import case, judged, packet, wrong_facts
from tests.samples.configurations.zone_firewalls import between, differing, packets_for, sides_of, wrong_verdicts

ROOT = Path(__file__).parents[4]
AOBA = ROOT / "src/sekisho/catalogue/samples/aoba"
FILES = sorted((ROOT / "tests/samples/configurations/fortios").glob("*.conf"))
TEXTS = [file.read_text(encoding="utf-8") for file in FILES]
CALM = settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
SECRET = "Geheim77"
SECRET_LINES = [
    f"config vpn ipsec phase1-interface\nedit v\nset psksecret ENC {SECRET}\nset type dynamic\nnext\nend",
    f"config user local\nedit u\nset passwd {SECRET}\nnext\nend",
    f"config quantum thing\nset password {SECRET}\nend",
    f"config quantum thing\nset value {SECRET}\nend",
    f"config system interface\nedit wan\nset mode pppoe\nset password ENC {SECRET}\nset unknown-key {SECRET}\nnext\nend",
    f"config firewall policy\nedit 1\nset srcintf a\nset secret-key {SECRET}\nset comments {SECRET}\nnext\nend",
    f"config firewall policy\n{SECRET}\nend",
    f"psksecret {SECRET}",
    f'set private-key "-----BEGIN\n{SECRET}\n-----END"',
    f"config router bgp\nconfig neighbor\nedit 192.0.2.1\nset password {SECRET}\nnext\nend\nend",
]


def long_configuration(lines: int) -> str:
    """Return a configuration of about `lines` lines of objects and policies."""
    count = lines // 12
    addresses = [f'edit "h{at}"\nset subnet 10.{at % 250}.{at // 250}.0 255.255.255.0\nnext' for at in range(count)]
    policies = [
        f'edit {at + 1}\nset srcintf "a{at % 9}"\nset dstintf "b"\nset srcaddr "h{at}"\nset dstaddr "h{at // 2}"\n'
        f'set action accept\nset schedule "always"\nset service "HTTPS" "SSH"\nnext'
        for at in range(count)
    ]
    return "\n".join(["config firewall address", *addresses, "end", "config firewall policy", *policies, "end"])


def test_samples_are_at_least_twelve():
    assert len(FILES) >= 12


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_read_gives_the_verdicts_derived_by_hand(file):
    configuration, expected = fortios.read(file.read_text(encoding="utf-8")), case(file.with_suffix(".yaml"))
    assert wrong_facts(configuration, expected) == []
    assert wrong_verdicts(configuration, expected) == []
    until = {rule.seq: rule.until for one in configuration.rulesets for rule in one.rules if rule.until}
    assert until == expected.get("until", {})


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_emit_reads_back_with_the_same_meaning(file):
    configuration = fortios.read(file.read_text(encoding="utf-8"))
    again = fortios.read(fortios.emit(configuration))
    assert wrong_verdicts(again, case(file.with_suffix(".yaml")), by=False) == []
    assert differing(configuration, again, seed=len(file.name)) == []


def test_read_remote_access_pools():
    pools = fortios.read((FILES[0].parent / "10-remote-access.conf").read_text(encoding="utf-8")).vpn_pools
    assert [(pool.interface, pool.line) for pool in pools] == [("ssl.root", 31), ("ssl.root", 27), ("dial-up", 49)]


def test_read_says_what_a_policy_says():
    text = FILES[0].read_text(encoding="utf-8")
    rule = fortios.read(text).rulesets[0].rules[0]
    assert text.split("\n")[rule.origin.line - 1].strip() == "edit 7"
    assert "set srcaddr 本部網" in rule.origin.text
    assert rule.name == "保守用"


def test_read_parts_gives_each_vdom_as_a_device_of_its_own():
    text = (FILES[0].parent / "09-vdoms.conf").read_text(encoding="utf-8")
    parts = fortios.read_parts(text)
    assert [part.hostname for part in parts] == ["fw-main/root", "fw-main/BUMON"]
    assert [[one.id for one in part.interfaces] for part in parts] == [["wan1", "port1"], ["port2", "port3"]]
    assert [len(part.routes) for part in parts] == [1, 1]


def test_read_without_policies_is_unknown_and_not_closed():
    configuration = fortios.read("config system interface\n edit a\n  set ip 10.0.0.1 255.255.255.0\n next\nend\n")
    assert configuration.rulesets[0].default is Action.UNKNOWN
    assert [notice.rule for notice in configuration.notices] == ["fortios.no-policy"]


def test_read_groups_that_double_at_each_level_take_no_time():
    groups = "".join(f'edit "g{at}"\nset member "g{at - 1}" "g{at - 1}"\nnext\n' for at in range(1, 50))
    text = f"config firewall addrgrp\n{groups}end\nconfig firewall policy\nedit 1\nset srcaddr g49\nnext\nend"
    started = time.process_time()
    assert fortios.read(text).rulesets[0].rules[0].action is Action.UNKNOWN
    assert time.process_time() - started < 1


@pytest.mark.parametrize(
    "file",
    [file for file in FILES if file.stem[:2] in ("01", "03", "05", "06", "09", "15")],
    ids=lambda file: file.stem,
)
def test_a_cut_configuration_says_nothing_sure_that_the_whole_one_denies(file):
    text = file.read_text(encoding="utf-8")
    whole = fortios.read(text)
    packets = packets_for(whole, seed=1, count=12)
    for end in range(text.index("config firewall policy"), len(text), 53):
        cut = fortios.read(text[:end])
        for sides in sides_of(whole)[:12]:
            place = ">".join(sides)
            sure, said = between(whole, place), between(cut, place)
            for asked in packets:
                assert judged(said, asked)[0] in ("unknown", judged(sure, asked)[0]), (end, place, asked)


def test_aoba_reads_whole_and_agrees_with_what_is_declared():
    configuration = fortios.read((AOBA / "configs/fw-pacs.conf").read_text(encoding="utf-8"))
    assert (configuration.coverage, configuration.unparsed) == (1.0, ())
    declared = declared_rulesets(AOBA / "network.yaml", "fw-pacs")
    ways = {"ssl.root/in": "ssl.root>internal", "internal/in": "internal>wan1", "wan1/in": "wan1>internal"}
    assert set(ways) == set(declared)
    for place, ruleset in declared.items():
        for src in (
            "10.212.134.1",
            "10.212.134.254",
            "10.212.135.1",
            "10.10.2.9",
            "10.10.2.10",
            "10.10.2.13",
            "203.0.113.5",
        ):
            for dst in ("10.10.2.10", "10.10.2.253", "10.10.1.10", "198.51.100.1"):
                for service in ("tcp/443", "tcp/442", "tcp/3389", "udp/443", "icmp", "esp"):
                    asked = packet(src, dst, service)
                    assert judged(between(configuration, ways[place]), asked)[0] == judged(ruleset, asked)[0], (place, asked)  # fmt: skip


@CALM
@given(st.one_of(torn(TEXTS), words_mixed(TEXTS), st.text(max_size=300)))
def test_read_never_raises_and_counts_lines(text):
    configuration = fortios.read(text)
    assert 0 <= configuration.coverage <= 1
    assert configuration.understood <= len(text.split("\n"))
    for rule in (rule for one in configuration.rulesets for rule in one.rules):
        assert rule.action is not Action.UNKNOWN or (not rule.is_exact and rule.origin is not None)


@CALM
@given(torn(TEXTS), st.integers(0, 1000))
def test_emit_keeps_the_meaning_of_torn_configurations_too(text, seed):
    configuration = fortios.read(text)
    assert differing(configuration, fortios.read(fortios.emit(configuration)), seed) == []


@pytest.mark.parametrize("text", SECRET_LINES)
def test_read_never_echoes_a_secret_even_before_redaction(text):
    assert SECRET not in repr(fortios.read(text))


@pytest.mark.parametrize("text", TEXTS, ids=[file.stem for file in FILES])
def test_redaction_changes_nothing_that_is_read(text):
    assert fortios.read(redact(text).text).rulesets == fortios.read(text).rulesets


@pytest.mark.parametrize("file", [*FILES, AOBA / "configs/fw-pacs.conf"], ids=lambda file: file.stem)
def test_likeness_knows_its_own(file):
    assert fortios.likeness(file.read_text(encoding="utf-8")) >= 0.8


def test_likeness_leaves_other_vendors_alone():
    others = [file for file in (AOBA / "configs").iterdir() if file.name != "fw-pacs.conf"]
    assert [file.name for file in others if fortios.likeness(file.read_text(encoding="utf-8")) >= 0.2] == []


def test_read_takes_under_a_second_for_twenty_thousand_lines():
    text = long_configuration(20_000)
    assert len(text.split("\n")) > 19_000
    assert processor_seconds(lambda: fortios.read(text)) < 1.0
    assert len(fortios.read(text).rulesets[0].rules) > 1_500


@pytest.mark.parametrize(
    "line", ["set x " + '"' * 99_999, "edit " * 40_000, '"' + "\\" * 100_000, 'set a "', "config a", "x" * 300_000]
)
def test_read_takes_no_longer_for_hostile_lines(line):
    assert processor_seconds(lambda: fortios.read("\n".join([line] * 3))) < 1.0
    assert processor_seconds(lambda: fortios.read("\n".join([line[:40]] * 20_000))) < 1.0


def test_a_shuffled_configuration_is_still_read():
    for seed, text in enumerate(TEXTS):
        assert fortios.read(shuffled(text, seed)).understood >= 0
