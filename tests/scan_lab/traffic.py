"""Small senders for trying the lab itself, run on its scanner's machine."""

import sys
import time
from collections.abc import Callable
from math import sqrt

from tests.scan_lab.run import Lab

SENDER = """
import socket, sys, time
address, port, count, per_second, size, patience = sys.argv[1], *map(int, sys.argv[2:6]), float(sys.argv[6])
one = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM)
one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 24)
one.setblocking(False)
def received():
    found = 0
    try:
        while True:
            one.recv(65535)
            found += 1
    except OSError:
        return found
began, back, last = time.monotonic(), 0, 0.0
for at in range(count):
    if per_second:
        time.sleep(max(0, began + at / per_second - time.monotonic()))
    try:
        one.sendto(b"x" * size, (address, port))
    except OSError:
        pass
    new = received()
    if new:
        back, last = back + new, time.monotonic()
end = time.monotonic() + patience
while time.monotonic() < end:
    new = received()
    if new:
        back, last = back + new, time.monotonic()
    time.sleep(0.005)
print(back, last - began)
"""


def send(
    it: Lab, address: str, *, count: int, port: int = 7, per_second: int = 0, size: int = 16, patience: float = 0.5
):
    """Send UDP; return how many answers came back and when the last came, in seconds from the beginning."""
    command = [sys.executable, "-c", SENDER, *map(str, (address, port, count, per_second, size, patience))]
    back, last = it.run(command, timeout=60, check=True).stdout.split()
    return int(back), float(last)


def nmap(it: Lab, *words: str, timeout: float = 60) -> str:
    return it.run(["nmap", "-n", "-Pn", *words], timeout=timeout, check=True).stdout


def talked(it: Lab, address: str, port: int, said: bytes = b"", most: int = 1 << 20) -> bytes:
    """Return what a TCP port says, up to `most` bytes, within two seconds."""
    script = (
        "import socket,sys\n"
        f"one=socket.create_connection(('{address}',{port}),2); one.settimeout(2); one.sendall({said!r}); got=b''\n"
        "try:\n"
        f"    while len(got)<{most} and (new:=one.recv(65536)): got+=new\n"
        "except TimeoutError: pass\n"
        "sys.stdout.buffer.write(got)"
    )
    output: bytes = it.run([sys.executable, "-c", script], timeout=20, check=True, text=False).stdout
    return output


def connecting(it: Lab, address: str) -> float:
    script = f"import socket,time; a=time.monotonic(); socket.create_connection(('{address}',22),30); print(time.monotonic()-a)"
    return float(it.run([sys.executable, "-c", script], check=True).stdout)


def until(condition: Callable[[], bool], seconds: float = 20) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.1)
    return False


def within(found: int, tries: int, share: float) -> bool:
    """Whether `found` of `tries` is what a share of `share` gives, with five standard deviations to spare."""
    return abs(found - tries * share) <= 5 * sqrt(tries * share * (1 - share))
