"""A lab for scans: a scanner's machine, a router that counts, lines with losses and delays, hosts that behave badly.

    with lab(hosts=[Host("203.0.113.10", tcp=[22, 443], closed="drop")], line=Line(loss_out=0.01, loss_in=0.01)) as it:
        done = it.run(["nmap", "-n", "-Pn", "-p-", "203.0.113.10"], timeout=300)
        assert it.counters().outside == {}

Everything happens in namespaces made for it: no packet leaves them, and the kernel takes all of them away at the end,
also when the test is killed. Needs root (or a kernel that lets users have namespaces), `ip`, `nft` and `/dev/net/tun`.
"""

from tests.scan_lab.plan import ALL_PORTS, Answer, Block, Host, Line, Service
from tests.scan_lab.run import Counters, Lab, LabUnavailable, lab

__all__ = ["ALL_PORTS", "Answer", "Block", "Counters", "Host", "Lab", "LabUnavailable", "Line", "Service", "lab"]
