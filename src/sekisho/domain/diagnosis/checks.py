"""The second stage: which checks follow from what answered, what may be sent for them, and what came of it.

The checks themselves are data (`catalogue/diagnosis/checks.yaml`). A check is planned only for a port that is open, only
with what the permit of its address allows, and never more than once a port. What was not done is kept with its reason:
a check that did not run proves nothing.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sekisho.domain.diagnosis.consents import Permit
from sekisho.domain.diagnosis.results import ObservedPort
from sekisho.domain.text import Text

NEVER_SENT_TO = frozenset({("tcp", number) for number in (515, *range(9100, 9108))})
"""Printers put on paper whatever reaches these ports; no check ever sends to them, whatever a service calls itself."""


@dataclass(frozen=True, slots=True)
class Check:
    """One kind of question to an open port.

    `tool` is "nmap", "ike-scan" or "accounts"; `scripts` are nmap's scripts, `arguments` their fixed arguments ("key=value"),
    `modes` those of ike-scan. It is asked where a port has one of `services` (nmap's names, without "ssl/") or one of
    `ports` ("500/udp"); `tls` = True only inside TLS, False only outside, None either. `packets` bounds what it sends,
    for the time that the pace takes. `tries` is the number of logins it attempts: anything but 0 needs the consent to
    default accounts. `asks_version` lets nmap find
    TLS on an unusual port first, `is_debugged` makes it print what failed; `proof` are
    words that the outputs of a service that works always hold. `safety` says why it harms nothing; `what`
    names it for people.
    """

    id: str
    what: Text
    safety: Text
    tool: str
    packets: int
    ports: frozenset[str] = frozenset()
    services: frozenset[str] = frozenset()
    products: frozenset[str] = frozenset()
    tls: bool | None = None
    scripts: tuple[str, ...] = ()
    arguments: tuple[str, ...] = ()
    modes: tuple[str, ...] = ()
    tries: int = 0
    timeout_s: int = 120
    asks_version: bool = False
    is_debugged: bool = False
    proof: re.Pattern[str] | None = None

    @property
    def asks(self) -> tuple[str, ...]:
        """Return the ids of the outputs that this check can bring: nmap's scripts, or ike-scan's ways of asking."""
        return self.scripts or tuple(f"ike-{mode}" for mode in self.modes) or (self.id,)


@dataclass(frozen=True, slots=True)
class PlannedCheck:
    """One check of one port, to be run."""

    check: Check
    protocol: str
    port: int
    is_tls: bool = False

    @property
    def key(self) -> tuple[str, str, int]:
        """Return check, protocol and port: done once, it is not done again."""
        return self.check.id, self.protocol, self.port


@dataclass(frozen=True, slots=True)
class SkippedCheck:
    """One check that would fit a port but is not run. `rule` is stable, `reason` is for people."""

    check: Check
    protocol: str
    port: int
    rule: str
    reason: Text


@dataclass(frozen=True, slots=True)
class CheckPlan:
    """What to run at one address, in order, and what not."""

    address: str
    planned: tuple[PlannedCheck, ...]
    skipped: tuple[SkippedCheck, ...] = ()

    @property
    def packets(self) -> int:
        """Return the most packets that all planned checks send."""
        return sum(one.check.packets for one in self.planned)


def plan_checks(
    address: str, ports: Iterable[ObservedPort], checks: Sequence[Check], permit: Permit | None
) -> CheckPlan:
    """Return what to ask the open ports of `address`, by port, in the catalogue's order.

    Without a permit nothing is planned. Of a protocol that the permit does not name nothing is planned either.
    """
    planned: list[PlannedCheck] = []
    skipped: list[SkippedCheck] = []
    for port in sorted(ports, key=lambda one: (one.protocol, one.port)):
        for check in checks if port.state == "open" else ():
            if not fits(check, port):
                continue
            rule = _why_not(check, port, permit)
            if rule is None:
                planned.append(PlannedCheck(check, port.protocol, port.port, is_tls(port)))
            else:
                skipped.append(SkippedCheck(check, port.protocol, port.port, rule, WHY_SKIPPED[rule]))
    return CheckPlan(address, tuple(planned), tuple(skipped))


def fits(check: Check, port: ObservedPort) -> bool:
    """Return True when `check` is meant for what answered at `port`.

    A check that names ports of one protocol only is asked of no other: there is no DNS question over TCP in it.
    """
    protocols = {name.partition("/")[2] for name in check.ports}
    if (protocols and port.protocol not in protocols) or (check.tls is not None and check.tls != is_tls(port)):
        return False
    product = port.product.casefold()
    by_product = any(word in product for word in check.products)
    return port.name in check.ports or bare_service(port) in check.services or by_product


def bare_service(port: ObservedPort) -> str:
    """Return nmap's name of the service, without the tunnel and the mark of doubt."""
    return port.service.removeprefix("ssl/").rstrip("?").casefold()


def is_tls(port: ObservedPort) -> bool:
    """Return True when the service speaks TLS from the first byte, as far as known; the number speaks for the nameless."""
    if port.service.startswith("ssl/") or bare_service(port) in _TLS_BY_NAME:
        return True
    return port.protocol == "tcp" and bare_service(port) in _NAMELESS and port.port in _TLS_BY_NUMBER


_TLS_BY_NAME = frozenset({"https", "ssl", "imaps", "pop3s", "smtps", "ldaps", "ftps", "https-alt"})
_TLS_BY_NUMBER = frozenset({443, 465, 636, 989, 990, 992, 993, 995, 4433, 4443, 8443, 10443})
_NAMELESS = frozenset({"", "unknown", "tcpwrapped"})


def _why_not(check: Check, port: ObservedPort, permit: Permit | None) -> str | None:
    rules = (
        ("not-permitted", permit is None or port.protocol not in permit.protocols),
        ("printer", (port.protocol, port.port) in NEVER_SENT_TO),
        ("no-login-consent", check.tries > 0 and not (permit is not None and permit.default_accounts)),
    )
    return next((rule for rule, holds in rules if holds), None)


WHY_SKIPPED: dict[str, Text] = {
    "not-permitted": Text("同意の範囲にないため、調べません。", "Outside what was consented to, so it is not asked."),
    "printer": Text(
        "プリンタの印刷用の入口かもしれないため、何も送りません（送ると紙に印刷されることがあります）。",
        "This may be a printer's own port. Nothing is sent to it, because it may print whatever arrives.",
    ),
    "no-login-consent": Text(
        "初期設定のIDとパスワードを試すことには同意がないため、試しません。",
        "There is no consent to trying default accounts, so none is tried.",
    ),
}
"""Why a check that fits is not run, by the stable id of the rule."""
