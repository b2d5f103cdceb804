"""The keeper's side of connect scans: every scanner runs on a leash, and the keeper lets go of it to end it."""

import contextlib
import socket
from collections.abc import Callable, Set

from sekisho.domain.diagnosis.consents import Address, public_address

_LONGEST_ADDRESS = 64
_PATIENCE_S = 0.5
_MOST = 1024


def leash_name(gate: str) -> str:
    """Return where leashes of a gate call: a name in the abstract namespace of local sockets."""
    return f"\0sekisho-leash-{gate}"


class Leashes:
    """The connections to leashes. A leash whose connection ends kills its scanner."""

    def __init__(self, gate: str) -> None:
        self.server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.server.bind(leash_name(gate))
        self.server.listen(_MOST)
        self._held: list[tuple[Address, socket.socket]] = []

    def accept(self, is_open: Callable[[Address], bool]) -> None:
        """Take one leash that calls; it is let go at once when its address is not open."""
        leash, _ = self.server.accept()
        leash.settimeout(_PATIENCE_S)
        with contextlib.suppress(OSError, ValueError):
            address = public_address(leash.recv(_LONGEST_ADDRESS).decode("ascii"))
            if is_open(address) and len(self._held) < _MOST:
                leash.sendall(b"+")
                self._held.append((address, leash))
                return
        leash.close()

    def let_go(self, still_open: Set[Address]) -> None:
        """Let go of every leash at an address that is not open any more."""
        for address, leash in self._held:
            if address not in still_open:
                leash.close()
        self._held = [(address, leash) for address, leash in self._held if address in still_open]
