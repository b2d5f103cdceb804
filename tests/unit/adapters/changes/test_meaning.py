"""The proof that two rule sets do the same: it finds every difference a plain evaluator finds, and no other."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sekisho.adapters.changes.meaning import difference, sources_cut_off
from sekisho.domain.network.addresses import ANY_V4, address_number, parse_addresses
from sekisho.domain.network.model import Action, AtInterface, Direction, Rule, RuleSet, State
from sekisho.domain.network.ranges import Ranges
from sekisho.domain.network.services import PORTS, TCP, parse_services, ports_of
from tests.samples.configurations.verdicts import Packet, judged

AT = AtInterface("lan1", Direction.IN)
ADDRESSES = [Ranges.single(1), Ranges.single(2), Ranges(((1, 2),)), ANY_V4]
SERVICES = [
    ports_of(TCP, Ranges.single(80)),
    ports_of(TCP, Ranges(((80, 81),))),
    ports_of(TCP),
    parse_services("icmp"),
    parse_services("any"),
]


@st.composite
def rules(draw):
    return Rule(
        draw(st.integers(1, 99)),
        draw(st.sampled_from([Action.PERMIT, Action.DENY, Action.UNKNOWN])),
        draw(st.sampled_from(ADDRESSES)),
        draw(st.sampled_from(ADDRESSES)),
        draw(st.sampled_from(SERVICES)),
        state=draw(st.sampled_from(list(State))),
        is_exact=draw(st.booleans()),
        enabled=draw(st.booleans()),
    )


def rulesets():
    return st.builds(
        lambda listed, default, stateful: RuleSet("d", AT, default, tuple(listed), stateful),
        st.lists(rules(), max_size=4),
        st.sampled_from([Action.PERMIT, Action.DENY]),
        st.booleans(),
    )


def packets():
    for src in (0, 1, 2, 3):
        for dst in (0, 1, 2, 3):
            for service in (6 * PORTS + 79, 6 * PORTS + 80, 6 * PORTS + 81, 6 * PORTS + 82, PORTS, 17 * PORTS + 80):
                for is_reply in (False, True):
                    yield Packet(src, dst, service, 40000, is_reply)


def seen(ruleset: RuleSet, packet: Packet):
    return judged(ruleset, packet)[0]


@given(rulesets(), rulesets())
@settings(max_examples=300, deadline=None)
def test_sets_called_equal_are_equal_to_a_plain_evaluator(one, other):
    other = replace(other, stateful=one.stateful)
    if difference(one, other, (4,)) is None:
        for packet in packets():
            if packet.is_reply and one.stateful:
                continue
            assert seen(one, packet) == seen(other, packet)


@given(rulesets())
@settings(max_examples=100, deadline=None)
def test_a_set_equals_itself_whatever_its_numbers_and_names(one):
    renamed = tuple(replace(rule, seq=rule.seq + 1000, name="x", objects=("y",)) for rule in one.rules)
    assert difference(one, replace(one, rules=renamed), (4, 6)) is None


@given(rulesets(), st.data())
@settings(max_examples=200, deadline=None)
def test_a_plain_difference_is_found(one, data):
    packet = data.draw(st.sampled_from([each for each in packets() if not each.is_reply]))
    verdict = seen(one, packet)
    turned = Action.DENY if verdict == "permit" else Action.PERMIT
    first = Rule(1, turned, Ranges.single(packet.src), Ranges.single(packet.dst), Ranges.single(packet.service))
    assert difference(one, replace(one, rules=(first, *one.rules)), (4,)) is not None


def test_no_rule_set_is_one_that_lets_everything_pass():
    passes = RuleSet("d", AT, Action.PERMIT)
    assert difference(None, passes, (4, 6)) is None
    assert difference(None, replace(passes, default=Action.DENY), (4,)) is not None


def test_a_rule_split_into_lines_means_the_same():
    whole = RuleSet(
        "d", AT, Action.DENY, (Rule(1, Action.PERMIT, ANY_V4, ANY_V4, parse_services(["tcp/80", "udp/53"])),)
    )
    parts = tuple(
        Rule(at, Action.PERMIT, ANY_V4, ANY_V4, parse_services(one)) for at, one in enumerate(["udp/53", "tcp/80"])
    )
    assert difference(whole, replace(whole, rules=parts), (4,)) is None


def test_a_permit_moved_above_a_deny_is_another_meaning():
    permit = Rule(1, Action.PERMIT, ANY_V4, ANY_V4, parse_services("tcp/80"))
    deny = Rule(2, Action.DENY, ANY_V4, ANY_V4, parse_services("tcp/1-100"))
    one = RuleSet("d", AT, Action.DENY, (deny, permit))
    found = difference(one, replace(one, rules=(permit, deny)), (4,))
    assert found is not None
    assert "tcp/80" in str(found)


def test_replies_of_sets_without_state_count():
    opened = Rule(1, Action.PERMIT, ANY_V4, ANY_V4, ports_of(TCP), state=State.ESTABLISHED)
    without = RuleSet("d", AT, Action.DENY, (opened,), stateful=False)
    assert difference(without, replace(without, rules=()), (4,)) is not None
    assert difference(replace(without, stateful=True), RuleSet("d", AT, Action.DENY), (4,)) is None


def test_other_ways_back_are_another_meaning():
    way = Rule(1, Action.PERMIT, ANY_V4, ANY_V4, ports_of(TCP))
    without = RuleSet("d", AT, Action.DENY, stateful=False)
    assert difference(without, replace(without, tracked=(way,)), (4,)) is not None


def test_only_what_is_asked_for_is_compared():
    six = Rule(1, Action.DENY, parse_addresses("::/0"), parse_addresses("::/0"))
    one = RuleSet("d", AT, Action.PERMIT)
    assert difference(one, replace(one, rules=(six,)), (4,)) is None
    assert difference(one, replace(one, rules=(six,)), (6,)) is not None


@pytest.mark.parametrize("count", [3, 300])
def test_a_change_deep_in_a_long_list_is_compared_at_once(count):
    listed = tuple(
        Rule(at, Action.PERMIT, Ranges.single(at), Ranges.single(at + 7), parse_services(f"tcp/{at + 1}"))
        for at in range(count)
    )
    one = RuleSet("d", AT, Action.DENY, listed)
    assert difference(one, replace(one, rules=(*listed[:1], *listed[2:])), (4,)) is not None


def test_senders_who_are_shut_out_are_named():
    deny = Rule(1, Action.DENY, parse_addresses("10.0.0.0/24"), ANY_V4, parse_services("tcp/22"))
    new = RuleSet("d", AT, Action.PERMIT, (deny,))
    target = address_number("192.168.0.1")
    assert sources_cut_off(None, new, target, parse_services("tcp/22").first, 4) == parse_addresses("10.0.0.0/24")
    assert not sources_cut_off(None, new, target, parse_services("tcp/443").first, 4)
