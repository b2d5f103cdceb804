"""Which checks follow from what answered, and which are not run, with the reason."""

from datetime import UTC, datetime
from ipaddress import ip_address

import pytest

from sekisho.catalogue.checks import load_checks
from sekisho.domain.diagnosis.checks import CheckPlan, plan_checks
from sekisho.domain.diagnosis.consents import Permit
from sekisho.domain.diagnosis.results import ObservedPort

ADDRESS = "203.0.113.10"


def permit(protocols: str = "tcp udp", *, default_accounts: bool = False) -> Permit:
    ends_at = datetime(2026, 11, 22, tzinfo=UTC)
    return Permit("H001", ("1",), ip_address(ADDRESS), frozenset(protocols.split()), 400, ends_at, default_accounts)


def plan(*ports: ObservedPort, allowed: Permit | None = None) -> CheckPlan:
    return plan_checks(ADDRESS, ports, load_checks().checks, allowed or permit())


def checks(*ports: ObservedPort) -> set[str]:
    return {one.check.id for one in plan(*ports).planned}


def opened(name: str, service: str = "", **more: str) -> ObservedPort:
    number, protocol = name.split("/")
    return ObservedPort(protocol, int(number), "open", service, basis="probed" if service else "", **more)


@pytest.mark.parametrize(
    ("port", "expected"),
    [
        (opened("3389/tcp", "ms-wbt-server"), {"rdp-security"}),
        (opened("3390/tcp", "ms-wbt-server"), {"rdp-security"}),
        (opened("445/tcp", "microsoft-ds"), {"smb"}),
        (opened("500/udp", "isakmp"), {"ike-main", "ike-aggressive", "ike-v2", "ike-product"}),
        (opened("4500/udp"), {"ike-nat-t"}),
        (opened("22/tcp", "ssh"), {"ssh"}),
        (opened("2022/tcp", "ssh"), {"ssh"}),
        (opened("80/tcp", "http"), {"web-product", "web-login"}),
        (opened("443/tcp", "ssl/http"), {"tls", "web-product", "web-vpn-page"}),
        (opened("443/tcp"), {"tls", "web-product", "web-vpn-page"}),
        (opened("161/udp", "snmp"), {"snmp"}),
        (opened("53/udp", "domain"), {"dns"}),
        (opened("53/tcp", "domain"), set()),
        (opened("6379/tcp", "redis"), {"databases"}),
        (opened("9100/tcp", "jetdirect?"), set()),
        (opened("40000/tcp", "unknown"), set()),
    ],
)
def test_plan_asks_what_fits_the_service(port: ObservedPort, expected: set[str]) -> None:
    assert checks(port) == expected


@pytest.mark.parametrize("state", ["closed", "filtered", "open|filtered", ""])
def test_plan_asks_nothing_of_a_port_that_is_not_open(state: str) -> None:
    made = plan(ObservedPort("tcp", 3389, state, "ms-wbt-server"))
    assert (made.planned, made.skipped) == ((), ())


def test_plan_asks_nothing_without_a_permit_and_says_so() -> None:
    made = plan_checks(ADDRESS, [opened("22/tcp", "ssh")], load_checks().checks, None)
    assert made.planned == ()
    assert {one.rule for one in made.skipped} == {"not-permitted"}


def test_plan_keeps_to_the_protocols_of_the_permit() -> None:
    made = plan(opened("161/udp", "snmp"), opened("22/tcp", "ssh"), allowed=permit("tcp"))
    assert {one.check.id for one in made.planned} == {"ssh"}
    assert [(one.check.id, one.rule) for one in made.skipped] == [("snmp", "not-permitted")]


@pytest.mark.parametrize("number", [515, *range(9100, 9108)])
@pytest.mark.parametrize("service", ["http", "ssl/http", "ssh", "jetdirect", "ms-wbt-server", "ftp"])
def test_plan_never_sends_to_a_printer_whatever_it_calls_itself(number: int, service: str) -> None:
    made = plan(opened(f"{number}/tcp", service), allowed=permit(default_accounts=True))
    assert made.planned == ()
    assert {one.rule for one in made.skipped} <= {"printer"}


def test_plan_tries_default_accounts_only_with_their_own_consent() -> None:
    port = opened("443/tcp", "ssl/http")
    assert "default-accounts" not in checks(port)
    assert "no-login-consent" in {one.rule for one in plan(port).skipped}
    asked = plan(port, allowed=permit(default_accounts=True)).planned
    assert [one.check.tries for one in asked if one.check.id == "default-accounts"] == [2]


def test_plan_asks_each_thing_once_and_in_one_order() -> None:
    ports = [opened("443/tcp", "ssl/http"), opened("22/tcp", "ssh"), opened("161/udp", "snmp")]
    made = plan(*ports)
    assert len({one.key for one in made.planned}) == len(made.planned)
    assert made == plan(*reversed(ports))


def test_plan_says_how_many_packets_it_may_send() -> None:
    assert plan(opened("22/tcp", "ssh")).packets == load_checks().check("ssh").packets > 0
