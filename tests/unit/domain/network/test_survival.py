"""Which copy outlives which attack: every kind of medium at a place that falls, may fall, or does not."""

from dataclasses import replace

import pytest

from sekisho.domain.network.attack import Attack
from sekisho.domain.network.intrusion import Entry, EntryKind, Intrusion
from sekisho.domain.network.model import BackupCopy, Connect, ExternalLine, Network, Node
from sekisho.domain.network.ranges import Ranges
from sekisho.domain.network.reach import Reachability
from sekisho.domain.network.survival import Because, SystemFate, fate_of, fates, without_surviving_copy
from sekisho.domain.tri import Tri
from tests.unit.domain.network.plans import network, service

SMB = service("tcp/445")
PLAN = """
segments:
  - {id: a, cidr: 10.0.1.0/24}
  - {id: b, cidr: 10.0.2.0/24}
  - {id: c, cidr: 10.0.3.0/24}
nodes:
  - {id: falls, addresses: [10.0.1.10], listens: [tcp/445], credentials: [adm]}
  - {id: may-fall, addresses: [10.0.2.10], listens: [tcp/445], credentials: [perhaps], critical: 3}
  - {id: stands, addresses: [10.0.3.10], listens: [tcp/445], credentials: [safe], critical: 2}
lines: [{id: l, terminates: {device: r, interface: wan}, source: 198.51.100.0/24, auth: {credentials: [key]}}]
devices:
  - id: r
    interfaces: [{id: ia, segment: a, address: 10.0.1.1}, {id: ib, segment: b, address: 10.0.2.1}, {id: ic, segment: c, address: 10.0.3.1}, {id: wan}]
rulesets:
  - {device: r, at: {interface: ib, direction: out}, default: unknown, rules: []}
  - {device: r, at: {interface: ic, direction: out}, default: deny, rules: []}
credentials: [{id: adm}, {id: perhaps}, {id: safe}, {id: key}]
"""
YES, NO, MAYBE = Tri.YES, Tri.NO, Tri.UNKNOWN


@pytest.fixture(scope="module")
def attacked():
    built = network(PLAN)
    spread = Attack(Reachability(built, [SMB]), Intrusion(frozenset({SMB}))).spread(Entry(EntryKind.LINE, "l"))
    assert (spread.surely, spread.maybe) == (("falls",), ("may-fall",))
    return built, spread


def copy(on, connect=Connect.ALWAYS_ON, **more):
    return BackupCopy("copy", "stands", on, connect, **more)


TABLE = [
    # connect, more, (survives, because) where the place falls, may fall
    (Connect.ALWAYS_ON, {}, (NO, Because.PLACE_FALLS), (MAYBE, Because.PLACE_MAY_FALL)),
    (Connect.ALWAYS_ON, {"generations": 30}, (NO, Because.PLACE_FALLS), (MAYBE, Because.PLACE_MAY_FALL)),
    (Connect.ALWAYS_ON, {"immutable_days": 99}, (NO, Because.PLACE_FALLS), (MAYBE, Because.PLACE_MAY_FALL)),
    (Connect.TIMED_LINK, {}, (MAYBE, Because.LINK_MAY_BE_UP), (MAYBE, Because.LINK_MAY_BE_UP)),
    (Connect.UNKNOWN, {}, (MAYBE, Because.CONNECT_UNKNOWN), (MAYBE, Because.CONNECT_UNKNOWN)),
    (Connect.MANUAL_EJECT, {}, (MAYBE, Because.GENERATIONS_UNKNOWN), (MAYBE, Because.GENERATIONS_UNKNOWN)),
    (Connect.MANUAL_EJECT, {"generations": 0}, (NO, Because.ONLY_GENERATION), (MAYBE, Because.ONLY_GENERATION)),
    (Connect.MANUAL_EJECT, {"generations": 1}, (NO, Because.ONLY_GENERATION), (MAYBE, Because.ONLY_GENERATION)),
    (Connect.MANUAL_EJECT, {"generations": 2}, (YES, Because.DETACHED), (YES, Because.DETACHED)),
    (Connect.IMMUTABLE, {"immutable_days": 14}, (YES, Because.UNCHANGEABLE), (YES, Because.UNCHANGEABLE)),
    (Connect.IMMUTABLE, {"immutable_days": 13}, *[(MAYBE, Because.UNCHANGEABLE_TOO_SHORT)] * 2),
]  # fmt: skip


@pytest.mark.parametrize(("connect", "more", "falls", "may_fall"), TABLE)
def test_the_medium_decides_where_the_place_is_attacked(attacked, connect, more, falls, may_fall):
    built, spread = attacked
    for place, expected in (("falls", falls), ("may-fall", may_fall), ("stands", (YES, Because.NOT_REACHED))):
        fate = fate_of(copy(place, connect, **more), spread, built)
        assert (fate.survives, fate.because) == expected, place


@pytest.mark.parametrize(("connect", "more", "falls", "may_fall"), TABLE)
@pytest.mark.parametrize("place", [None, "nobody-knows-it"])
def test_an_unknown_place_is_never_safe(attacked, place, connect, more, falls, may_fall):
    fate = fate_of(copy(place, connect, **more), attacked[1], attacked[0])
    assert fate.survives is may_fall[0]
    assert fate.because in (Because.PLACE_UNKNOWN, may_fall[1])


@pytest.mark.parametrize(
    ("place", "held", "survives", "because"),
    [
        ("stands", "adm", NO, Because.CREDENTIALS_HELD),
        ("stands", "key", NO, Because.CREDENTIALS_HELD),
        ("stands", "perhaps", MAYBE, Because.CREDENTIALS_HELD),
        ("stands", "safe", YES, Because.NOT_REACHED),
        ("may-fall", "adm", NO, Because.CREDENTIALS_HELD),
        ("may-fall", "safe", MAYBE, Because.PLACE_MAY_FALL),
        ("falls", "adm", NO, Because.PLACE_FALLS),
        (None, "adm", NO, Because.CREDENTIALS_HELD),
    ],
)
def test_whoever_holds_the_credentials_of_a_copy_deletes_it(attacked, place, held, survives, because):
    fate = fate_of(copy(place, credentials=(held,)), attacked[1], attacked[0])
    assert (fate.survives, fate.because) == (survives, because)


def test_held_credentials_do_not_reach_a_medium_on_the_shelf_nor_change_what_cannot_be_changed(attacked):
    for connect, more in ((Connect.MANUAL_EJECT, {"generations": 2}), (Connect.IMMUTABLE, {"immutable_days": 30})):
        assert fate_of(copy("stands", connect, credentials=("adm",), **more), attacked[1], attacked[0]).survives is YES


def test_a_hospital_may_assume_another_dwell_time(attacked):
    kept = copy("falls", Connect.IMMUTABLE, immutable_days=14)
    assert fate_of(kept, attacked[1], attacked[0], dwell_days=15).because is Because.UNCHANGEABLE_TOO_SHORT
    assert fate_of(kept, attacked[1], attacked[0], dwell_days=0).survives is YES


def test_the_host_at_which_an_attack_begins_loses_its_copies():
    built = network(PLAN)
    attack = Attack(Reachability(built, [SMB]), Intrusion(frozenset({SMB})))
    spread = attack.spread(Entry(EntryKind.NODE, "stands"))
    assert fate_of(copy("stands"), spread, built).survives is NO
    assert fate_of(copy("may-fall", credentials=("safe",)), spread, built).because is Because.CREDENTIALS_HELD


def test_days_lost_are_those_of_one_interval_and_only_where_something_may_survive(attacked):
    built, spread = attacked
    assert fate_of(copy("stands", interval_hours=36), spread, built).days_lost == 1.5
    assert fate_of(copy("stands"), spread, built).days_lost is None
    assert fate_of(copy("falls", interval_hours=24), spread, built).days_lost is None


def systems(attacked, *copies):
    built, spread = attacked
    return {fate.node: fate for fate in fates(replace(built, backups=copies), spread)}


def test_a_system_survives_by_its_best_copy(attacked):
    weekly = BackupCopy("weekly", "falls", "stands", interval_hours=168)
    daily = BackupCopy("daily", "falls", "stands", interval_hours=24)
    lost = BackupCopy("lost", "falls", "falls", Connect.ALWAYS_ON, interval_hours=1)
    fate = systems(attacked, weekly, daily, lost)["falls"]
    assert (fate.survives, fate.days_lost, len(fate.copies)) == (YES, 1.0, 3)
    unknown = replace(daily, id="unknown", interval_hours=None)
    assert systems(attacked, weekly, unknown)["falls"].days_lost is None
    assert systems(attacked, lost)["falls"].survives is NO


def test_a_critical_system_without_a_copy_is_listed_and_lost(attacked):
    found = systems(attacked)
    assert set(found) == {"may-fall", "stands"}
    assert found["may-fall"].survives is NO
    assert without_surviving_copy(found.values()) == ["may-fall"]


def test_what_keeps_no_data_of_its_own_needs_no_copy():
    roles = ("backup", "modality", "pc", "gateway", "ehr")
    nodes = tuple(Node(role, Ranges(), role=role, critical=3) for role in roles)
    built = Network(nodes=nodes, lines=(ExternalLine("l"),))
    spread = Attack(Reachability(built, [SMB]), Intrusion(frozenset({SMB}))).spread(Entry(EntryKind.LINE, "l"))
    assert [fate.node for fate in fates(built, spread)] == ["ehr"]


def test_the_worst_comes_first(attacked):
    found = systems(
        attacked,
        BackupCopy("1", "falls", "falls", Connect.ALWAYS_ON),
        BackupCopy("2", "may-fall", "may-fall", Connect.TIMED_LINK),
        BackupCopy("3", "stands", "stands", Connect.ALWAYS_ON),
    )
    assert list(found) == ["falls", "may-fall", "stands"]
    none_left = systems(attacked, BackupCopy("1", "falls", "falls", Connect.ALWAYS_ON))
    assert list(none_left) == ["falls", "may-fall", "stands"]


@pytest.mark.parametrize(
    ("falls", "survives", "restorable"),
    [
        (Tri.NO, Tri.NO, None),
        (Tri.YES, Tri.YES, Tri.YES),
        (Tri.YES, Tri.NO, Tri.NO),
        (Tri.YES, Tri.UNKNOWN, Tri.UNKNOWN),
        (Tri.UNKNOWN, Tri.YES, Tri.YES),
        (Tri.UNKNOWN, Tri.NO, Tri.UNKNOWN),
        (Tri.UNKNOWN, Tri.UNKNOWN, Tri.UNKNOWN),
    ],
)
def test_a_system_that_only_may_fall_is_never_said_to_be_lost(falls, survives, restorable):
    assert SystemFate("ehr", "line", falls, survives, ()).restorable is restorable
