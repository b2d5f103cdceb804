"""The cells of the matrix: blocked, allowed, exception, unknown."""

from datetime import date

import pytest

from sekisho.domain.network.matrix import Cell, department_matrix
from sekisho.domain.network.reach import Reachability
from tests.unit.domain.network.plans import network, service, two_segments

SMB, DNS = service("tcp/445"), service("udp/53")
TODAY = date(2026, 11, 21)
SHUT = "  - {device: r, at: {interface: ib, direction: out}, default: deny, rules: []}"
UNSURE = SHUT.replace("deny", "unknown")
FLOW = "flows: [{src: pc, dst: sv, service: tcp/445, owner: 検査科UNTIL}]"


def matrix(rules="", extra="", services=(SMB,), **more):
    built = network(two_segments(rules=rules, extra=extra, **more))
    return department_matrix(Reachability(built, {SMB, DNS}), services, today=TODAY)


def cell(*args, pair=("a", "b"), **more):
    return matrix(*args, **more).cells[pair]


@pytest.mark.parametrize(
    ("rules", "extra", "kind"),
    [
        ("", "", Cell.ALLOWED),
        (SHUT, "", Cell.BLOCKED),
        (UNSURE, "", Cell.UNKNOWN),
        ("", FLOW.replace("UNTIL", ""), Cell.EXCEPTION),
        ("", FLOW.replace("UNTIL", ", until: 2026-11-21"), Cell.EXCEPTION),
        ("", FLOW.replace("UNTIL", ", until: 2026-11-20"), Cell.ALLOWED),
        ("", FLOW.replace("UNTIL", "").replace("445", "446"), Cell.ALLOWED),
        (SHUT, FLOW.replace("UNTIL", ""), Cell.BLOCKED),
    ],
)
def test_a_cell_is_what_its_openings_make_it(rules, extra, kind):
    assert cell(rules, extra).cell is kind


def test_nothing_opens_where_nobody_listens():
    assert cell(pair=("b", "a")).cell is Cell.BLOCKED


def test_a_declared_need_excuses_only_its_own_service():
    found = cell("", FLOW.replace("UNTIL", ""), services=(SMB, DNS))
    assert found.cell is Cell.ALLOWED
    assert [(one.service, one.flow is None) for one in found.openings] == [(DNS, True), (SMB, False)]
    assert found.count == 2


def test_a_possible_opening_beside_a_declared_one_is_unknown():
    mixed = SHUT.replace("deny", "unknown").replace(
        "rules: []", "rules: [{seq: 1, action: permit, src: [any], dst: [any], service: [tcp/445]}]"
    )
    assert cell(mixed, FLOW.replace("UNTIL", ""), services=(SMB, DNS)).cell is Cell.UNKNOWN


def test_every_ordered_pair_of_groups_has_a_cell_and_all_are_counted():
    found = matrix()
    assert found.groups == ("a", "b")
    assert set(found.cells) == {("a", "b"), ("b", "a")}
    assert found.counted() == {Cell.BLOCKED: 1, Cell.ALLOWED: 1, Cell.EXCEPTION: 0, Cell.UNKNOWN: 0}
