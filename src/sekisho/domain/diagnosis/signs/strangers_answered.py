"""Signs in services that answer anybody: SNMP, DNS, NTP, UPnP, IPMI, data stores."""

import re
from collections.abc import Iterator

from sekisho.domain.diagnosis.findings import Certainty, Finding
from sekisho.domain.diagnosis.results import ObservedPort, ScriptOutput
from sekisho.domain.diagnosis.signs.sight import Sight, answered

_CONTROL = frozenset({"version", "processor", "system", "leap", "stratum", "refid"})


def snmp(sight: Sight, port: ObservedPort) -> Iterator[Finding]:
    """Yield that the community "public" reads the device. The engine id alone (snmp-info) is given without any."""
    script = port.script("snmp-sysdescr")
    if script is not None and answered(script):
        described = script.output.strip().split("\n", 1)[0]
        yield sight.finding("snmp-public", port, script=script, said=described)
        yield from _described(sight, port, script, described)


_DEVICES = (
    (re.compile(r"\b((?:RTX|NVR|FWX|RTV|SRT)\w+) Rev\.(\d+\.\d+\.\d+)"), "YAMAHA {}"),
    (re.compile(r"(IX\d+\w*).*?Version (\d+\.\d+\.\d+[A-Z]?)"), "NEC {}"),
    (re.compile(r"(Si-R\s?\S+).*?(V\d+\.\d+(?: NY\d+)?)"), "Fujitsu {}"),
    (re.compile(r"(Cisco IOS)\b.*?Version (\d[\w.()]+)"), "{}"),
    (re.compile(r"(Forti\S+) v(\d+\.\d+\.\d+)"), "{}"),
)
"""How devices describe themselves. Source: domain facts 6.1.10."""


def _described(sight: Sight, port: ObservedPort, script: ScriptOutput, described: str) -> Iterator[Finding]:
    for pattern, name in _DEVICES:
        if match := pattern.search(described):
            product = name.format(match[1])
            yield sight.finding(
                "product-seen",
                port,
                subject=product.casefold(),
                certainty=Certainty.STATED,
                script=script,
                said=described,
                product=product,
                version=match[2],
            )
            return


def dns(sight: Sight, port: ObservedPort) -> Iterator[Finding]:
    """Yield a resolver that works for strangers."""
    script = port.script("dns-recursion")
    if script is not None and "recursion appears to be enabled" in script.output.casefold():
        yield sight.finding("dns-open-resolver", port, script=script)


def ntp(sight: Sight, port: ObservedPort) -> Iterator[Finding]:
    """Yield the list of past clients (large answers) and answers to control questions."""
    listed, told = port.script("ntp-monlist"), port.script("ntp-info")
    if listed is not None and answered(listed):
        yield sight.finding("ntp-monlist", port, script=listed, said="monlist")
    if told is not None and any(name in _CONTROL for name, _ in told.elements):
        yield sight.finding("ntp-control", port, script=told)


def upnp(sight: Sight, port: ObservedPort) -> Iterator[Finding]:
    """Yield a home router's automatic setting that answers outside."""
    script = port.script("upnp-info")
    if script is not None and answered(script):
        said = " ".join(script.output.split())
        yield sight.finding("upnp-answers", port, script=script, said=said)


def ipmi(sight: Sight, port: ObservedPort) -> Iterator[Finding]:
    """Yield that a management controller answers, and that it lets in without a password."""
    version, zero = port.script("ipmi-version"), port.script("ipmi-cipher-zero")
    if version is not None and answered(version):
        yield sight.finding("ipmi-answers", port, script=version)
    if zero is not None and re.search(r"(?<!NOT )VULNERABLE", zero.output):
        yield sight.finding("ipmi-cipher-zero", port, script=zero)


def databases(sight: Sight, port: ObservedPort) -> Iterator[Finding]:
    """Yield stores that told about their inside without sign-in. The banner of one that does ask is no sign."""
    for name, product, proof in _STORES:
        script = port.script(name)
        if script is None or not answered(script) or _is_refusal(script):
            continue
        if proof.search(" ".join([script.output, *(f"{key}: {value}" for key, value in script.elements)])):
            version = script.value("Version") or port.version
            yield sight.finding(
                "database-no-password",
                port,
                subject=product.casefold(),
                script=script,
                said=name,
                product=product,
                version=version,
            )


_STORES = (
    ("redis-info", "Redis", re.compile(r"Version|Role")),
    ("mongodb-databases", "MongoDB", re.compile(r"totalSize|databases/")),
    ("memcached-info", "memcached", re.compile(r"Process ID|Version|Uptime")),
    ("cassandra-info", "Cassandra", re.compile(r"Cluster name")),
)


def _is_refusal(script: ScriptOutput) -> bool:
    said = script.output.casefold()
    return any(word in said for word in ("authentication required", "not authorized", "unauthorized", "requires auth"))
