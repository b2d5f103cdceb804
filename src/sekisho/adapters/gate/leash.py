"""Runs one connect scan and kills it when the keeper lets go: `python -m sekisho.adapters.gate.leash GATE ADDRESS -- ...`

The scanner's exit status is passed on. 75 (a temporary failure, as in sysexits.h) says that the address was not open,
or closed before the scanner was done.
"""

import os
import selectors
import socket
import subprocess
import sys

from sekisho.adapters.gate.leashes import leash_name

LET_GO = 75
_PATIENCE_S = 5.0


def main(arguments: list[str]) -> int:
    """Run the command after `--` while the address is open."""
    gate, address, _, *command = arguments
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as keeper:
            keeper.settimeout(_PATIENCE_S)
            keeper.connect(leash_name(gate))
            keeper.sendall(address.encode("ascii"))
            return _run(command, keeper) if keeper.recv(1) == b"+" else LET_GO
    except OSError:
        return LET_GO


def _run(command: list[str], keeper: socket.socket) -> int:
    tied = ["setpriv", "--pdeathsig", "KILL", "--no-new-privs", "--", *command]
    with subprocess.Popen(tied) as scanner:
        ended = os.pidfd_open(scanner.pid)
        with selectors.DefaultSelector() as selector:
            selector.register(ended, selectors.EVENT_READ)
            selector.register(keeper, selectors.EVENT_READ)
            if ended in {key.fd for key, _ in selector.select()}:
                return scanner.wait()
        scanner.kill()
    return LET_GO


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
