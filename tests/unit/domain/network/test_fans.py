"""A fan of exits answers like its exits one by one, for every sender, service and source port."""

from random import Random

import pytest

from sekisho.domain.network import fans
from sekisho.domain.network.addresses import ANY_ADDRESS
from sekisho.domain.network.filtering import Filtering
from sekisho.domain.network.hygiene import loops, untidy_rules
from sekisho.domain.network.model import (
    Action,
    AtInterface,
    Device,
    Direction,
    ExternalLine,
    Interface,
    Network,
    Node,
    Route,
    Rule,
    RuleSet,
    Segment,
)
from sekisho.domain.network.ranges import Ranges
from sekisho.domain.network.reach import Reachability
from sekisho.domain.network.services import ANY_PORT, ANY_SERVICE, parse_services
from sekisho.domain.tri import Tri

BASE = 10 << 24
SERVICES = [parse_services(text).first for text in ("tcp/22", "tcp/443", "tcp/445", "udp/53", "icmp")]
RULE_SERVICES = [parse_services(text) for text in ("tcp", "tcp/443", "tcp/445", "tcp/1024-65535", "udp/53", "icmp")]
PORTS = [Ranges(((443, 443),)), Ranges(((1024, 65_535),)), Ranges(((53, 53),))]
ACTIONS = (Action.PERMIT, Action.PERMIT, Action.DENY, Action.UNKNOWN)


def _prefix(at: int) -> Ranges:
    return Ranges(((BASE + at * 256, BASE + at * 256 + 255),))


def _core(seed: int, segments: int = 7) -> Network:
    """Return a switch with filters of all kinds on its VLANs, and a line behind a router of one of them."""
    random = Random(seed)
    aims = [ANY_ADDRESS, *(_prefix(at) for at in range(segments)), Ranges.single(BASE + 10), Ranges.single(BASE + 266)]

    def rule(seq: int) -> Rule:
        ports = random.choice(PORTS) if random.random() < 0.2 else ANY_PORT
        service = random.choice(RULE_SERVICES) if random.random() < 0.8 else ANY_SERVICE
        action, is_exact = random.choice(ACTIONS), random.random() < 0.9
        return Rule(seq, action, random.choice(aims), random.choice(aims), service, ports, is_exact=is_exact)

    def ruleset(name: str, direction: Direction) -> RuleSet:
        rules = tuple(rule(seq) for seq in range(random.randint(0, 6)))
        tracked = tuple(rule(100 + seq) for seq in range(random.choice((0, 0, 2))))
        default = random.choice(ACTIONS)
        return RuleSet("core", AtInterface(name, direction), default, rules, random.random() < 0.4, tracked)

    nodes = [
        Node(f"n{at}-{n}", Ranges.single(BASE + at * 256 + 10 + n), listens=ANY_SERVICE)
        for at in range(segments)
        for n in (0, 1)
    ]
    both = Node("both", Ranges.of(((BASE + 20, BASE + 20), (BASE + 276, BASE + 276))), listens=ANY_SERVICE)
    sides = random.choice(((Direction.IN,), (Direction.OUT,), (Direction.IN, Direction.OUT)))
    router = Device(
        "rt", (Interface("wan"), Interface("lan", "s0", BASE + 250)), (Route((BASE, BASE + 65_535), via=BASE + 1),)
    )
    return Network(
        tuple(Segment(f"s{at}", _prefix(at), gateway="core") for at in range(segments)),
        (*nodes, both),
        (ExternalLine("line", Ranges(((1 << 30, (1 << 30) + 9),)), "rt", "wan"),),
        (Device("core", tuple(Interface(f"v{at}", f"s{at}", BASE + at * 256 + 1) for at in range(segments))), router),
        tuple(ruleset(f"v{at}", side) for at in range(segments) for side in sides if random.random() < 0.8),
    )


@pytest.mark.parametrize("wide", [0, 2, 16])
@pytest.mark.parametrize("seed", range(40))
def test_a_fan_answers_like_its_exits_one_by_one(seed, wide, monkeypatch):
    monkeypatch.setattr(fans, "WIDE", wide)
    network = _core(seed)
    together = Reachability(network, SERVICES)
    answers, untidy, circling = list(together.flows()), untidy_rules(together), loops(together)
    ways = [set(together.legs(at)) for at in range(len(together.classes))]
    monkeypatch.setattr(Filtering, "fans_out", lambda *_: False)
    single = Reachability(network, SERVICES)
    assert answers == list(single.flows())
    assert untidy == untidy_rules(single)
    assert circling == loops(single)
    assert ways == [set(single.legs(at)) for at in range(len(single.classes))]


def test_a_core_with_a_filter_on_each_exit_has_a_fan():
    """What the test above compares would mean nothing were there no fans: most of its networks have one."""
    with_fans = 0
    for seed in range(40):
        reach = Reachability(_core(seed), SERVICES)
        list(reach.flows())
        with_fans += any(routes for routes in reach._fans)
    assert with_fans >= 30


@pytest.mark.parametrize("seed", range(40, 52))
def test_a_what_if_at_an_exit_of_a_fan_is_computed_anew(seed):
    from dataclasses import replace

    network = _core(seed)
    reach = Reachability(network, SERVICES)
    list(reach.flows())
    for at, ruleset in enumerate(network.rulesets):
        rules = tuple(replace(rule, enabled=False) for rule in ruleset.rules)
        changed = (*network.rulesets[:at], replace(ruleset, rules=rules), *network.rulesets[at + 1 :])
        after = network.with_rulesets(changed)
        assert list(reach.after(after).flows()) == list(Reachability(after, SERVICES).flows())


def test_an_exit_that_lets_replies_back_from_one_port_only_is_reached_from_that_port():
    """The filter of VLAN 1 has no state and lets its server answer to port 443 alone: the sender picks 443."""
    answer = Rule(10, Action.PERMIT, _prefix(1), _prefix(0), parse_services("tcp/443"))
    at_exit = RuleSet("core", AtInterface("v1", Direction.IN), Action.DENY, (answer,), stateful=False)
    other = RuleSet("core", AtInterface("v2", Direction.IN), Action.DENY, (), stateful=False)
    network = _plain(at_exit, other)
    reach = Reachability(network, SERVICES)
    assert reach.answer("n0", "n1", SERVICES[0]) is Tri.YES
    assert reach.answer("n0", "n2", SERVICES[0]) is Tri.NO
    assert reach.answer("n2", "n1", SERVICES[0]) is Tri.NO


def test_a_port_chosen_for_one_filter_must_do_for_the_next():
    """Out of VLAN 0 replies may go to port 443 only, into it from VLAN 1 to port 445 only: no port does for both."""
    answer = Rule(10, Action.PERMIT, _prefix(1), _prefix(0), parse_services("tcp/445"))
    back = Rule(10, Action.PERMIT, _prefix(1), _prefix(0), parse_services("tcp/443"))
    at_exit = RuleSet("core", AtInterface("v1", Direction.IN), Action.DENY, (answer,), stateful=False)
    other = RuleSet("core", AtInterface("v2", Direction.IN), Action.DENY, (answer,), stateful=False)
    at_entry = RuleSet("core", AtInterface("v0", Direction.OUT), Action.DENY, (back,), stateful=False)
    assert Reachability(_plain(at_exit, other, at_entry), SERVICES).answer("n0", "n1", SERVICES[0]) is Tri.NO
    assert Reachability(_plain(at_exit, other), SERVICES).answer("n0", "n1", SERVICES[0]) is Tri.YES


def _plain(*rulesets: RuleSet) -> Network:
    return Network(
        tuple(Segment(f"s{at}", _prefix(at), gateway="core") for at in range(3)),
        tuple(Node(f"n{at}", Ranges.single(BASE + at * 256 + 10), listens=ANY_SERVICE) for at in range(3)),
        (),
        (Device("core", tuple(Interface(f"v{at}", f"s{at}", BASE + at * 256 + 1) for at in range(3))),),
        rulesets,
    )
