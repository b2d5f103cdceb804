"""What may be scanned, when and how fast: consents, what is wrong with one, and what holds at one instant.

A consent is for one address of one line. Nothing else ever allows a packet: no default, no list, no earlier run.
Whatever is missing, contradictory or over makes a refusal with its reason, never a wider reading.

Source: programme deck 2024 (scope: lines with a global address, closed lines are not scanned; a dynamic address is
confirmed on the day; the annex on precautions); which addresses nobody can consent to follows RFC 6890. The ranges
kept for documentation and for tests (RFC 5737, 3849, 2544) pass, because training and labs run on them.
"""

from collections.abc import Sequence, Set
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from zoneinfo import ZoneInfo

from sekisho.domain.text import Text

Address = IPv4Address | IPv6Address

JAPAN = ZoneInfo("Asia/Tokyo")
"""The zone of the programme: "on the day" is a day of Japan, wherever the scanner stands."""
PROTOCOLS = ("tcp", "udp")
MIN_RATE, MAX_RATE = 10, 1000
"""Packets per second. Below, 65,535 ports take more than two hours a pass; above, small devices suffer (measured)."""
LONGEST_WINDOW = timedelta(days=31)


@dataclass(frozen=True, slots=True)
class Consent:
    """The consent to scan one address. `starts_at` and `ends_at` are aware; the end is exclusive.

    `address` is None while the address of a dynamic line is not known. `confirmed_on` is the day (in Japan) on which
    somebody looked up the address of a dynamic line. `default_accounts` is a consent of its own: trying a login is
    another act than knocking at a port. `line_changed` says that the line is no longer as it was when this was signed:
    retired, closed, or with another address, which may by now be a stranger's.
    """

    hospital: str
    line: str
    address: Address | None
    starts_at: datetime
    ends_at: datetime
    protocols: frozenset[str]
    packets_per_second: int
    is_dynamic: bool = False
    confirmed_on: date | None = None
    signed_by: str = ""
    withdrawn_at: datetime | None = None
    terms_version: str = ""
    terms_sha256: str = ""
    stop_contact: str = ""
    default_accounts: bool = False
    line_changed: bool = False

    @property
    def key(self) -> tuple[str, str, str]:
        """Return hospital, line and address: what refusals and permits name."""
        return self.hospital, self.line, str(self.address or "")


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a consent allows nothing at this instant. `rule` is stable, `reason` is for people."""

    consent: Consent
    rule: str
    reason: Text


@dataclass(frozen=True, slots=True)
class Permit:
    """What may be sent to one address until `ends_at` (exclusive), at most `packets_per_second`, all protocols together.

    `lines` are those behind the address: several rows of a workbook can share one router.
    """

    hospital: str
    lines: tuple[str, ...]
    address: Address
    protocols: frozenset[str]
    packets_per_second: int
    ends_at: datetime
    default_accounts: bool = False


@dataclass(frozen=True, slots=True)
class Scope:
    """What holds at one instant: permits by address, and why the rest is refused."""

    permits: tuple[Permit, ...]
    refusals: tuple[Refusal, ...]

    def permit_for(self, address: Address) -> Permit | None:
        """Return the permit of exactly this address."""
        return next((permit for permit in self.permits if permit.address == address), None)


def scope_at(consents: Sequence[Consent], now: datetime) -> Scope:
    """Return what may be scanned at `now` (aware).

    Several consents for one address of one hospital that hold at once allow what all of them allow: the lowest rate,
    the common protocols, the earliest end. Two hospitals with one address, or a consent beside one that was withdrawn
    for the same time, allow nothing: somebody has to say which is true. A permit ends where another consent for its
    address begins; ask again then.
    """
    refusals: list[Refusal] = []
    standing: dict[Address, list[Consent]] = {}
    withdrawn = {one.address for one in consents if one.withdrawn_at is not None and one.starts_at <= now < one.ends_at}
    for one in consents:
        rule = _why_not(one, now, withdrawn)
        if rule is None and one.address is not None:
            standing.setdefault(one.address, []).append(one)
        elif rule is not None:
            refusals.append(Refusal(one, rule, REASONS[rule]))
    permits = []
    for address, together in standing.items():
        rule = _why_not_together(together)
        if rule is None:
            permits.append(_common(address, together, _next_change(consents, address, now)))
        else:
            refusals.extend(Refusal(one, rule, REASONS[rule]) for one in together)
    return Scope(tuple(permits), tuple(refusals))


def _next_change(consents: Sequence[Consent], address: Address, now: datetime) -> datetime | None:
    """Return when another consent for `address` begins: from then on the question has to be asked again."""
    return min((one.starts_at for one in consents if one.address == address and one.starts_at > now), default=None)


def _why_not(consent: Consent, now: datetime, withdrawn: Set[Address | None]) -> str | None:
    """Return the rule that refuses `consent`, the most telling first."""
    address = consent.address
    if consent.withdrawn_at is not None:
        return "withdrawn"
    checks = (
        ("line-changed", consent.line_changed),
        ("no-address", address is None),
        ("address-not-public", address is not None and is_never_scanned(address)),
        ("not-signed", not consent.signed_by.strip()),
        ("no-protocol", not consent.protocols or not consent.protocols <= set(PROTOCOLS)),
        ("rate", not MIN_RATE <= consent.packets_per_second <= MAX_RATE),
        ("window-backwards", consent.starts_at >= consent.ends_at),
        ("window-too-long", consent.ends_at - consent.starts_at > LONGEST_WINDOW),
        ("not-confirmed-today", consent.is_dynamic and consent.confirmed_on != now.astimezone(JAPAN).date()),
        ("withdrawn-elsewhere", address in withdrawn),
        ("not-yet", now < consent.starts_at),
        ("over", now >= consent.ends_at),
    )
    return next((rule for rule, holds in checks if holds), None)


def _why_not_together(consents: Sequence[Consent]) -> str | None:
    if len({one.hospital for one in consents}) > 1:
        return "two-hospitals"
    return None if frozenset.intersection(*(one.protocols for one in consents)) else "no-protocol"


def _common(address: Address, consents: Sequence[Consent], next_change: datetime | None) -> Permit:
    ends = [_end_of(one) for one in consents]
    return Permit(
        hospital=consents[0].hospital,
        lines=tuple(sorted({one.line for one in consents})),
        address=address,
        protocols=frozenset.intersection(*(one.protocols for one in consents)),
        packets_per_second=min(one.packets_per_second for one in consents),
        ends_at=min(ends if next_change is None else [*ends, next_change]),
        default_accounts=all(one.default_accounts for one in consents),
    )


def _end_of(consent: Consent) -> datetime:
    """Return when the consent ends; a dynamic address is only known for the day on which it was looked up."""
    if not consent.is_dynamic or consent.confirmed_on is None:
        return consent.ends_at
    next_day = consent.confirmed_on + timedelta(days=1)
    midnight = datetime(next_day.year, next_day.month, next_day.day, tzinfo=JAPAN)
    return min(consent.ends_at, midnight)


def is_never_scanned(address: Address) -> bool:
    """Return True for an address that cannot be a hospital's own on the internet, so that nobody can consent to it."""
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        # A second spelling of an address has a rate, a lock and a withdrawal of its own: only the first one counts.
        return True
    if isinstance(address, IPv6Address) and address.sixtofour is not None:
        return is_never_scanned(address.sixtofour)
    return any(address.version == network.version and address in network for network in _NEVER)


_NEVER = tuple(
    ip_network(text)
    for text in (
        *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12"),
        *("192.0.0.0/24", "192.88.99.0/24", "192.168.0.0/16", "224.0.0.0/3"),
        *("::/96", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/32", "fc00::/7", "fe80::/9", "ff00::/8"),
    )
)


def public_address(text: str) -> Address:
    """Return the one address that `text` writes.

    Raises:
        ValueError: no single address: a range, a prefix, a host name, an address with a port.
    """
    return ip_address(text.strip())


REASONS: dict[str, Text] = {
    "withdrawn": Text("同意が取り下げられています。", "The consent was withdrawn."),
    "withdrawn-elsewhere": Text(
        "同じアドレス、同じ期間の同意が取り下げられています。どちらが正しいか、病院に確かめてください。",
        "A consent for the same address and time was withdrawn. Ask the hospital which one holds.",
    ),
    "line-changed": Text(
        "同意のあとで、台帳の回線が変わりました（使わなくなった、アドレスが違う、など）。いまの内容で同意し直してください。",
        "The line has changed in the register since the consent (no longer in use, another address ...). Consent anew.",
    ),
    "no-address": Text(
        "アドレスが決まっていません。動的アドレスは、診断の当日に確認したアドレスが必要です。",
        "The address is not known. A dynamic address has to be looked up on the day of the diagnosis.",
    ),
    "address-not-public": Text(
        "インターネットから届かないアドレス（プライベート・予約済みなど）のため、診断できません。",
        "The address cannot be reached from the internet (private or reserved), so it is not scanned.",
    ),
    "not-signed": Text("同意した人が書かれていません。", "Nobody is named as having consented."),
    "no-protocol": Text(
        "診断してよいプロトコル（tcp、udp）がありません。重なる同意どうしで共通するものがない場合も含みます。",
        "No protocol (tcp, udp) is consented to, or overlapping consents have none in common.",
    ),
    "rate": Text(
        f"毎秒のパケット数は{MIN_RATE}から{MAX_RATE}までです。",
        f"The packet rate must be from {MIN_RATE} to {MAX_RATE} packets per second.",
    ),
    "window-backwards": Text("終わりの時刻が始まりより前です。", "The window ends before it starts."),
    "window-too-long": Text(
        f"期間が{LONGEST_WINDOW.days}日を超えています。診断する日時に合わせて短くしてください。",
        f"The window is longer than {LONGEST_WINDOW.days} days. Shorten it to the time of the diagnosis.",
    ),
    "not-confirmed-today": Text(
        "動的アドレスが今日確認されていません。ルータの画面などで今日のアドレスを確かめてください。",
        "The dynamic address was not confirmed today. Look it up today, for example on the router's screen.",
    ),
    "not-yet": Text("同意の期間がまだ始まっていません。", "The consented window has not started yet."),
    "over": Text("同意の期間が終わっています。", "The consented window is over."),
    "two-hospitals": Text(
        "二つの病院が同じアドレスに同意しています。どちらのものか確かめるまで診断しません。",
        "Two hospitals consented to the same address. It is not scanned until it is clear whose it is.",
    ),
}
"""Why a consent allows nothing, by the stable id of the rule."""
