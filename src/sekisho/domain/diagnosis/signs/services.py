"""Signs in the ports themselves: that one is open, what stands behind it, and what it calls itself."""

import re
from collections.abc import Iterator

from sekisho.domain.diagnosis.findings import Certainty, Finding, Severity
from sekisho.domain.diagnosis.results import ObservedPort
from sekisho.domain.diagnosis.signs.sight import Sight

_URGENCIES = {3: Severity.URGENT, 2: Severity.SOON, 1: Severity.PLANNED}
_VPN_LINES = frozenset({"internet_vpn"})
_NAMELESS = frozenset({"", "unknown", "tcpwrapped"})


_WITH_VERSION = re.compile(r"([A-Za-z][\w .-]*)/(\d[\w.+-]*)")
"""A greeting of a web server, which some scans keep as the product: "nginx/1.22.1"."""


def open_port(sight: Sight, port: ObservedPort) -> Iterator[Finding]:
    """Yield that the port is open. A VPN on a line that is there for a VPN is no more than information."""
    meaning = sight.knowledge.meaning_of(port)
    is_expected = meaning.id == "vpn" and sight.is_on(_VPN_LINES)
    severity = Severity.NOTE if is_expected else _URGENCIES[meaning.urgency]
    yield sight.finding(
        "open-port",
        port,
        severity=severity,
        said=f"{port.state} ({port.reason})",
        meaning=meaning.id,
        name=port.service,
    )


def unknown_service(sight: Sight, port: ObservedPort) -> Iterator[Finding]:
    """Yield that nobody knows what stands behind the port; only when version detection has asked."""
    name = port.service.removeprefix("ssl/").rstrip("?")
    if not sight.scan.asked_services or (port.basis == "probed" and name not in _NAMELESS):
        return
    if port.scripts or port.product:
        return
    state = "tcpwrapped" if name == "tcpwrapped" else "silent"
    yield sight.finding("unknown-service", port, certainty=Certainty.UNKNOWN, said=port.service, meaning_of_state=state)


def product_seen(sight: Sight, port: ObservedPort) -> Iterator[Finding]:
    """Yield what the service calls itself, with the version when it says one."""
    match = _WITH_VERSION.fullmatch(port.product)
    product, version = (match[1], match[2]) if match and not port.version else (port.product, port.version)
    if product:
        yield sight.finding(
            "product-seen",
            port,
            subject=product.casefold(),
            certainty=Certainty.STATED,
            said=" ".join(part for part in (product, version, port.extra) if part),
            product=product,
            version=version,
            cpe=next((name for name in port.cpes if not name.startswith(("cpe:/o", "cpe:2.3:o"))), ""),
        )


def tftp_answers(sight: Sight, port: ObservedPort) -> Iterator[Finding]:
    """Yield that a TFTP server answered; there is no sign-in that could have refused."""
    if port.service == "tftp" and port.basis == "probed":
        yield sight.finding("tftp-answers", port, said=port.product or port.service)
