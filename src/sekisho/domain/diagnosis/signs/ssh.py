"""Signs in SSH: old algorithms and version 1. Source: RFC 9142 (key exchange), RFC 8758 (RC4), NIST SP 800-131A."""

import re
from collections.abc import Iterator

from sekisho.domain.diagnosis.findings import Finding
from sekisho.domain.diagnosis.results import ObservedPort
from sekisho.domain.diagnosis.signs.sight import Sight, answered

_WEAK = {
    "kex": ("kex_algorithms", re.compile(r"group1-sha1|group14-sha1$|group-exchange-sha1|rsa1024-sha1")),
    "cipher": ("encryption_algorithms", re.compile(r"-cbc\b|arcfour|^des|blowfish|cast128|^none$")),
    "mac": ("mac_algorithms", re.compile(r"md5|sha1-96|^none$")),
    "hostkey": ("server_host_key_algorithms", re.compile(r"^ssh-dss$|^ssh-rsa$")),
}


def ssh(sight: Sight, port: ObservedPort) -> Iterator[Finding]:
    """Yield a finding for each group of algorithms that has weak ones, and for version 1."""
    algorithms = port.script("ssh2-enum-algos")
    for code, (table, weak) in _WEAK.items() if algorithms else ():
        names = [value for _, value in algorithms.under(table) if weak.search(value)] if algorithms else []
        if names:
            yield sight.finding(
                "ssh-weak",
                port,
                subject=code,
                script=algorithms,
                said=", ".join(names),
                weakness=code,
                algorithms=", ".join(names[:6]),
            )
    old = port.script("sshv1")
    if old is not None and answered(old):
        yield sight.finding("ssh-v1", port, script=old)
