"""What was open when; what was not asked, or could not be told, is not shut."""

from datetime import UTC, datetime
from typing import Any

import pytest

from sekisho.domain.diagnosis.port_history import Glimpse, glimpse_of, port_history, standing_scan
from sekisho.domain.diagnosis.results import AddressScan, Covered, ObservedPort

MAY, JUNE, JULY = (datetime(2026, month, 1, tzinfo=UTC) for month in (5, 6, 7))
ALL = (Covered("tcp", ((1, 65535),)),)


def scan(at: datetime | None, *ports: ObservedPort, **given: Any) -> AddressScan:
    return AddressScan("203.0.113.1", at, True, ports, **{"covered": ALL, **given})


def web(version: str = "1.0") -> ObservedPort:
    return ObservedPort("tcp", 443, "open", service="https", product="nginx", version=version)


def test_port_opens_changes_and_shuts() -> None:
    (life,) = port_history([scan(MAY, web()), scan(JUNE, web("2.0")), scan(JULY)])
    assert life.seen == ((Glimpse.OPEN, "nginx 1.0"), (Glimpse.OPEN, "nginx 2.0"), (Glimpse.SHUT, ""))
    assert (life.first_open_at, life.last_open_at, life.now) == (MAY, JUNE, Glimpse.SHUT)


@pytest.mark.parametrize(
    ("later", "expected"),
    [
        (scan(JUNE), Glimpse.SHUT),
        (scan(JUNE, ObservedPort("tcp", 443, "closed")), Glimpse.SHUT),
        (scan(JUNE, ObservedPort("tcp", 443, "filtered"), is_complete=False), Glimpse.UNCLEAR),
        (scan(JUNE, is_complete=False), Glimpse.UNCLEAR),
        (scan(JUNE, ObservedPort("tcp", 443, "closed"), is_complete=False), Glimpse.SHUT),
        (AddressScan("203.0.113.1", JUNE, False, (), covered=ALL), Glimpse.UNCLEAR),
        (scan(JUNE, covered=(Covered("tcp", ((1, 442), (444, 65535))),)), Glimpse.NOT_ASKED),
        (scan(JUNE, covered=()), Glimpse.NOT_ASKED),
        (scan(JUNE, undecided=(Covered("tcp", ((443, 443),)),)), Glimpse.UNCLEAR),
        (scan(JUNE, ObservedPort("udp", 443, "open")), Glimpse.SHUT),
    ],
)
def test_only_what_was_asked_and_could_be_told_is_shut(later: AddressScan, expected: Glimpse) -> None:
    assert glimpse_of(later, "tcp", 443) is expected
    life = next(one for one in port_history([scan(MAY, web()), later]) if one.protocol == "tcp")
    assert life.now is (expected if expected is not Glimpse.NOT_ASKED else Glimpse.OPEN)


def test_ports_are_in_order_and_two_protocols_are_two_ports() -> None:
    ports = [ObservedPort("udp", 53, "open"), ObservedPort("tcp", 443, "open"), ObservedPort("tcp", 53, "open")]
    assert [life.name for life in port_history([scan(MAY, *ports)])] == ["53/tcp", "443/tcp", "53/udp"]


def test_nothing_ever_open_is_no_history() -> None:
    assert port_history([]) == ()
    assert port_history([scan(None, ObservedPort("tcp", 1, "filtered"))]) == ()


def test_look_at_one_port_does_not_hide_the_others() -> None:
    rdp = ObservedPort("tcp", 3389, "open")
    only = scan(JUNE, covered=(Covered("tcp", ((3389, 3389),)),))
    together = standing_scan([scan(MAY, web(), rdp), only])
    assert [port.name for port in together.open_ports] == ["443/tcp"]
    assert (together.started_at, together.is_up, together.is_complete) == (JUNE, True, True)
    assert together.was_asked("tcp", 443)


def test_standing_ports_are_as_the_last_look_saw_them_open() -> None:
    together = standing_scan([scan(MAY, web("1.0")), scan(JUNE, web("2.0")), scan(JULY, is_complete=False)])
    assert [(port.name, port.version) for port in together.ports] == [("443/tcp", "2.0")]
    assert together.is_complete
    assert standing_scan([scan(MAY, web()), scan(JUNE), scan(JULY, is_complete=False)]).ports == ()
