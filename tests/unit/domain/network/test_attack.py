"""How an intruder gets on, one fact a test."""

import pytest

from sekisho.domain.network.attack import Attack
from sekisho.domain.network.explain import Explainer, Way
from sekisho.domain.network.intrusion import Entry, EntryKind, Intrusion
from sekisho.domain.network.reach import Reachability
from sekisho.domain.network.taking import How
from sekisho.domain.tri import Tri
from tests.unit.domain.network.plans import network, service

INTRUSION = Intrusion(frozenset({service("tcp/445")}), {"backup": frozenset({service("tcp/443")})})
ASKED = [service("tcp/445"), service("tcp/443")]
LINE = Entry(EntryKind.LINE, "l")
PLAN = """
segments:
  - {id: a, cidr: 10.0.1.0/24, gateway: r}
  - {id: b, cidr: 10.0.2.0/24, gateway: r}
nodes:
NODES
lines:
LINES
devices:
  - id: r
    interfaces: [{id: ia, segment: a, address: 10.0.1.1}, {id: ib, segment: b, address: 10.0.2.1}, {id: wan}]
rulesets:
  - {device: r, at: {interface: wan, direction: in}, default: deny, rules: [
      {seq: 1, action: permit, src: [any], dst: [10.0.1.10], service: [tcp/445]}]}
EXTRA
"""
ONE_LINE = "  - {id: l, terminates: {device: r, interface: wan}, source: 198.51.100.0/24}"
PC = "  - {id: pc, addresses: [10.0.1.10], listens: [tcp/445]}\n"


def attack(nodes, lines=ONE_LINE, extra="", *, needs_credentials=False, with_ghosts=False):
    plan = network(PLAN.replace("NODES", nodes).replace("LINES", lines).replace("EXTRA", extra))
    intrusion = Intrusion(INTRUSION.takeover, INTRUSION.consoles, needs_credentials)
    return Attack(Reachability(plan, ASKED, with_ghosts=with_ghosts), intrusion)


def way(spread, node):
    return [(step.origin, step.node, step.how) for step in spread.way_to(node)]


def test_a_host_of_which_no_address_is_known_is_not_called_safe():
    found = attack(PC + "  - {id: sv, addresses: [], listens: [tcp/445]}")
    spread = found.spread(LINE)
    assert spread.fallen("sv") is Tri.UNKNOWN
    assert (spread.hosts_surely, spread.hosts_maybe) == (1, 2)
    assert way(spread, "sv") == [("l", "sv", How.SERVICE)]
    step = spread.takings["sv"]
    assert Explainer(found.reach).between(step.sender, step.target, step.service).way is Way.UNSURE
    assert Explainer(found.reach).explain("l", "sv", service("tcp/445")).reached is Tri.UNKNOWN


def test_whoever_falls_perhaps_takes_others_perhaps():
    isolated = "  - {id: db, addresses: [10.0.2.10], listens: [tcp/445]}\n"
    blocked = "  - {device: r, at: {interface: ib, direction: out}, default: deny, rules: []}"
    nodes = PC + isolated + "  - {id: lost, addresses: [], listens: [tcp/445]}"
    assert attack(PC + isolated, extra=blocked).spread(LINE).fallen("db") is Tri.NO
    assert attack(nodes, extra=blocked).spread(LINE).fallen("db") is Tri.UNKNOWN


def test_a_host_without_an_address_falls_with_its_hypervisor():
    nodes = PC + "  - {id: guest, addresses: [], listens: [], runs_on: pc}"
    assert attack(nodes).spread(LINE).fallen("guest") is Tri.YES


def test_the_host_at_which_an_attack_begins_has_fallen():
    spread = attack(PC).spread(Entry(EntryKind.NODE, "pc"))
    assert spread.fallen("pc") is Tri.YES
    assert (spread.hosts_surely, list(spread.takings), spread.way_to("pc")) == (1, [], ())


def test_a_host_like_the_one_at_which_an_attack_begins_does_not_fall_by_being_like_it():
    nodes = "".join(f"  - {{id: pc{n}, addresses: [10.0.1.{n}], listens: [tcp/445]}}\n" for n in (20, 21))
    begun = Entry(EntryKind.NODE, "pc20")
    spread = attack(nodes).spread(begun)
    assert way(spread, "pc21") == [("pc20", "pc21", How.SERVICE)]
    assert spread.hosts_surely == 2
    quiet = attack(nodes.replace("[tcp/445]", "[tcp/80]")).spread(begun)
    assert (quiet.hosts_surely, quiet.fallen("pc21")) == (1, Tri.NO)


def test_a_host_with_two_cards_falls_by_either_and_the_way_says_by_which():
    two = "  - {id: sv, addresses: [10.0.2.10, 10.0.1.10], listens: [tcp/445], count: 1}\n"
    db = "  - {id: db, addresses: [10.0.2.20], listens: [tcp/445]}"
    spread = attack(two + db).spread(LINE)
    assert way(spread, "db") == [("l", "sv", How.SERVICE), ("sv", "db", How.SERVICE)]


def test_a_group_whose_hosts_fall_one_after_another_stands_twice_on_a_way():
    group = "  - {id: pcs, addresses: [10.0.1.10-10.0.1.11], listens: [tcp/445], count: 2}\n"
    db = "  - {id: db, addresses: [10.0.2.20], listens: [tcp/445]}"
    only = (
        "  - {device: r, at: {interface: ib, direction: out}, default: deny, rules: ["
        "{seq: 1, action: permit, src: [10.0.1.11], dst: [any], service: [any]}]}"
    )
    spread = attack(group + db, extra=only).spread(LINE)
    assert way(spread, "db") == [("l", "pcs", How.SERVICE), ("pcs", "pcs", How.SERVICE), ("pcs", "db", How.SERVICE)]
    assert [step.steps for step in spread.way_to("db")] == [1, 2, 3]
    assert spread.hosts_surely == 3


def test_a_jump_host_falls_and_stops_the_intruder():
    nodes = (
        PC.replace("}", ", role: jump-host, jump_host: true}")
        + "  - {id: db, addresses: [10.0.2.20], listens: [tcp/445]}"
    )
    spread = attack(nodes).spread(LINE)
    assert [node for node in spread.surely] == ["pc"]


def test_two_jump_hosts_that_nothing_tells_apart_both_stop_the_intruder():
    jumps = "".join(
        f"  - {{id: j{n}, addresses: [10.0.1.{n}], listens: [tcp/445], role: jump-host, jump_host: true}}\n"
        for n in (20, 21)
    )
    db = "  - {id: db, addresses: [10.0.2.20], listens: [tcp/445]}\n"
    only = (
        "  - {device: r, at: {interface: ia, direction: in}, default: deny, rules: ["
        "{seq: 1, action: permit, src: [10.0.1.20-10.0.1.21], dst: [10.0.2.20], service: [any]}]}"
    )
    assert attack(PC + jumps + db, extra=only).spread(LINE).surely == ("pc", "j20", "j21")
    plain = jumps.replace("jump_host: true", "jump_host: false")
    assert attack(PC + plain + db, extra=only).spread(LINE).fallen("db") is Tri.YES


@pytest.mark.parametrize(("held", "falls"), [("[adm]", Tri.YES), ("[other]", Tri.NO)])
def test_a_console_opens_to_whoever_holds_its_credentials(held, falls):
    pc = PC.replace("}", f", credentials: {held}}}")
    backup = "  - {id: bk, addresses: [10.0.2.20], listens: [tcp/443], role: backup, credentials: [adm]}"
    spread = attack(pc + backup, extra="credentials: [{id: adm}, {id: other}]").spread(LINE)
    assert spread.fallen("bk") is falls
    assert not spread.way_to("bk") or way(spread, "bk")[-1] == ("pc", "bk", How.CONSOLE)


def test_with_credentials_needed_only_their_hosts_fall():
    pc = PC.replace("}", ", credentials: [adm]}")
    more = "  - {id: other, addresses: [10.0.1.11], listens: [tcp/445], credentials: [safe]}"
    known = "credentials: [{id: adm}, {id: safe}]"
    knowing = ONE_LINE.replace("}, source", "}, auth: {credentials: [adm]}, source")
    assert attack(pc + more, extra=known, needs_credentials=True).spread(LINE).surely == ()
    assert attack(pc + more, knowing, known, needs_credentials=True).spread(LINE).surely == ("pc",)


@pytest.mark.parametrize(("source", "falls"), [("198.51.100.0/24", Tri.YES), ("203.0.113.0/24", Tri.UNKNOWN)])
def test_lines_of_one_company_hang_together(source, falls):
    """For sure where the company sends from the same addresses, perhaps where it does not."""
    lines = (
        "  - {id: l, terminates: {device: r, interface: ib}, source: 198.51.100.0/24, vendor: V}\n"
        f"  - {{id: m, terminates: {{device: r, interface: wan}}, source: {source}, vendor: V}}"
    )
    nodes = PC + "  - {id: sv, addresses: [10.0.2.9], listens: [tcp/445]}"
    shut = "  - {device: r, at: {interface: ib, direction: in}, default: deny, rules: []}"
    alone = attack(nodes, lines.replace(f"source: {source}, vendor: V", f"source: {source}"), shut)
    assert alone.spread(LINE).fallen("pc") is Tri.NO
    assert attack(nodes, lines, shut).spread(LINE).fallen("pc") is falls


def test_a_line_that_ends_nobody_knows_where_threatens_everything_perhaps():
    spread = attack(PC, "  - {id: l, terminates: unknown, source: 198.51.100.0/24}").spread(LINE)
    assert (spread.surely, spread.maybe) == ((), ("pc",))


def test_a_strangers_device_takes_its_neighbours_also_where_no_address_is_free():
    segment = Entry(EntryKind.SEGMENT, "a")
    assert attack(PC, with_ghosts=True).spread(segment).surely == ("pc",)
    full = PC.replace("10.0.1.10", "10.0.1.0, 10.0.1.2-10.0.1.255").replace("}", ", count: 255}")
    assert attack(full, with_ghosts=True).spread(segment).surely == ("pc",)


def test_an_entry_that_is_not_there_is_an_error():
    for kind in EntryKind:
        with pytest.raises(KeyError):
            attack(PC).spread(Entry(kind, "nothing"))
