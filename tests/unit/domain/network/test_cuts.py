"""What a proposed change carries along, offers and refuses, one fact a test."""

from dataclasses import replace
from datetime import date

import pytest

from sekisho.domain.network.changes import CloseLine, DisableRule, InsertDeny, TakeOffline, changed
from sekisho.domain.network.cut import Bound
from sekisho.domain.network.goals import Goal, critical_goal
from sekisho.domain.network.intrusion import Entry, EntryKind, Intrusion
from sekisho.domain.network.model import Action, AtInterface, DeclaredFlow, Direction
from sekisho.domain.network.reach import Reachability
from sekisho.domain.network.services import parse_services
from sekisho.domain.network.smallest_cut import smallest_cut
from sekisho.domain.tri import Tri
from tests.unit.domain.network.plans import network, service

INTRUSION = Intrusion(frozenset({service("tcp/445"), service("tcp/3389")}))
LINE = Entry(EntryKind.LINE, "l")
PLAN = """
segments:
  - {id: a, cidr: 10.0.1.0/24, gateway: r}
  - {id: b, cidr: 10.0.2.0/24, gateway: r}
nodes:
  - {id: pc, addresses: [10.0.1.10], listens: [tcp/445]}
  - {id: db, addresses: [10.0.2.10], listens: [tcp/445, tcp/3389, tcp/5000-5010], critical: 3}
lines:
  - {id: l, terminates: {device: r, interface: wan}, source: 198.51.100.0/24}
devices:
  - id: r
    interfaces: [{id: ia, segment: a, address: 10.0.1.1}, {id: ib, segment: b, address: 10.0.2.1}, {id: wan, address: 203.0.113.1}]
rulesets:
  - {device: r, at: {interface: wan, direction: in}, default: deny, STATE rules: [RULES]}
"""
OPEN = "{seq: 10, action: permit, src: [any], dst: [any], service: [any]}"


def plan(rules=OPEN, extra="", state=""):
    return network(PLAN.replace("RULES", rules).replace("STATE", state) + extra)


def cut_of(built, *, copies=(), today=None, targets=None, asked=()):
    needed = {first for flow in built.flows for first, _ in flow.service.spans}
    reach = Reachability(built, INTRUSION.services | needed | set(asked))
    goal = critical_goal(built, today=today)
    return smallest_cut(
        reach, INTRUSION, Goal(goal.entries, goal.targets if targets is None else targets, copies, today)
    )


def answers(built, changes, source, target, *services):
    reach = Reachability(changed(built, changes), [service(text) for text in services])
    return [reach.answer(source, target, service(text)) for text in services]


def test_a_leftover_permit_is_taken_out_alone():
    built = plan("{seq: 10, action: permit, src: [any], dst: [10.0.2.10], service: [tcp/445]}")
    cut = cut_of(built)
    assert cut.changes == (DisableRule(0, 10),)
    assert (cut.bound, cut.cost, cut.conflicts) == (Bound.MINIMAL, 1.0, ())
    assert cut.before["l"].surely == ("db", "pc")
    assert cut.after["l"].surely == ()


def test_a_permit_behind_another_is_taken_out_with_it():
    twice = ", ".join(
        f"{{seq: {seq}, action: permit, src: [any], dst: [10.0.2.10], service: [tcp/445]}}" for seq in (10, 20)
    )
    cut = cut_of(plan(twice))
    assert answers(plan(twice), cut.changes, "l", "db", "tcp/445") == [Tri.NO]
    assert cut.cost == pytest.approx(1.5)  # one deny before both is cheaper than two rules


def test_every_port_of_a_declared_span_goes_on_working():
    built = plan(extra="flows: [{src: l, dst: db, service: tcp/5000-5010, owner: 検査科}]")
    cut = cut_of(built)
    assert answers(built, cut.changes, "l", "db", "tcp/445", "tcp/3389") == [Tri.NO, Tri.NO]
    assert answers(built, cut.changes, "l", "db", "tcp/5000", "tcp/5005", "tcp/5010") == [Tri.YES] * 3


def test_a_need_that_ended_is_not_kept():
    flow = "flows: [{src: l, dst: db, service: tcp/445, owner: 検査科, until: 2026-01-31}]"
    assert cut_of(plan(extra=flow)).conflicts != ()
    assert cut_of(plan(extra=flow), today=date(2026, 11, 21)).conflicts == ()


def test_a_need_for_a_takeover_service_is_a_conflict_that_names_it():
    built = plan(extra="flows: [{src: l, dst: db, service: tcp/3389, owner: 検査科}]")
    cut = cut_of(built)
    (conflict,) = cut.conflicts
    assert (conflict.entry, conflict.target, conflict.flows) == (LINE, "db", built.flows)
    assert [step.node for step in conflict.way] == ["db"]
    assert (cut.changes, cut.cost) == ((), 0)


@pytest.mark.parametrize(("seen", "named"), [("inside", "10.0.2.10"), ("outside", "203.0.113.5")])
@pytest.mark.parametrize("forwarded", ["", "service: tcp/8000, inside_port: 5000, "])
def test_a_need_through_an_outside_address_goes_on_working(seen, named, forwarded):
    rules = f"{{seq: 10, action: permit, src: [any], dst: [{named}], service: [any]}}"
    nat = "{device: r, interface: wan, kind: static, outside: 203.0.113.5, inside: 10.0.2.10, "
    flow = "flows: [{src: l, dst: db, service: tcp/5000, owner: 検査科}]"
    built = plan(rules, f"nat:\n  - {nat}{forwarded}filters_see: {seen}}}\n{flow}\n")
    assert answers(built, (), "l", "db", "tcp/5000") == [Tri.YES]
    cut = cut_of(built)
    assert answers(built, cut.changes, "l", "db", "tcp/445", "tcp/3389", "tcp/5000") == [Tri.NO, Tri.NO, Tri.YES]
    assert (cut.flows_broken, cut.conflicts) == ((), ())


def test_a_need_whose_sender_is_hidden_goes_on_working():
    """What leaves r by wan carries the address of r; r2 behind it sees only that."""
    built = network(HIDDEN)
    assert answers(built, (), "pc", "db", "tcp/5000") == [Tri.YES]
    entry = Entry(EntryKind.NODE, "pc")
    reach = Reachability(built, INTRUSION.services | {service("tcp/5000")})
    cut = smallest_cut(reach, INTRUSION, Goal((entry,), ("db",)))
    assert answers(built, cut.changes, "pc", "db", "tcp/445", "tcp/5000") == [Tri.NO, Tri.YES]
    assert cut.flows_broken == ()


HIDDEN = """
segments:
  - {id: a, cidr: 10.0.1.0/24, gateway: r}
  - {id: link, cidr: 10.0.9.0/30, gateway: r2}
  - {id: b, cidr: 10.0.2.0/24, gateway: r2}
nodes:
  - {id: pc, addresses: [10.0.1.10]}
  - {id: db, addresses: [10.0.2.10], listens: [tcp/445, tcp/5000], critical: 3}
devices:
  - id: r
    interfaces: [{id: ia, segment: a, address: 10.0.1.1}, {id: il, segment: link, address: 10.0.9.1}]
    routes: [{prefix: 10.0.2.0/24, via: 10.0.9.2}]
  - id: r2
    interfaces: [{id: il, segment: link, address: 10.0.9.2}, {id: ib, segment: b, address: 10.0.2.1}]
nat:
  - {device: r, interface: il, kind: source, inside: [10.0.1.0/24], outside: 10.0.9.1}
rulesets:
  - {device: r2, at: {interface: il, direction: in}, default: deny, rules: [
      {seq: 10, action: permit, src: [10.0.9.1], dst: [any], service: [any]}]}
flows: [{src: pc, dst: db, service: tcp/5000, owner: 検査科}]
"""


def test_the_keep_for_a_need_opens_no_second_address_that_was_shut():
    """A group of two, one of which an earlier rule shuts off: the permit kept names only the open one."""
    rules = (
        "{seq: 5, action: deny, src: [any], dst: [10.0.1.11], service: [tcp/80]},"
        " {seq: 10, action: permit, src: [any], dst: [any], service: [any]}"
    )
    text = PLAN.replace("RULES", rules).replace("STATE", "")
    group = "{id: pc, addresses: [10.0.1.10-10.0.1.11], count: 2, listens: [tcp/445, tcp/80]}"
    built = network(
        text.replace("{id: pc, addresses: [10.0.1.10], listens: [tcp/445]}", group)
        + "flows: [{src: l, dst: pc, service: tcp/80, owner: 栄養課}]"
    )
    cut = cut_of(built)
    reach = Reachability(changed(built, cut.changes), [service("tcp/80")])
    surely, _ = reach.reached_from("l", service("tcp/80"))
    there = {span for at, item in enumerate(reach.classes.items) if surely >> at & 1 for _, span in item.members}
    assert there == {(built.nodes[0].addresses.first,) * 2}


@pytest.mark.parametrize("state", ["", "stateful: false,"])
def test_a_filter_is_attached_where_there_was_none(state):
    text = PLAN.replace(
        "  - {device: r, at: {interface: wan, direction: in}, default: deny, STATE rules: [RULES]}", "  []"
    )
    cut = cut_of(network(text))
    (change,) = cut.changes
    assert isinstance(change, InsertDeny)
    assert change.attaches
    assert change.at == AtInterface("wan", Direction.IN)
    after = changed(network(text), cut.changes)
    assert after.rulesets[-1].default is Action.PERMIT
    assert answers(network(text), cut.changes, "l", "db", "tcp/445", "tcp/5000") == [Tri.NO, Tri.YES]


def test_a_copy_out_of_the_drive_needs_no_change_and_one_left_in_it_does():
    both = """
backups:
  - {id: vault, of: db, on: db, connect: manual-eject, generations: 4}
  - {id: loaded, of: db, on: db, connect: always-on, generations: 3}
"""
    built = plan(extra=both)
    assert cut_of(built, copies=("vault",), targets=()).changes == ()
    changes = cut_of(built, copies=("loaded",), targets=()).changes
    assert len(changes) == 1
    needed = plan(extra=both + "flows: [{src: l, dst: db, service: tcp/445, owner: 検査科}]")
    assert cut_of(needed, copies=("loaded",), targets=()).changes == (TakeOffline("loaded"),)


def test_a_copy_whose_credentials_the_line_holds_is_saved_by_taking_it_out():
    text = (
        PLAN.replace("source: 198", "auth: {credentials: [bk]}, source: 198")
        .replace("RULES", OPEN)
        .replace("STATE", "")
    )
    built = network(
        text
        + """
credentials: [{id: bk}]
backups: [{id: copy, of: db, connect: always-on, generations: 3, credentials: [bk]}]
flows: [{src: l, dst: db, service: tcp/5000, owner: 検査科}]
"""
    )
    cut = cut_of(built, copies=("copy",), targets=())
    assert cut.changes == (TakeOffline("copy"),)
    assert cut.conflicts == ()


def test_what_is_only_possible_is_not_cut():
    built = plan("{seq: 10, action: unknown, src: [any], dst: [any], service: [any]}")
    cut = cut_of(built)
    assert (cut.changes, cut.bound) == ((), Bound.MINIMAL)
    assert cut.after["l"].maybe == ("pc", "db")


def test_a_line_without_a_rule_of_its_own_can_be_closed():
    text = PLAN.replace("{device: r, interface: wan}, source: 198", "{segment: b}, source: 198")
    built = network(text.replace("RULES", OPEN).replace("STATE", ""))
    cut = cut_of(built)
    assert len(cut.changes) == 1
    assert cut.after.get("l") is None or cut.after["l"].surely == ()
    needed = DeclaredFlow("l", "db", parse_services("tcp/5000"))
    assert CloseLine("l") not in cut_of(replace(built, flows=(needed,))).changes


def test_an_unknown_target_or_line_is_an_error():
    built = plan()
    reach = Reachability(built, INTRUSION.services)
    with pytest.raises(KeyError):
        smallest_cut(reach, INTRUSION, Goal((LINE,), ("nothing",)))
    with pytest.raises(KeyError):
        smallest_cut(reach, INTRUSION, Goal((Entry(EntryKind.LINE, "x"),), ("db",)))
    with pytest.raises(KeyError):
        smallest_cut(reach, INTRUSION, Goal((LINE,), (), ("nothing",)))
