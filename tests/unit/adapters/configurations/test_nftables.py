"""Tests of the reader and the writer of nftables rulesets. The JSON of the samples was made by nft; a test makes it anew."""

import json
import subprocess
import time
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sekisho.adapters.configurations.fortios import reader as fortios
from sekisho.adapters.configurations.nftables import reader as nftables
from sekisho.adapters.configurations.panos import reader as panos
from sekisho.adapters.configurations.read import read_configuration
from sekisho.adapters.configurations.redaction import redact
from sekisho.domain.network.configuration import DeviceConfiguration
from sekisho.domain.network.model import Action, Everywhere, RuleSet, State
from sekisho.domain.network.ranges import Ranges
from sekisho.domain.network.services import TCP, service_number
from tests.samples.configurations.clock import processor_seconds
from tests.samples.configurations.verdicts import case, wrong_facts
from tests.samples.configurations.zone_firewalls import differing, wrong_verdicts

SAMPLES = Path(__file__).parents[4] / "tests/samples/configurations"
FILES = sorted((SAMPLES / "nftables").glob("*.json"))
SOURCES = sorted((SAMPLES / "nftables").glob("*.nft"))
TEXTS = [file.read_text(encoding="utf-8") for file in FILES]
CALM = settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
LOAD_AND_LIST = 'nft -f "$1" && nft -j list ruleset'
LOAD_JSON_AND_LIST = 'nft -j -f "$1" && nft -j list ruleset'


def nft(script: str, file: Path) -> str:
    """Return what nft prints in a network namespace of its own."""
    command = ["unshare", "--user", "--map-root-user", "--net", "sh", "-c", script, "sh", str(file)]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout


def ruleset(*items: dict, policy: str = "drop") -> str:
    """Return the JSON of one inet table with a forward chain and `items` after it."""
    chain = {
        "family": "inet",
        "table": "t",
        "name": "f",
        "type": "filter",
        "hook": "forward",
        "prio": 0,
        "policy": policy,
    }
    return json.dumps({"nftables": [{"table": {"family": "inet", "name": "t"}}, {"chain": chain}, *items]})


def rule(*expressions: dict, chain: str = "f") -> dict:
    """Return one rule of the JSON."""
    return {"rule": {"family": "inet", "table": "t", "chain": chain, "expr": list(expressions)}}


def test_samples_are_at_least_twelve():
    assert len(FILES) >= 12


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_read_gives_the_verdicts_derived_by_hand(file):
    configuration, expected = nftables.read(file.read_text(encoding="utf-8")), case(file.with_suffix(".yaml"))
    assert wrong_facts(configuration, expected) == []
    assert wrong_verdicts(configuration, expected) == []


@pytest.mark.parametrize("source", SOURCES, ids=lambda file: file.stem)
def test_read_of_what_nft_prints_now_gives_the_same_verdicts(source):
    configuration = nftables.read(nft(LOAD_AND_LIST, source))
    assert wrong_verdicts(configuration, case(source.with_suffix(".yaml"))) == []


def without_order(configuration: DeviceConfiguration) -> list[str]:
    """Return the rules as texts, for comparison of what two readings found."""
    return [
        repr((one.action, one.src, one.dst, one.service, one.entering, one.leaving))
        for one in configuration.rulesets[0].rules
    ]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_emit_reads_back_with_the_same_meaning(file):
    configuration = nftables.read(file.read_text(encoding="utf-8"))
    again = nftables.read(nftables.emit(configuration))
    assert differing(configuration, again, seed=len(file.name)) == []


@pytest.mark.parametrize(
    "file",
    [*FILES, *sorted((SAMPLES / "fortios").glob("*.conf")), *sorted((SAMPLES / "panos").glob("*.xml"))],
    ids=lambda file: file.stem,
)
def test_emit_is_loaded_by_the_kernel_and_means_the_same_there(file, tmp_path):
    """Zone firewalls of other vendors come out as nftables, too."""
    reader = {".json": nftables, ".conf": fortios, ".xml": panos}[file.suffix]
    configuration = reader.read(file.read_text(encoding="utf-8"))
    written = tmp_path / "ruleset.json"
    written.write_text(nftables.emit(configuration), encoding="utf-8")
    again = nftables.read(nft(LOAD_JSON_AND_LIST, written))
    assert differing(configuration, again, seed=len(file.name)) == []


def test_read_is_stateful_when_replies_pass_first():
    states = {file.stem: nftables.read(file.read_text(encoding="utf-8")).rulesets[0].stateful for file in FILES}
    assert [name for name, stateful in states.items() if not stateful]  == ["04-without-state", "05-two-base-chains", "06-both-families", "09-no-forwarding-rules", "11-bridge-and-raw", "12-drop-before-state", "13-cut-off"]  # fmt: skip


def test_read_keeps_first_packet_rules_apart_from_replies():
    text = ruleset(
        rule({"match": {"op": "in", "left": {"ct": {"key": "state"}}, "right": ["new"]}}, {"accept": None}),
        policy="drop",
    )
    assert [one.state for one in nftables.read(text).rulesets[0].rules] == [State.NEW]


def test_read_of_chains_that_jump_in_circles_ends_and_is_unknown():
    chains = [{"chain": {"family": "inet", "table": "t", "name": name}} for name in ("a", "b")]
    text = ruleset(
        *chains,
        rule({"jump": {"target": "b"}}, {"jump": {"target": "b"}}, chain="a"),
        rule({"jump": {"target": "a"}}, chain="b"),
        rule({"jump": {"target": "a"}}),
        policy="accept",
    )
    configuration = nftables.read(text)
    assert configuration.unparsed
    assert configuration.rulesets[0].rules[0].action is Action.UNKNOWN


def test_read_of_returns_that_double_at_each_jump_ends():
    chain = {"chain": {"family": "inet", "table": "t", "name": "a"}}
    returns = [
        rule(
            {"match": {"op": "==", "left": {"payload": {"protocol": "tcp", "field": "dport"}}, "right": port}},
            {"return": None},
            chain="a",
        )
        for port in range(1, 60)
    ]
    started = time.process_time()
    nftables.read(ruleset(chain, *returns, *[rule({"jump": {"target": "a"}})] * 60))
    assert time.process_time() - started < 5


@pytest.mark.parametrize("statement", [{"xt": None}, {"tproxy": {"port": 1}}, {"queue": None}, {"brand-new": {"a": 1}}])
def test_read_takes_statements_nobody_knows_for_unknown(statement):
    configuration = nftables.read(ruleset(rule(statement), policy="accept"))
    assert [one.action for one in configuration.rulesets[0].rules] == [Action.UNKNOWN]
    assert len(configuration.unparsed) == 1
    assert configuration.coverage < 1


@pytest.mark.parametrize(
    "match",
    [
        {"op": "==", "left": {"socket": {"key": "mark"}}, "right": 1},
        {"op": "==", "left": {"payload": {"protocol": "tcp", "field": "dport"}}, "right": "@nowhere"},
        {"op": "==", "left": {"payload": {"protocol": "ip", "field": "saddr"}}, "right": "not-an-address"},
        {
            "op": "==",
            "left": {"payload": {"protocol": "ip", "field": "saddr"}},
            "right": {"range": ["10.0.0.9", "10.0.0.1"]},
        },
        {"op": "==", "left": {"concat": [1, 2]}, "right": {"set": [3]}},
        {"op": "<", "left": {"payload": {"protocol": "tcp", "field": "dport"}}, "right": {"set": []}},
        {"left": None},
    ],
)
def test_read_takes_matches_nobody_knows_for_perhaps(match):
    configuration = nftables.read(ruleset(rule({"match": match}, {"accept": None})))
    rules = configuration.rulesets[0].rules
    assert all(not one.is_exact for one in rules)
    assert configuration.unparsed


def json_values() -> st.SearchStrategy:
    """Return JSON of the shapes that rulesets have, with anything in any place."""
    words = st.sampled_from(["match", "left", "right", "op", "set", "payload", "meta", "key", "ip", "saddr", "accept", "vmap", "data", "jump", "target", "f", "concat", "range", "prefix", "addr", "len", "dnat", "tcp", "dport", "10.0.0.1", "lan", "==", "ct", "state"])  # fmt: skip
    leaves = st.one_of(st.none(), st.integers(-5, 70_000), words, st.booleans())
    return st.recursive(
        leaves,
        lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(words, inner, max_size=3)),
        max_leaves=12,
    )


@CALM
@given(
    st.lists(
        st.dictionaries(
            st.sampled_from(["match", "vmap", "jump", "accept", "dnat", "limit", "drop"]), json_values(), max_size=2
        ),
        max_size=4,
    )
)
def test_read_never_raises_on_strange_rules(expressions):
    rules = [rule(*expressions)]
    nat = {
        "family": "inet",
        "table": "t",
        "name": "n",
        "type": "nat",
        "hook": "prerouting",
        "prio": -100,
        "policy": "accept",
    }
    configuration = nftables.read(ruleset(*rules, {"chain": nat}, rule(*expressions, chain="n")))
    assert 0 <= configuration.coverage <= 1
    for one in configuration.rulesets[0].rules:
        assert one.action is not Action.UNKNOWN or not one.is_exact


@CALM
@given(st.one_of(st.tuples(st.sampled_from(TEXTS), st.integers(0, 3000), st.text(max_size=5)), st.text(max_size=200)))
def test_read_never_raises_on_damaged_text(given_text):
    text = (
        given_text
        if isinstance(given_text, str)
        else given_text[0][: given_text[1]] + given_text[2] + given_text[0][given_text[1] + 3 :]
    )
    assert 0 <= nftables.read(text).coverage <= 1


@CALM
@given(
    st.sampled_from([text for file, text in zip(FILES, TEXTS, strict=True) if "cut" not in file.stem]),
    st.floats(0, 0.99),
)
def test_a_cut_ruleset_surely_lets_nothing_pass(text, share):
    cut = nftables.read(text.rstrip()[: int(len(text.rstrip()) * share)])
    for one in cut.rulesets:
        assert one.default is Action.UNKNOWN
        assert all(not each.is_exact for each in one.rules if each.action is Action.PERMIT)


@pytest.mark.parametrize("text", TEXTS, ids=[file.stem for file in FILES])
def test_redaction_changes_nothing_that_is_read(text):
    assert redact(text).text == text
    laid_out = text if "cut" in text else text.replace(", ", ",\n  ")
    assert redact(laid_out).text == laid_out


def test_redaction_takes_secrets_out_of_comments_and_of_what_follows():
    text = ruleset(
        {
            "rule": {
                "family": "inet",
                "table": "t",
                "chain": "f",
                "comment": "パスワード: Geheim77",
                "expr": [{"log": {"prefix": "pw=Geheim77"}}, {"accept": None}],
            }
        }
    )
    redacted = redact(text + "\npassword Geheim77\n").text
    assert "Geheim77" not in redacted
    assert len(nftables.read(redacted).rulesets) == 1
    assert "Geheim77" not in redact('{"nftables": [{"x": {"password": "Geheim77", "psk": "Geheim77"}}]}').text
    assert "Geheim77" not in redact('{"nftables": [{"op": "==", "comment"\t : "pw: Geheim77", "key": "a"}]}').text
    assert "Geheim77" not in redact('{"nftables": [{"x\\"op": "a", "key" :"b", "PSK":"Geheim77"}]}').text


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_likeness_knows_its_own(file):
    assert nftables.likeness(file.read_text(encoding="utf-8")) == 1
    assert nftables.likeness('{"hosts": []}') < 0.2


def test_read_takes_under_a_second_for_twenty_thousand_lines():
    rules = [
        rule(
            {
                "match": {
                    "op": "==",
                    "left": {"payload": {"protocol": "ip", "field": "saddr"}},
                    "right": f"10.{at % 250}.{at // 250}.1",
                }
            },
            {"match": {"op": "==", "left": {"payload": {"protocol": "tcp", "field": "dport"}}, "right": at}},
            {"accept": None},
        )
        for at in range(800)
    ]
    text = json.dumps(json.loads(ruleset(*rules)), indent=1)
    assert len(text.split("\n")) > 20_000
    assert processor_seconds(lambda: nftables.read(text)) < 1.0
    assert len(nftables.read(text).rulesets[0].rules) == 800


def test_twenty_thousand_rules_of_one_line_each_are_read_in_about_a_second():
    """What the writer makes of a long list: many rules that share most of what they say."""
    rule_of = replace(nftables.read(ruleset(rule({"accept": None}))).rulesets[0].rules[0], entering=frozenset({"lan"}))
    rules = tuple(
        replace(
            rule_of,
            src=Ranges.single((10 << 24) + at % 5_000),
            dst=Ranges.single((10 << 24) + (1 << 20) + at // 7),
            service=Ranges.single(service_number(TCP, 1 + at)),
        )
        for at in range(20_000)
    )
    whole = RuleSet("", Everywhere(), Action.DENY, rules, True)
    raw = nftables.emit(DeviceConfiguration("nftables", rulesets=(whole,))).encode()
    read_configuration(TEXTS[0].encode())  # loads the readers
    assert processor_seconds(lambda: read_configuration(raw)) < 1.5
    assert len(read_configuration(raw).rulesets[0].rules) == 20_000


def test_the_same_words_mean_what_the_table_they_stand_in_says():
    """Expressions that say the same are understood once for each table, not once for all."""
    named = {"match": {"op": "==", "left": {"payload": {"protocol": "ip", "field": "saddr"}}, "right": "@staff"}}
    items = [{"table": {"family": "inet", "name": name}} for name in "ab"]
    for at, name in enumerate("ab"):
        place = {"family": "inet", "table": name}
        base = {"name": "f", "type": "filter", "hook": "forward", "prio": at, "policy": "drop"}
        items += [
            {"set": {**place, "name": "staff", "type": "ipv4_addr", "elem": [f"10.0.0.{at + 1}", "10.0.0.9"]}},
            {"chain": {**place, **base}},
            {"rule": {**place, "chain": "f", "expr": [named, {"accept": None}]}},
        ]
    rules = nftables.read(json.dumps({"nftables": items})).rulesets[0].rules
    assert [one.src for one in rules if one.action is Action.PERMIT] == [Ranges.single((10 << 24) + 9)]


def test_read_of_expressions_nested_too_deep_to_compare_ends():
    deep = "[" * 900 + "]" * 900
    text = ruleset(rule({"brand-new": "DEEP"}), rule({"accept": None})).replace('"DEEP"', deep)
    configuration = nftables.read(text)
    assert configuration.unparsed
    assert not any(one.is_exact and one.action is Action.PERMIT for one in configuration.rulesets[0].rules[:1])


def test_read_knows_lines_and_comments():
    text = json.dumps(json.loads(ruleset(rule({"accept": None}))), indent=1)
    text = text.replace('"chain": "f",\n    "expr"', '"chain": "f", "comment": "保守", "handle": 9,\n    "expr"')
    configuration = nftables.read(text)
    (found,) = configuration.rulesets[0].rules
    assert found.origin.text == 't f#9: "保守" accept'
    assert '"rule": {' in text.split("\n")[found.origin.line]
