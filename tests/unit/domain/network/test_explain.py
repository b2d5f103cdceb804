"""What an explanation says decides, stops, and would stop next."""

import pytest

from sekisho.domain.network.explain import Explainer, Way
from sekisho.domain.network.reach import Reachability
from sekisho.domain.tri import Tri
from tests.unit.domain.network.plans import network, service, two_segments

SMB = service("tcp/445")
HEAD = "  - {device: r, at: {interface: ia, direction: in}, "


def explained(rules, source="pc", target="sv", asked="tcp/445", **more):
    built = network(two_segments(rules=rules, **more))
    return Explainer(Reachability(built, {SMB, service("tcp/80"), service("tcp/22")})).explain(
        source, target, service(asked)
    )


def ruleset(*rules, default="deny", more=""):
    return HEAD + f"default: {default}, {more} rules: [{', '.join(rules)}]}}"


def rule(seq, action="permit", src="any", to="tcp", more=""):
    return f"{{seq: {seq}, action: {action}, src: [{src}], dst: [any], service: [{to}]{more}}}"


@pytest.mark.parametrize(
    ("rules", "reached", "reference"),
    [
        (ruleset(rule(10)), Tri.YES, "r/ia/in#10"),
        (ruleset(rule(10, "deny")), Tri.NO, "r/ia/in#10"),
        (ruleset(rule(10, to="udp")), Tri.NO, "r/ia/in#default"),
        (ruleset(rule(10, to="udp"), default="permit"), Tri.YES, "no-filter"),
        (ruleset(rule(10, "unknown")), Tri.UNKNOWN, "r/ia/in#10"),
        ("  []", Tri.YES, "no-filter"),
    ],
)
def test_the_reference_names_what_decides(rules, reached, reference):
    found = explained(rules)
    assert (found.reached, found.rule_reference) == (reached, reference)


def test_a_service_nobody_listens_on_is_told_apart_from_one_that_is_stopped():
    assert explained("  []", asked="tcp/22").way is Way.NOT_LISTENING


def test_the_next_rule_that_would_stop_is_named():
    decision = explained(ruleset(rule(10), rule(20, to="udp"), rule(30, "deny"), rule(40))).decisions[0]
    assert (decision.next_stop.seq, decision.would_stop_by_default) == (30, False)


def test_a_later_permit_means_that_nothing_would_stop():
    decision = explained(ruleset(rule(10), rule(20), rule(30, "deny"))).decisions[0]
    assert (decision.next_stop, decision.would_stop_by_default) == (None, False)


@pytest.mark.parametrize(("default", "would_stop"), [("deny", True), ("permit", False), ("unknown", False)])
def test_else_the_default_would_stop(default, would_stop):
    decision = explained(ruleset(rule(10), default=default)).decisions[0]
    assert (decision.next_stop, decision.would_stop_by_default) == (None, would_stop)


def test_a_disabled_or_scheduled_deny_stops_nothing():
    rules = ruleset(rule(10, "deny", more=", enabled: false"), rule(20, "deny", more=", schedule: 夜間"), rule(30))
    assert explained(rules).rule_reference == "r/ia/in#30"


def test_a_missing_configuration_is_named_as_the_reason():
    found = explained("  []", device=", filters: unknown")
    assert (found.reached, found.rule_reference) == (Tri.UNKNOWN, "filters-unknown:r")


def test_the_reply_that_is_stopped_is_the_reason():
    back = "  - {device: r, at: {interface: ib, direction: in}, default: deny, stateful: false, rules: []}"
    found = explained(back)
    assert found.rule_reference == "r/ib/in#default"
    assert [decision.is_reply for decision in found.decisions] == [True]
    assert found.decisions[0].packet.source == found.target_address


def test_the_witness_that_comes_farthest_explains_what_is_stopped():
    rules = (
        ruleset(rule(10), default="deny")
        + "\n  - {device: r, at: {interface: ib, direction: out}, default: deny, rules: []}"
    )
    found = explained(rules)
    assert [decision.passes for decision in found.decisions] == [Tri.YES, Tri.NO]
    assert found.rule_reference == "r/ib/out#default"
    assert [(step.device, step.entering, step.leaving) for step in found.steps] == [("r", "ia", "ib")]
