"""What callers use of the gate."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Literal

from sekisho.adapters.signing import VerifyKey
from sekisho.domain.diagnosis.consents import Address
from sekisho.domain.text import Text

Kind = Literal["namespace", "connect"]


class GateUnavailable(Exception):
    """Nothing can be sent from here. `reason` says why and what to do."""

    def __init__(self, reason: Text) -> None:
        super().__init__(reason.en)
        self.reason = reason


class NotGranted(Exception):
    """No packet may go to this address now, or not with this command. `reason` says why."""

    def __init__(self, reason: Text) -> None:
        super().__init__(reason.en)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class AddressCounts:
    """Packets from the namespace to one address, counted by the kernel since the gate was opened.

    `passed` left for the address; `over_rate` were dropped because the second was full; `refused` were dropped for
    what they are: another protocol, a fragment, a foreign source address, larger than the line takes.
    """

    passed: int = 0
    over_rate: int = 0
    refused: int = 0


@dataclass(frozen=True, slots=True)
class GateCounts:
    """`addresses` has every address that was ever open here; `outside` counts packets to anything that was not open."""

    addresses: Mapping[Address, AddressCounts]
    outside: int


class Gate:
    """One running diagnosis' way out. A context manager; may be called from several threads.

    Everything stops when it is closed, when the stop file appears, when this process dies, when the keeper dies.
    """

    kind: Kind
    """`connect`: no namespace could be made here; only unprivileged connect scans run, after the same check."""
    name: str
    """What grants have to name: drawn anew for each gate, so that no grant serves two."""
    notice: Text | None
    """For the record of the run when `kind` is `connect`: what could not be made, and what that means."""

    def admit(self, signed_grant: bytes) -> None:
        """Open the addresses of a grant, or keep them open. The first time takes a second of silence for an address.

        Raises:
            GrantRefused: with rule and reason; nothing of the grant was opened.
        """
        raise NotImplementedError

    def command(self, argv: Sequence[str], address: Address) -> list[str]:
        """Return the argument list that runs `argv` through the gate; start it from this process.

        Raises:
            NotGranted: `address` is not open now, or (`connect`) the command is more than an unprivileged connect scan.
        """
        raise NotImplementedError

    def open_until(self, address: Address) -> datetime | None:
        """Return when `address` closes by itself, None when it is closed now. What a block saw counts only when open throughout."""
        raise NotImplementedError

    def closed_because(self) -> Text | None:
        """Return why the whole gate is closed (emergency stop, closed, keeper gone), None while it works."""
        raise NotImplementedError

    def revoke(self, address: Address) -> None:
        """Close one address at once, for every grant issued until now. Scanners at it run into silence."""
        raise NotImplementedError

    def close_all(self) -> None:
        """Close everything at once and end every scanner in the namespace; this gate opens nothing any more."""
        raise NotImplementedError

    def counts(self) -> GateCounts:
        """Return the kernel's counts; after closing, the last ones."""
        raise NotImplementedError

    def __enter__(self) -> "Gate":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the gate and take everything away that it made on this machine."""
        self.close_all()


def open_gate(public_key: VerifyKey, *, stop_file: Path | None = None) -> Gate:
    """Open a gate that believes grants signed with the secret half of `public_key`.

    `stop_file`: while it exists nothing is sent; when it appears everything halts within 2 seconds, for good.

    Raises:
        GateUnavailable: the emergency stop is on, or not even connect scans could be watched here.
    """
    raise NotImplementedError
