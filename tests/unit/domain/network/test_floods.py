"""What falls over edges alone: floods that are kept give the answer that a plain search gives."""

from itertools import chain
from random import Random

import pytest

from sekisho.domain.network import floods
from sekisho.domain.network.classes import positions
from sekisho.domain.network.floods import LEAST_KEPT, MAX_KEPT, Floods

HOSTS = 240


class _Edges:
    """Edges given as sets; `asked` counts the senders looked up."""

    def __init__(self, surely, maybe):
        self.surely, self.maybe = surely, maybe
        self.asked = 0

    def from_any(self, senders, *, surely):
        reached = 0
        for sender in positions(senders):
            self.asked += 1
            reached |= (self.surely if surely else self.maybe)[sender]
        return reached


def _random_edges(random, share):
    """Return edges between hosts of five wards, few from ward to ward; the possible ones hold the sure ones."""
    surely, maybe = {}, {}
    for sender in range(HOSTS):
        own = [at for at in range(HOSTS) if at % 5 == sender % 5 and random.random() < share]
        far = [at for at in range(HOSTS) if at % 5 > sender % 5 and random.random() < share / 40]
        surely[sender] = sum(1 << at for at in {*own, *far})
        maybe[sender] = surely[sender] | sum(1 << at for at in random.sample(range(HOSTS), 1) if random.random() < 0.1)
    return _Edges(surely, maybe)


def _plainly(edges, start, passing_on):
    taken, waiting, seen = set(), [at for at in positions(start) if passing_on >> at & 1], set()
    while waiting:
        sender = waiting.pop()
        if sender not in seen:
            seen.add(sender)
            reached = list(positions(edges[sender]))
            taken.update(reached)
            waiting += [at for at in reached if passing_on >> at & 1]
    return sum(1 << at for at in taken)


@pytest.mark.parametrize("least_kept", [1, LEAST_KEPT])
@pytest.mark.parametrize("seed", range(25))
def test_a_flood_is_what_a_plain_search_finds(seed, least_kept, monkeypatch):
    monkeypatch.setattr(floods, "LEAST_KEPT", least_kept)
    random = Random(seed)
    edges = _random_edges(random, random.choice((0.01, 0.03, 0.1, 0.5)))
    jump_hosts = sum(1 << at for at in random.sample(range(HOSTS), 12))
    lines = sum(1 << at for at in random.sample(range(HOSTS), 8))
    passing_on = ~jump_hosts
    searched = Floods(edges, ((1 << HOSTS) - 1) & ~lines, passing_on)
    for _ in range(30):
        start = sum(1 << at for at in random.sample(range(HOSTS), random.choice((1, 1, 1, 2, 9))))
        for surely, given in ((True, edges.surely), (False, edges.maybe)):
            assert searched.taken_from(start, surely=surely) == _plainly(given, start, passing_on)


def test_a_start_falls_only_when_it_falls_to_another():
    edges = _Edges({0: 0b10, 1: 0b100, 2: 0}, {0: 0b10, 1: 0b101, 2: 0})
    searched = Floods(edges, 0b111, -1)
    assert searched.taken_from(0b001, surely=True) == 0b110
    assert searched.taken_from(0b001, surely=False) == 0b111


def test_a_jump_host_falls_and_takes_nobody():
    edges = _Edges({0: 0b10, 1: 0b100, 2: 0}, {})
    searched = Floods(edges, 0b111, ~0b010)
    assert searched.taken_from(0b001, surely=True) == 0b010
    assert searched.taken_from(0b010, surely=True) == 0


def test_the_second_search_of_one_large_flood_looks_at_few_hosts():
    everyone = (1 << HOSTS) - 1
    edges = _Edges(dict.fromkeys(range(HOSTS), everyone), {})
    searched = Floods(edges, everyone, -1)
    assert searched.taken_from(1 << 7, surely=True) == everyone
    edges.asked = 0
    assert searched.taken_from(1 << 99, surely=True) == everyone
    assert edges.asked == 0


def test_no_more_floods_are_kept_than_hospitals_have(monkeypatch):
    monkeypatch.setattr(floods, "LEAST_KEPT", 1)
    edges = _Edges({at: 1 << at for at in range(HOSTS)}, {})
    searched = Floods(edges, (1 << HOSTS) - 1, -1)
    for at in chain(range(HOSTS), range(HOSTS)):
        assert searched.taken_from(1 << at, surely=True) == 1 << at
    edges.asked = 0
    for at in range(HOSTS):
        searched.taken_from(1 << at, surely=True)
    assert edges.asked == HOSTS - MAX_KEPT
