"""What grants come to in one gate: which addresses are open, until when, and what is refused.

No kernel here and no clock: `now` is what `NeverBack` makes of the machine's clocks. The keeper carries out what this
decides.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sekisho.adapters.signing import SignatureRefused, VerifyKey
from sekisho.domain.diagnosis.consents import Address
from sekisho.domain.diagnosis.grants import PURPOSE, Grant, Granted, GrantRefused, check_grant, read_grant

SILENCE = timedelta(seconds=1)
"""Before an address is first opened, and when its rate changes: whoever sent before cannot share a second with us."""
MARGIN = timedelta(milliseconds=100)
"""How long the kernel may take to hear of an opening, at first."""
LARGEST_GRANT = 200_000


class NeverBack:
    """A clock for windows: the later of the wall clock and of what passed since the latest it has ever said.

    A wall clock that is set back must not make a window longer; one that is set forward ends it. `elapsed` counts
    seconds while the machine sleeps as well.
    """

    def __init__(self, wall: datetime, elapsed: float) -> None:
        self._latest, self._elapsed = wall, elapsed

    def now(self, wall: datetime, elapsed: float) -> datetime:
        """Return the time. `wall` is aware, `elapsed` in seconds from any fixed moment."""
        passed = timedelta(seconds=max(0.0, elapsed - self._elapsed))
        self._latest, self._elapsed = max(wall.astimezone(UTC), self._latest + passed), elapsed
        return self._latest


@dataclass(slots=True)
class Standing:
    """One address in this gate. `quiet_until`: not to be opened before; `until` is None while it is closed."""

    granted: Granted
    hospital: str
    number: int
    issued_at: datetime
    quiet_until: datetime
    until: datetime | None = None
    closed_by: str = "never"
    revoked_at: datetime | None = None


class Leave:
    """The addresses of one gate."""

    def __init__(self, key: VerifyKey, gate: str) -> None:
        self._key, self._gate = key, gate
        self._spent: set[str] = set()
        self.standing: dict[Address, Standing] = {}

    def read(self, signed_grant: bytes, now: datetime) -> Grant:
        """Return the grant when everything that can be told from it and from earlier ones is in order.

        Raises:
            GrantRefused: with the first rule that is broken; nothing has changed.
        """
        if len(signed_grant) > LARGEST_GRANT:
            raise GrantRefused("unreadable")
        try:
            grant = read_grant(self._key.open(signed_grant, PURPOSE))
        except SignatureRefused:
            raise GrantRefused("unsigned") from None
        check_grant(grant, gate=self._gate, now=now)
        for granted in grant.addresses:
            self._check_before(grant, granted, now)
        return grant

    def _check_before(self, grant: Grant, granted: Granted, now: datetime) -> None:
        if grant.end_of(granted) <= now:
            raise GrantRefused("expired")
        before = self.standing.get(granted.address)
        if before is None:
            return
        if before.hospital != grant.hospital:
            raise GrantRefused("another-hospital")
        # A grant that was used before the revocation is named, also when its issuer's clock was ahead of ours.
        if before.revoked_at is not None and (grant.issued_at <= before.revoked_at or grant.id in self._spent):
            raise GrantRefused("revoked")
        if grant.issued_at < before.issued_at:
            raise GrantRefused("superseded")

    def prepare(self, grant: Grant, now: datetime) -> Sequence[tuple[Standing, bool]]:
        """Note what the grant says of addresses that are new here, or whose rate or protocols change.

        Returns those with True when new. Their chain has to be written and they stay closed for `SILENCE`.
        """
        changed = []
        for granted in grant.addresses:
            before = self.standing.get(granted.address)
            if before is None:
                new = Standing(granted, grant.hospital, len(self.standing), grant.issued_at, now + SILENCE)
                self.standing[granted.address] = new
                changed.append((new, True))
            elif _law(before.granted) != _law(granted):
                before.granted, before.quiet_until, before.until = granted, now + SILENCE, None
                before.closed_by = "changing"
                changed.append((before, False))
        return changed

    def quiet_for(self, grant: Grant, now: datetime) -> float:
        """Return the seconds that are missing until every address of the grant may be opened."""
        return max((self.standing[one.address].quiet_until - now).total_seconds() for one in grant.addresses)

    def opened(self, grant: Grant, now: datetime, margin: timedelta = MARGIN) -> list[tuple[Address, int]]:
        """Note that the grant's addresses are open, and return for how many milliseconds from `now` the kernel is told.

        That is `margin` less than is left, for the time until the kernel has heard it.
        """
        self._spent.add(grant.id)
        openings = []
        for granted in grant.addresses:
            standing, until = self.standing[granted.address], grant.end_of(granted)
            standing.granted, standing.issued_at, standing.until = granted, grant.issued_at, until
            openings.append((granted.address, max(1, int((until - now - margin).total_seconds() * 1000))))
        return openings

    def over(self, now: datetime) -> list[Address]:
        """Return the open addresses whose time has come, and note them as closed."""
        ended = [one for one in self.standing.values() if one.until is not None and one.until <= now]
        for one in ended:
            one.until, one.closed_by = None, "expired"
        return [one.granted.address for one in ended]

    def revoke(self, address: Address, now: datetime) -> bool:
        """Note that every grant until now is void for `address`; return False when it was never open here."""
        standing = self.standing.get(address)
        if standing is None:
            return False
        standing.until, standing.closed_by, standing.revoked_at = None, "revoked", max(now, standing.issued_at)
        return True

    def close_all(self, rule: str) -> None:
        """Note every address as closed, for the reason `rule`."""
        for one in self.standing.values():
            if one.until is not None:
                one.until, one.closed_by = None, rule


def _law(granted: Granted) -> tuple[frozenset[str], int]:
    return granted.protocols, granted.packets_per_second
