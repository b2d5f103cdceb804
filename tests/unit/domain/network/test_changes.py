"""What each change does to a network, and what it refuses."""

from dataclasses import replace

import pytest

from sekisho.domain.network.addresses import ANY_ADDRESS, parse_addresses
from sekisho.domain.network.changes import (
    CloseLine,
    CutCable,
    DisableRule,
    InsertDeny,
    IsolateSegment,
    NarrowRule,
    PutJumpHost,
    TakeOffline,
    changed,
)
from sekisho.domain.network.model import Action, AtInterface, Connect, Direction, Isolation, Rule
from sekisho.domain.network.reach import Reachability
from sekisho.domain.network.services import ANY_SERVICE, parse_services
from sekisho.domain.tri import Tri
from tests.unit.domain.network.plans import network, service

SMB = parse_services("tcp/445")
WAN_IN = AtInterface("wan", Direction.IN)
PLAN = """
segments: [{id: a, cidr: 10.0.1.0/24, gateway: r}]
nodes:
  - {id: pc, addresses: [10.0.1.10], listens: [tcp/445, tcp/80]}
  - {id: sv, addresses: [10.0.1.11], listens: [tcp/445, tcp/80]}
lines: [{id: l, terminates: {device: r, interface: wan}, source: 198.51.100.0/24}]
devices: [{id: r, interfaces: [{id: ia, segment: a, address: 10.0.1.1}, {id: wan}]}]
rulesets:
  - {device: r, at: {interface: wan, direction: in}, default: deny, rules: [
      {seq: 7, action: permit, src: [any], dst: [10.0.1.0/24], service: [tcp]},
      {seq: 9, action: permit, src: [any], dst: [10.0.1.11], service: [tcp/445]}]}
backups: [{id: copy, of: sv, on: pc, connect: always-on, generations: 1}]
"""


@pytest.fixture(scope="module")
def built():
    return network(PLAN)


def reached(built, *ends, **more):
    asked = [service("tcp/445"), service("tcp/80")]
    reach = Reachability(built, asked, **more)
    return [reach.answer(source, target, one).value for source, target in ends for one in asked]


def keep(target="10.0.1.10", services=SMB):
    return Rule(0, Action.PERMIT, ANY_ADDRESS, parse_addresses(target), services, name="sekisho")


def test_a_disabled_rule_stays_to_be_seen_and_decides_nothing(built):
    after = changed(built, [DisableRule(0, 7)])
    assert [(rule.seq, rule.enabled) for rule in after.rulesets[0].rules] == [(7, False), (9, True)]
    assert reached(after, ("l", "pc"), ("l", "sv")) == ["no", "no", "yes", "no"]


def test_what_is_kept_stands_in_its_place_under_a_number_of_its_own(built):
    after = changed(built, [DisableRule(0, 7, (keep(),))])
    assert [rule.seq for rule in after.rulesets[0].rules] == [10, 7, 9]
    assert reached(after, ("l", "pc")) == ["yes", "no"]


def test_a_narrowed_rule_keeps_its_other_services(built):
    after = changed(built, [NarrowRule(0, 7, SMB)])
    assert reached(after, ("l", "pc"), ("l", "sv")) == ["no", "yes", "yes", "yes"]
    nothing_left = changed(built, [NarrowRule(0, 9, SMB)])
    assert not nothing_left.rulesets[0].rules[1].enabled


def test_a_deny_stands_before_everything_but_what_it_keeps(built):
    deny = InsertDeny("r", WAN_IN, ANY_ADDRESS, ANY_ADDRESS, SMB, (keep(),))
    after = changed(built, [deny])
    assert [(rule.seq, rule.action.value) for rule in after.rulesets[0].rules[:2]] == [(10, "permit"), (11, "deny")]
    assert reached(after, ("l", "pc"), ("l", "sv")) == ["yes", "yes", "no", "yes"]


def test_several_changes_of_one_rule_set_hold_together(built):
    deny = InsertDeny("r", WAN_IN, ANY_ADDRESS, ANY_ADDRESS, SMB)
    one_way = changed(built, [deny, DisableRule(0, 7)])
    other_way = changed(built, [DisableRule(0, 7), deny])
    assert one_way.rulesets == other_way.rulesets
    assert reached(one_way, ("l", "pc"), ("l", "sv")) == ["no"] * 4
    assert len({rule.seq for rule in one_way.rulesets[0].rules}) == 3


@pytest.mark.parametrize("stateful", [True, False])
def test_a_new_filter_is_put_last_and_lets_the_rest_pass(built, stateful):
    known = built.with_rulesets((replace(built.rulesets[0], stateful=stateful),))
    deny = InsertDeny("r", AtInterface("ia", Direction.IN), ANY_ADDRESS, ANY_ADDRESS, SMB, attaches=True)
    after = changed(known, [deny])
    assert after.rulesets[0] is known.rulesets[0]
    assert (after.rulesets[1].default, after.rulesets[1].stateful) == (Action.PERMIT, stateful)
    assert after.rulesets[1].source == "proposed"


def test_closing_isolating_cutting_and_taking_out_do_what_they_say(built):
    assert changed(built, [CloseLine("l")]).lines == ()
    isolated = changed(built, [IsolateSegment("a")])
    assert isolated.segments[0].isolation is Isolation.PORT
    assert reached(isolated, ("pc", "sv"), ("l", "sv")) == ["no", "no", "yes", "yes"]
    cut = changed(built, [CutCable("r", "ia")])
    assert Tri.YES.value not in reached(cut, ("l", "sv"))
    copy = changed(built, [TakeOffline("copy")]).backups[0]
    assert (copy.connect, copy.generations) == (Connect.MANUAL_EJECT, 2)


def test_a_jump_host_is_all_that_a_line_reaches(built):
    after = changed(built, [PutJumpHost("l", "pc")])
    assert reached(after, ("l", "pc"), ("l", "sv")) == ["yes", "yes", "no", "no"]
    assert after.nodes[0].is_jump_host


@pytest.mark.parametrize(
    "change",
    [
        DisableRule(0, 99),
        NarrowRule(0, 99, SMB),
        CloseLine("x"),
        IsolateSegment("x"),
        CutCable("r", "x"),
        CutCable("x", "ia"),
        TakeOffline("x"),
        PutJumpHost("x", "pc"),
        PutJumpHost("l", "x"),
    ],
    ids=lambda change: type(change).__name__,
)
def test_what_is_not_there_is_refused(built, change):
    with pytest.raises(LookupError):
        changed(built, [change])


def test_no_change_is_no_change(built):
    assert changed(built, []) is built
    assert changed(built, [NarrowRule(0, 7, ANY_SERVICE)]).rulesets[0].rules[0].enabled is False
