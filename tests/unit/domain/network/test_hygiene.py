"""Which rules are untidy, and that nothing is said of a rule that is not true of it."""

from dataclasses import replace
from datetime import date
from random import Random

import pytest

from sekisho.domain.network.hygiene import Flaw, covers, loops, services_to_ask, untidy_rules
from sekisho.domain.network.reach import Reachability
from tests.oracles.random_hospitals import ASKED, SMALL
from tests.oracles.random_networks import random_network
from tests.unit.domain.network.plans import network, two_segments

TODAY = date(2026, 11, 21)
HEAD = "  - {device: r, at: {interface: ia, direction: in}, default: deny, rules: ["


def flaws(*rules, head=HEAD):
    built = network(two_segments(rules=head + ", ".join(rules) + "]}"))
    reach = Reachability(built, services_to_ask(built, ()))
    return {one.rule.seq: (one.flaw, one.by.seq if one.by else None) for one in untidy_rules(reach, today=TODAY)}


def rule(seq, action="permit", src="10.0.1.0/24", dst="10.0.2.0/24", to="tcp/445", more=""):
    return f"{{seq: {seq}, action: {action}, src: [{src}], dst: [{dst}], service: [{to}]{more}}}"


def test_a_tidy_rule_has_no_flaw():
    assert flaws(rule(10)) == {}


@pytest.mark.parametrize(
    ("later", "is_shadowed"),
    [
        (rule(20), True),
        (rule(20, "deny"), True),
        (rule(20, src="10.0.1.10"), True),
        (rule(20, to="tcp/445-446"), False),
        (rule(20, src="10.0.0.0/16"), False),
        (rule(20, more=", entering: [ia]"), True),
    ],
)
def test_a_rule_is_shadowed_by_one_rule_that_decides_all_it_matches(later, is_shadowed):
    assert (flaws(rule(10), later).get(20) == (Flaw.SHADOWED, 10)) is is_shadowed


@pytest.mark.parametrize(
    "more", [", enabled: false", ", exact: false", ", source_ports: [53]", ", entering: [ib]", ", state: established"]
)
def test_a_rule_that_may_not_match_shadows_nothing(more):
    assert flaws(rule(10, more=more), rule(20)).get(20) is None


def test_a_scheduled_permit_counts_at_its_worst_and_a_scheduled_deny_shadows_nothing():
    assert flaws(rule(10, "deny", more=", schedule: 夜間"), rule(20)).get(20) is None


def test_two_rules_together_leave_nothing_for_a_third():
    halves = rule(10, src="10.0.1.0/25"), rule(20, src="10.0.1.128/25")
    assert flaws(*halves, rule(30))[30] == (Flaw.NEVER_DECIDES, None)


def test_a_rule_for_hosts_that_nobody_listed_is_not_said_to_never_decide():
    assert flaws(rule(10, src="10.0.1.10"), rule(20, dst="10.9.9.9")).get(20) is None


@pytest.mark.parametrize(
    ("text", "flaw"),
    [
        (rule(10, src="any", dst="any", to="any"), Flaw.ANY_TO_ANY),
        (rule(10, src="10.0.0.0/8", dst="10.0.0.0/8", to="any"), Flaw.ANY_TO_ANY),
        (rule(10, to="any"), Flaw.ANY_SERVICE),
        (rule(10, src="any", to="tcp/23"), Flaw.CLEAR_TEXT_MANAGEMENT),
        (rule(10, to="tcp/23"), None),
        (rule(10, "deny", src="any", dst="any", to="any"), None),
        (rule(10, more=", until: 2026-11-20"), Flaw.EXPIRED),
        (rule(10, more=", until: 2026-11-21"), None),
        (rule(10, more=", enabled: false"), Flaw.DISABLED),
        (rule(10, "unknown", more=", exact: false"), Flaw.NOT_UNDERSTOOD),
    ],
)
def test_each_flaw_is_told_when_it_is_there(text, flaw):
    assert flaws(text).get(10, (None, None))[0] is flaw


def _numbered(built):
    """Give every rule of a set a number of its own."""
    return built.with_rulesets(
        tuple(
            replace(one, rules=tuple(replace(each, seq=10 * at + 10) for at, each in enumerate(one.rules)))
            for one in built.rulesets
        )
    )


@pytest.mark.parametrize("seed", range(120))
def test_taking_out_what_is_shadowed_or_never_decides_changes_no_answer(seed):
    built = _numbered(random_network(Random(seed), SMALL))
    reach = Reachability(built, {*ASKED, *services_to_ask(built, ())})
    spare = {
        (id(one.ruleset), one.rule.seq)
        for one in untidy_rules(reach)
        if one.flaw in (Flaw.SHADOWED, Flaw.NEVER_DECIDES)
    }
    left = tuple(
        replace(one, rules=tuple(each for each in one.rules if (id(one), each.seq) not in spare))
        for one in built.rulesets
    )
    after = Reachability(built.with_rulesets(left), reach.asked)
    assert list(after.flows()) == list(reach.flows())


def test_covering_is_of_every_part():
    built = network(two_segments(rules=HEAD + f"{rule(10)}, {rule(20)}" + "]}"))
    one, other = built.rulesets[0].rules
    assert covers(one, other)
    assert covers(replace(one, entering=None), replace(other, entering=frozenset({"ia"})))
    assert not covers(replace(one, entering=frozenset({"ia"})), other)
    assert not covers(replace(one, entering=frozenset({"ia"})), replace(other, entering=frozenset({"ia", "ib"})))


CIRCLE = """
segments:
  - {id: a, cidr: 10.0.1.0/24, gateway: r1}
  - {id: link, cidr: 10.0.9.0/30, gateway: r1}
nodes: [{id: pc, addresses: [10.0.1.10]}, {id: far, addresses: [10.7.0.1], listens: [tcp/445]}]
devices:
  - {id: r1, interfaces: [{id: a, segment: a, address: 10.0.1.1}, {id: l, segment: link, address: 10.0.9.1}], routes: [{prefix: 10.7.0.0/16, via: 10.0.9.2}]}
  - {id: r2, interfaces: [{id: l, segment: link, address: 10.0.9.2}], routes: [{prefix: 10.7.0.0/16, via: 10.0.9.1}]}
"""


def test_a_circle_of_routes_is_found_and_names_what_it_keeps_away():
    from sekisho.adapters.network.read import read_network_model

    found = loops(Reachability(read_network_model(CIRCLE.encode()).network, ASKED))
    assert set(found) <= {"r1", "r2"}
    assert any("far" in nodes for nodes in found.values())
