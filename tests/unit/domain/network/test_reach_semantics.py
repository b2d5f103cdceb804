"""What a packet does at each kind of rule, route and address: one fact a test. See docs/explanation/reachability.md."""

import pytest

from sekisho.domain.tri import Tri
from tests.unit.domain.network.plans import network, reached, two_segments

IN_A = "  - {device: r, at: {interface: ia, direction: in}, source: declared, "
OUT_B = "  - {device: r, at: {interface: ib, direction: out}, source: declared, "


def test_no_rule_set_means_no_filter():
    assert reached(two_segments(), "pc", "sv") is Tri.YES


def test_a_service_that_nobody_listens_on_is_not_reached():
    assert reached(two_segments(), "pc", "sv", "tcp/3389") is Tri.NO


def test_the_first_rule_that_matches_decides():
    rules = IN_A + (
        "default: deny, rules: [{seq: 10, action: deny, src: [10.0.1.10], dst: [any], service: [tcp/445]},"
        " {seq: 20, action: permit, src: [any], dst: [any], service: [any]}]}"
    )
    assert reached(two_segments(rules=rules), "pc", "sv") is Tri.NO
    assert reached(two_segments(rules=rules), "pc", "sv", "tcp/80") is Tri.YES


@pytest.mark.parametrize(("default", "answer"), [("permit", Tri.YES), ("deny", Tri.NO), ("unknown", Tri.UNKNOWN)])
def test_the_default_decides_where_no_rule_matches(default, answer):
    rules = (
        IN_A + f"default: {default}, rules: [{{seq: 1, action: permit, src: [10.9.9.9], dst: [any], service: [any]}}]}}"
    )
    assert reached(two_segments(rules=rules), "pc", "sv") is answer


def test_every_filter_on_the_way_counts():
    rules = IN_A + "default: permit, rules: []}\n" + OUT_B + "default: deny, rules: []}"
    assert reached(two_segments(rules=rules), "pc", "sv") is Tri.NO


def test_established_opens_nothing():
    rules = IN_A + (
        "default: deny, rules: [{seq: 1, action: permit, src: [any], dst: [any], service: [any], state: established}]}"
    )
    assert reached(two_segments(rules=rules), "pc", "sv") is Tri.NO


def test_without_state_the_reply_must_pass_too():
    out_a = "  - {device: r, at: {interface: ia, direction: out}, stateful: false, default: deny, rules: []}"
    assert reached(two_segments(rules=out_a), "pc", "sv") is Tri.NO
    opened = out_a.replace(
        "rules: []",
        "rules: [{seq: 1, action: permit, src: [10.0.2.0/24], dst: [any], service: [tcp], state: established}]",
    )
    assert reached(two_segments(rules=opened), "pc", "sv") is Tri.YES
    assert reached(two_segments(rules=opened), "pc", "sv", "udp/53") is Tri.NO


def test_with_state_the_reply_is_not_asked():
    out_a = "  - {device: r, at: {interface: ia, direction: out}, default: deny, rules: []}"
    assert reached(two_segments(rules=out_a), "pc", "sv") is Tri.YES


def test_a_tracked_connection_lets_its_reply_pass():
    out_a = (
        "  - {device: r, at: {interface: ia, direction: out}, stateful: false, default: deny, rules: [],"
        " tracked: [{seq: 1, action: permit, src: [10.0.1.0/24], dst: [any], service: [udp/53]}]}"
    )
    assert reached(two_segments(rules=out_a), "pc", "sv", "udp/53") is Tri.YES
    assert reached(two_segments(rules=out_a), "pc", "sv") is Tri.NO


def test_a_sender_chooses_its_source_port():
    rules = IN_A + (
        "default: deny, rules: [{seq: 1, action: permit, src: [any], dst: [any], service: [tcp], source_ports: [53]}]}"
    )
    assert reached(two_segments(rules=rules), "pc", "sv") is Tri.YES


def test_one_source_port_must_pass_every_filter():
    rules = (
        IN_A
        + "default: deny, rules: [{seq: 1, action: permit, src: [any], dst: [any], service: [tcp], source_ports: [53]}]}\n"
        + OUT_B
        + "default: deny, rules: [{seq: 1, action: permit, src: [any], dst: [any], service: [tcp], source_ports: [54]}]}"
    )
    assert reached(two_segments(rules=rules), "pc", "sv") is Tri.NO


def test_a_disabled_rule_does_nothing_and_a_scheduled_one_is_taken_at_its_worst():
    def rule(action: str, more: str, default: str) -> str:
        return IN_A + (
            f"default: {default}, rules: [{{seq: 1, action: {action}, src: [any], dst: [any], service: [any], {more}}}]}}"
        )

    assert reached(two_segments(rules=rule("permit", "enabled: false", "deny")), "pc", "sv") is Tri.NO
    assert reached(two_segments(rules=rule("permit", "schedule: 平日", "deny")), "pc", "sv") is Tri.YES
    assert reached(two_segments(rules=rule("deny", "schedule: 平日", "permit")), "pc", "sv") is Tri.YES


class TestUnknown:
    def test_a_rule_that_may_match_taints_what_comes_after(self):
        rules = IN_A + (
            "default: deny, rules: [{seq: 1, action: unknown, src: [any], dst: [any], service: [any], exact: false},"
            " {seq: 2, action: permit, src: [any], dst: [any], service: [tcp/445]}]}"
        )
        assert reached(two_segments(rules=rules), "pc", "sv") is Tri.UNKNOWN
        assert reached(two_segments(rules=rules), "pc", "sv", "tcp/80") is Tri.UNKNOWN

    def test_a_yes_that_holds_whatever_the_unknown_does_is_said(self):
        rules = IN_A + (
            "default: deny, rules: [{seq: 1, action: permit, src: [any], dst: [any], service: [tcp/445]},"
            " {seq: 2, action: unknown, src: [any], dst: [any], service: [any], exact: false}]}"
        )
        assert reached(two_segments(rules=rules), "pc", "sv") is Tri.YES

    def test_a_permit_that_may_match_before_a_permit_leaves_it_sure(self):
        rules = IN_A + (
            "default: deny, rules: [{seq: 1, action: permit, src: [any], dst: [any], service: [any], exact: false},"
            " {seq: 2, action: permit, src: [any], dst: [any], service: [tcp/445]}]}"
        )
        assert reached(two_segments(rules=rules), "pc", "sv") is Tri.YES
        assert reached(two_segments(rules=rules), "pc", "sv", "tcp/80") is Tri.UNKNOWN

    def test_a_no_that_holds_whatever_the_unknown_does_is_said(self):
        rules = OUT_B + "default: deny, rules: []}"
        assert reached(two_segments(rules=rules, device=", filters: unknown"), "pc", "sv") is Tri.NO
        assert reached(two_segments(device=", filters: unknown"), "pc", "sv") is Tri.UNKNOWN

    def test_a_line_that_ends_nobody_knows_where_may_reach_all(self):
        plan = two_segments(extra="lines: [{id: L, source: 203.0.113.0/24}]")
        assert reached(plan, "L", "sv") is Tri.UNKNOWN

    def test_a_next_hop_that_no_device_has_is_unknown(self):
        plan = two_segments(extra="").replace(
            "- {id: b, cidr: 10.0.2.0/24, gateway: r}", "- {id: b, cidr: 10.0.2.0/24}\n  - {id: c, cidr: 10.0.3.0/24}"
        )
        plan = plan.replace("{id: sv, addresses: [10.0.2.10]", "{id: sv, addresses: [10.0.3.10]")
        plan = plan.replace(
            "address: 10.0.2.1}]", "address: 10.0.2.1}], routes: [{prefix: 10.0.3.0/24, via: 10.0.2.254}]"
        )
        assert reached(plan, "pc", "sv") is Tri.UNKNOWN

    def test_two_devices_on_a_segment_without_a_gateway_are_unknown(self):
        plan = two_segments().replace("cidr: 10.0.1.0/24, gateway: r", "cidr: 10.0.1.0/24")
        plan = plan.replace(
            "rulesets:", "  - {id: r2, interfaces: [{id: x, segment: a, address: 10.0.1.2}]}\nrulesets:"
        )
        assert reached(plan, "pc", "sv") is Tri.UNKNOWN


class TestWays:
    def test_hosts_of_a_segment_reach_each_other_unless_isolated(self):
        plan = two_segments(extra="").replace("{id: pc, addresses: [10.0.1.10]}", "{id: pc, addresses: [10.0.2.20]}")
        assert reached(plan, "pc", "sv") is Tri.YES
        assert reached(plan.replace("cidr: 10.0.2.0/24,", "cidr: 10.0.2.0/24, isolation: port,"), "pc", "sv") is Tri.NO

    def test_no_route_is_no(self):
        plan = two_segments(extra="lines: [{id: L, source: 203.0.113.0/24, terminates: {device: e, interface: wan}}]")
        edge = "  - {id: e, interfaces: [{id: wan}, {id: lan, segment: a, address: 10.0.1.254}]}\nrulesets:"
        assert reached(plan.replace("rulesets:", edge), "L", "sv") is Tri.NO
        routed = edge.replace("]}\nrulesets", "], routes: [{prefix: 10.0.2.0/24, via: 10.0.1.1}]}\nrulesets")
        assert reached(plan.replace("rulesets:", routed), "L", "sv") is Tri.YES

    def test_the_longest_prefix_wins(self):
        plan = two_segments(extra="lines: [{id: L, source: 203.0.113.0/24, terminates: {device: e, interface: wan}}]")
        edge = (
            "  - {id: e, interfaces: [{id: wan}, {id: lan, segment: a, address: 10.0.1.254}],"
            " routes: [{prefix: 10.0.0.0/8, via: 10.0.1.1}, {prefix: 10.0.2.10/32, interface: wan}]}\nrulesets:"
        )
        assert reached(plan.replace("rulesets:", edge), "L", "sv") is Tri.NO

    def test_a_route_loop_is_no_and_ends(self):
        plan = """
segments: [{id: a, cidr: 10.0.1.0/24, gateway: r1}, {id: t, cidr: 10.0.9.0/30, gateway: r1}, {id: b, cidr: 10.0.2.0/24}]
nodes: [{id: pc, addresses: [10.0.1.10]}, {id: sv, addresses: [10.0.2.10], listens: [tcp/445]}]
devices:
  - {id: r1, interfaces: [{id: a, segment: a, address: 10.0.1.1}, {id: t, segment: t, address: 10.0.9.1}], routes: [{prefix: 10.0.2.0/24, via: 10.0.9.2}]}
  - {id: r2, interfaces: [{id: t, segment: t, address: 10.0.9.2}], routes: [{prefix: 10.0.2.0/24, via: 10.0.9.1}]}
"""
        assert reached(plan, "pc", "sv") is Tri.NO

    def test_equal_routes_are_sure_only_where_they_agree(self):
        plan = """
segments:
  - {id: a, cidr: 10.0.1.0/24, gateway: r1}
  - {id: t, cidr: 10.0.9.0/29, gateway: r1}
  - {id: b, cidr: 10.0.2.0/24, gateway: r2}
nodes: [{id: pc, addresses: [10.0.1.10]}, {id: sv, addresses: [10.0.2.10], listens: [tcp/445]}]
devices:
  - id: r1
    interfaces: [{id: a, segment: a, address: 10.0.1.1}, {id: t, segment: t, address: 10.0.9.1}]
    routes: [{prefix: 10.0.2.0/24, via: 10.0.9.2}, {prefix: 10.0.2.0/24, via: 10.0.9.3}]
  - {id: r2, interfaces: [{id: t, segment: t, address: 10.0.9.2}, {id: b, segment: b, address: 10.0.2.1}]}
  - {id: r3, interfaces: [{id: t, segment: t, address: 10.0.9.3}, {id: b, segment: b, address: 10.0.2.2}]}
"""
        assert reached(plan, "pc", "sv") is Tri.YES
        closed = plan + "rulesets: [{device: r3, at: {interface: t, direction: in}, default: deny, rules: []}]"
        assert reached(closed, "pc", "sv") is Tri.UNKNOWN

    def test_ipv4_does_not_reach_ipv6(self):
        plan = two_segments().replace("addresses: [10.0.1.10]", 'addresses: ["2001:db8::10"]')
        plan = plan.replace("cidr: 10.0.1.0/24", 'cidr: "2001:db8::/64"').replace(
            "address: 10.0.1.1", 'address: "2001:db8::1"'
        )
        assert reached(plan, "pc", "sv") is Tri.NO


class TestTranslation:
    EDGE = """
segments: [{id: b, cidr: 10.0.2.0/24, gateway: r}]
nodes: [{id: sv, addresses: [10.0.2.10], listens: [tcp/445, tcp/443]}]
lines: [{id: L, source: 198.51.100.0/24, terminates: {device: r, interface: wan}}]
devices: [{id: r, interfaces: [{id: wan, address: 203.0.113.2}, {id: ib, segment: b, address: 10.0.2.1}]}]
rulesets:
  - {device: r, at: {interface: wan, direction: in}, default: deny, rules: [RULE]}
nat: [{device: r, interface: wan, kind: static, outside: 203.0.113.2, inside: 10.0.2.10, service: tcp/8443, inside_port: 443, filters_see: SIDE}]
"""

    def _plan(self, rule: str, side: str) -> str:
        return self.EDGE.replace("RULE", rule).replace("SIDE", side)

    def test_a_forwarded_port_opens_an_inside_host(self):
        rule = "{seq: 1, action: permit, src: [any], dst: [10.0.2.10], service: [tcp/443]}"
        assert reached(self._plan(rule, "inside"), "L", "sv", "tcp/443") is Tri.YES
        assert reached(self._plan(rule, "inside"), "L", "sv", "tcp/445") is Tri.NO

    def test_a_filter_that_sees_the_outside_address_judges_that(self):
        rule = "{seq: 1, action: permit, src: [any], dst: [203.0.113.2], service: [tcp/8443]}"
        assert reached(self._plan(rule, "outside"), "L", "sv", "tcp/443") is Tri.YES
        assert reached(self._plan(rule, "inside"), "L", "sv", "tcp/443") is Tri.NO

    def test_source_nat_hides_the_sender_from_devices_beyond(self):
        plan = two_segments(
            extra="nat: [{device: r, interface: ib, kind: source, inside: 10.0.1.0/24, outside: 10.0.2.1}]"
        )
        plan = plan.replace(
            "{id: b, cidr: 10.0.2.0/24, gateway: r}",
            "{id: b, cidr: 10.0.2.0/24, gateway: r}\n  - {id: c, cidr: 10.0.3.0/24}",
        )
        plan = plan.replace("{id: sv, addresses: [10.0.2.10]", "{id: sv, addresses: [10.0.3.10]")
        plan = plan.replace(
            "address: 10.0.2.1}]", "address: 10.0.2.1}], routes: [{prefix: 10.0.3.0/24, via: 10.0.2.2}]"
        )
        plan = plan.replace(
            "rulesets:\n  []",
            (
                "  - {id: r2, interfaces: [{id: b, segment: b, address: 10.0.2.2}, {id: c, segment: c, address: 10.0.3.1}]}\n"
                "rulesets:\n  - {device: r2, at: {interface: b, direction: in}, default: deny,"
                " rules: [{seq: 1, action: permit, src: [10.0.2.1], dst: [any], service: [any]}]}"
            ),
        )
        assert reached(plan, "pc", "sv") is Tri.YES
        assert (
            reached(
                plan.replace("kind: source", "kind: source").replace("inside: 10.0.1.0/24", "inside: 10.7.0.0/24"),
                "pc",
                "sv",
            )
            is Tri.NO
        )


def test_a_dual_homed_node_is_reached_by_any_of_its_addresses():
    plan = two_segments(rules=IN_A + "default: deny, rules: []}").replace(
        "addresses: [10.0.2.10]", "addresses: [10.0.2.10, 10.0.1.77]"
    )
    assert reached(plan, "pc", "sv") is Tri.YES


def test_an_unknown_source_or_target_is_a_key_error():
    with pytest.raises(KeyError):
        reached(network(two_segments()), "nobody", "sv")
    with pytest.raises(KeyError):
        reached(network(two_segments()), "pc", "nobody")
