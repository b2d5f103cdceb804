"""What is allowed while a run goes on: the clock, the consents, the stop."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest

from sekisho.adapters.gate.gate import Gate
from sekisho.diagnosis.keeper import STOPPED, WINDOW_OVER, Halted, Keeper
from sekisho.domain.diagnosis.consents import Address, Consent, Scope, scope_at
from sekisho.domain.text import Text

START = datetime(2026, 11, 21, 3, tzinfo=UTC)
ADDRESS = ip_address("203.0.113.2")
CONSENT = Consent(
    "H1", "L1", ADDRESS, START, START + timedelta(hours=2), frozenset({"tcp"}), 400, signed_by="院長"
)  # fmt: skip


class Recorded(Gate):
    """Notes what it is told, and sends nothing."""

    def __init__(self) -> None:
        self.revoked: list[Address] = []
        self.is_closed = False

    def revoke(self, address: Address) -> None:
        self.revoked.append(address)

    def close_all(self) -> None:
        self.is_closed = True

    def closed_because(self) -> Text | None:
        return None


class World:
    """A clock, consents and a stop that the test turns; the keeper asks the consents at every look."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, stop_file: Path | None = None) -> None:
        monkeypatch.setattr("sekisho.diagnosis.keeper.ASKED_EVERY_S", 0.0)
        self.now, self.consents, self.is_stopped = START, [CONSENT], False
        self.fails = False
        self.keeper = Keeper(
            scope=self.scope, clock=lambda: self.now, stop=lambda: self.is_stopped, stop_file=stop_file
        )
        self.gate = Recorded()
        self.keeper.gate = self.gate

    def scope(self, now: datetime) -> Scope:
        if self.fails:
            raise OSError("the ledger is away")
        return scope_at(self.consents, now)

    def why(self) -> Text:
        with pytest.raises(Halted) as halted:
            self.keeper.permit(ADDRESS)
        return halted.value.why


def test_a_consent_in_force_is_a_permit(monkeypatch: pytest.MonkeyPatch) -> None:
    assert World(monkeypatch).keeper.permit(ADDRESS).packets_per_second == 400


def test_the_end_of_the_window_closes_the_address(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(monkeypatch)
    world.keeper.permit(ADDRESS)
    world.now += timedelta(hours=2)
    assert world.why() in {WINDOW_OVER, *(one.reason for one in scope_at([CONSENT], world.now).refusals)}
    assert world.gate.revoked == [ADDRESS]


def test_a_window_that_was_over_does_not_open_again_by_a_clock_set_back(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(monkeypatch)
    world.now = START + timedelta(hours=3)
    world.why()
    world.now = START + timedelta(hours=1)
    world.why()
    assert len(world.keeper.jumps) == 2
    assert "2026-11-21T06:00:00" in world.keeper.jumps[0].en


def test_a_withdrawal_closes_the_address_with_its_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(monkeypatch)
    world.keeper.permit(ADDRESS)
    world.consents = [replace(CONSENT, withdrawn_at=START)]
    assert "withdrawn" in world.why().en
    assert world.gate.revoked == [ADDRESS]


def test_nothing_is_allowed_while_the_consents_cannot_be_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(monkeypatch)
    world.keeper.permit(ADDRESS)
    world.fails = True
    world.why()
    assert world.gate.revoked == [ADDRESS]
    world.fails = False
    world.keeper.permit(ADDRESS)


@pytest.mark.parametrize("by", ["call", "file"])
def test_a_stop_closes_everything_for_good(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, by: str) -> None:
    world = World(monkeypatch, tmp_path / "stop")
    world.keeper.permit(ADDRESS)
    if by == "call":
        world.is_stopped = True
    else:
        (tmp_path / "stop").touch()
    assert world.why() == STOPPED
    assert world.gate.is_closed
    world.is_stopped = False
    (tmp_path / "stop").unlink(missing_ok=True)
    assert world.why() == STOPPED


def test_another_address_is_never_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(monkeypatch)
    for other in ("203.0.113.3", "2001:db8::1"):
        with pytest.raises(Halted):
            world.keeper.permit(ip_address(other))
