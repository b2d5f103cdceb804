"""Watches what is allowed while a run goes on: clock, consents, stop; and keeps each address open at the gate, or not."""

import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from uuid import uuid4

from sekisho.adapters.gate.gate import Gate, NotGranted
from sekisho.adapters.signing import SigningKey
from sekisho.domain.diagnosis.consents import Address, Permit, Scope
from sekisho.domain.diagnosis.grants import (
    PURPOSE,
    Grant,
    GrantRefused,
    asked_rate,
    connect_rate,
    grants_for,
    write_grant,
)
from sekisho.domain.text import Text

ASKED_EVERY_S = 1.0
CLOCK_JUMP = timedelta(seconds=10)


class Halted(Exception):
    """Sending to an address has to end now. `why` says why; what was finished stays, a later run goes on from there."""

    def __init__(self, why: Text) -> None:
        super().__init__(why.en)
        self.why = why


class Keeper:
    """Asks again and again what is allowed. One for a run; its methods may be called from every thread."""

    def __init__(
        self,
        *,
        scope: Callable[[datetime], Scope],
        clock: Callable[[], datetime],
        stop: Callable[[], bool],
        stop_file: Path | None,
    ) -> None:
        self._ask_scope, self._clock, self._stop, self._stop_file = scope, clock, stop, stop_file
        self._lock = threading.Lock()
        self._latest = clock()
        self._mark = (self._latest, time.monotonic())
        self._asked_at = float("-inf")
        self._scope = Scope((), ())
        self.gate: Gate | None = None
        self.stopped: Text | None = None
        self.jumps: list[Text] = []

    def now(self) -> datetime:
        """Return the time. It never goes back: a window that was over does not open again by setting the clock."""
        with self._lock:
            return self._now()

    def _now(self) -> datetime:
        told, passed = self._clock(), time.monotonic()
        expected = self._mark[0] + timedelta(seconds=passed - self._mark[1])
        if abs(told - expected) > CLOCK_JUMP:
            self.jumps.append(CLOCK_JUMPED.filled(before=_shown(expected), after=_shown(told)))
        self._mark = (told, passed)
        self._latest = max(self._latest, told)
        return self._latest

    def look(self) -> None:
        """Look once at the stop and, once a second, at the consents; whatever is no longer allowed is closed at once."""
        with self._lock:
            if self.stopped is None and (why := self._why_stop()) is not None:
                self.stopped = why
                if self.gate is not None:
                    self.gate.close_all()
            if time.monotonic() - self._asked_at >= ASKED_EVERY_S:
                self._renew()

    def _why_stop(self) -> Text | None:
        if self._stop() or (self._stop_file is not None and self._stop_file.exists()):
            return STOPPED
        return self.gate.closed_because() if self.gate is not None else None

    def _renew(self) -> None:
        before = self._scope
        now = self._now()
        try:
            self._scope = self._ask_scope(now)
        except Exception:  # whoever keeps the consents cannot be asked: nothing is allowed
            self._scope = Scope((), ())
        self._asked_at = time.monotonic()
        for permit in before.permits:
            if self._scope.permit_for(permit.address) is None and self.gate is not None:
                self.gate.revoke(permit.address)

    def scope(self) -> Scope:
        """Return what was allowed when it was last asked."""
        self.look()
        return self._scope

    def permit(self, address: Address) -> Permit:
        """Return the permit of `address` that is in force now.

        Raises:
            Halted: there is none (any more), or everything was stopped.
        """
        scope = self.scope()
        if self.stopped is not None:
            raise Halted(self.stopped)
        permit = scope.permit_for(address)
        if permit is not None and self.now() < permit.ends_at:
            return permit
        refusal = next((one for one in scope.refusals if one.consent.address == address), None)
        raise Halted(refusal.reason if refusal is not None else WINDOW_OVER if permit is not None else NO_CONSENT)


class Leave:
    """The leave to send to one address: renewed at the gate as long as the consents hold."""

    def __init__(self, address: Address, keeper: Keeper, gate: Gate, key: SigningKey) -> None:
        self.address, self._keeper, self._gate, self._key = address, keeper, gate, key
        self._grant: Grant | None = None
        self.permit = keeper.permit(address)

    @property
    def asked_rate(self) -> float:
        """Return the packets per second to keep to: a little under what the gate lets pass."""
        rate = asked_rate if self._gate.kind == "namespace" else connect_rate
        return float(rate(self.permit.packets_per_second))

    def hold(self) -> None:
        """Make sure that packets may go to the address now; called before a block and while one runs.

        Raises:
            Halted: they may not.
        """
        permit = self._keeper.permit(self.address)
        changed = permit != self.permit
        self.permit = permit
        now = self._keeper.now()
        if self._grant is None or changed or self._grant.is_due(now):
            self._admit(permit, now)
        elif self._gate.open_until(self.address) is None:
            raise Halted(self._gate.closed_because() or CLOSED)

    def _admit(self, permit: Permit, now: datetime) -> None:
        for grant in grants_for([permit], gate=self._gate.name, now=now, new_id=lambda: uuid4().hex):
            try:
                self._gate.admit(self._key.sign(write_grant(grant), PURPOSE))
            except GrantRefused as refusal:
                raise Halted(refusal.reason) from None
            self._grant = grant

    def command(self, argv: list[str]) -> list[str]:
        """Return the command that runs `argv` through the gate.

        Raises:
            Halted: the address is not open now.
        """
        try:
            return self._gate.command(argv, self.address)
        except NotGranted as error:
            raise Halted(error.reason) from None

    def through_gate(self, argv: list[str]) -> list[str]:
        """Return the same as `command`, for programs that the gate may refuse for what they do.

        Raises:
            NotGranted: the address is not open now, or not for this command.
        """
        return self._gate.command(argv, self.address)

    def give_back(self) -> None:
        """Close the address at the gate."""
        self._gate.revoke(self.address)


def _shown(instant: datetime) -> str:
    return instant.isoformat(timespec="seconds")


STOPPED = Text("停止の指示がありました。", "Stopped on request.")
WINDOW_OVER = Text("同意の期間が終わりました。", "The consented window is over.")
NO_CONSENT = Text("今有効な同意がありません。", "No consent is in force now.")
CLOSED = Text("送信の許可が切れました。", "Leave to send has ended.")
CLOCK_JUMPED = Text(
    "時計が飛びました（{before} のはずが {after}）。同意を確かめ直しました。",
    "The clock jumped (to {after}, where {before} was due). The consents were asked again.",
)
