"""What the overview takes from network.yaml."""

import pytest

from sekisho.adapters.network_file import read_network
from sekisho.domain.overview.systems import InsideSystem
from sekisho.domain.register.records import Line

LINES = (Line(1, circuit_id="CAF00001"), Line(2), Line(3))
NETWORK = """
segments:
  - {id: ehr, cidr: 10.10.0.0/24, zone: ehr, isolation: none, name: サーバ室}
  - {id: wide, cidr: 10.0.0.0/8, zone: department}
  - {id: wifi, cidr: 192.168.0.0/24, zone: guest, name: 患者用}
nodes:
  - {id: ehr-db, name: 電子カルテ, addresses: [10.10.0.10], role: ehr, critical: 3, listens: [tcp/1433]}
  - {id: lis, addresses: [10.20.0.1-10.20.0.9], role: lis}
  - {id: nas1, addresses: [10.10.0.40], role: file}
  - {id: ward, addresses: [10.10.0.100], role: pc, count: 400}
  - {id: tv, addresses: [192.168.0.5], role: other}
  - {id: cloud, role: other}
lines:
  - {id: vpn-lis, number: 3}
flows:
  - {src: CAF00001, dst: ehr-db, service: tcp/443}
  - {src: 回線2, dst: ehr-db, service: tcp/443}
  - {src: vpn-lis, dst: lis, service: tcp/1433}
  - {src: lis, dst: ehr-db, service: tcp/443}
backups:
  - {id: daily, of: ehr-db, on: nas1}
"""


def test_read_network_gives_systems_with_zone_lines_and_backups() -> None:
    network = read_network(NETWORK.encode(), LINES)
    assert network.problems == ()
    assert network.systems == (
        InsideSystem("ehr-db", "電子カルテ", "サーバ室", 3, (1, 2)),
        InsideSystem("lis", "lis", "department", 0, (3,)),
        InsideSystem("nas1", "nas1", "サーバ室", 0, (), is_backup=True),
        InsideSystem("cloud", "cloud", "", 0),
    )


def test_read_network_of_an_empty_file_has_no_systems() -> None:
    assert read_network(b"").systems == ()


@pytest.mark.parametrize(
    ("raw", "line", "rule"),
    [
        ("nodes:\n  - {role: ehr}\n", 2, "network.id-missing"),
        ("nodes:\n  - {id: a}\n  - {id: a}\n", 3, "network.id-twice"),
        ("nodes: {a: 1}\n", 1, "network.not-a-list"),
        ("nodes:\n  - just words\n", 2, "network.not-an-entry"),
        ("nodes:\n  - id: a\n    critical: 9\n", 3, "network.critical"),
        ("nodes:\n  - id: a\n    critical: yes\n", 3, "network.critical"),
        ("nodes:\n  - id: a\n    addresses: [10.0.0.999]\n", 3, "network.address"),
        ("nodes:\n  - id: a\n    addresses: 病棟\n", 3, "network.address"),
        ("segments:\n  - {id: s, cidr: 10.0.0.0/99}\nnodes:\n  - {id: a}\n", 2, "network.cidr"),
        ("segments:\n  - {id: s}\nnodes:\n  - {id: a}\n", 2, "network.cidr"),
    ],
)
def test_read_network_tells_where_an_entry_is_wrong_and_goes_on(raw: str, line: int, rule: str) -> None:
    network = read_network((raw + "other: 1\n").encode())
    assert [(problem.line, problem.rule) for problem in network.problems] == [(line, rule)]


@pytest.mark.parametrize(
    "raw",
    [
        "backups: [{on: [a]}]", "lines: [{id: a, number: [1]}]", "lines: [{number: {a: 1}}]", "flows: [{src: [1], dst: {a: 1}}]",
        "nodes: [{id: [a]}]", "nodes: [{id: true}]", "nodes: [{id: a, role: [pc], addresses: {a: 1}}]", "segments: [{id: a, cidr: [1]}]",
        "segments: [null, 5, [1]]",
    ],
)  # fmt: skip
def test_read_network_survives_values_of_any_form(raw: str) -> None:
    assert isinstance(read_network(raw.encode(), LINES).systems, tuple)


def test_read_network_shows_no_password_as_a_name() -> None:
    assert "Tops3cret" not in repr(read_network(b"nodes: [{id: rt, name: 'RTX PW: Tops3cret!'}]"))
