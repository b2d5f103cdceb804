"""Grants: what a sender is given so that the gate lets its packets to exact addresses pass, for minutes only.

A consent is of the ledger, a permit is what the consents come to at one instant, a grant is the permit in a sender's
hand: signed, for one gate, for the addresses of one hospital, and for three minutes at most. While the scope holds it
is renewed; when a consent is withdrawn, the window ends or the ledger cannot be asked, nobody has to do anything for
the sending to end.

Here stand the values, their written form and every rule that can be judged without a kernel. Signing is in
`adapters/signing`, the filter in `adapters/gate`; what was measured about rates in `docs/decisions/0025`.
"""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import IPv6Address, ip_address
from typing import Any

from sekisho.domain.diagnosis.consents import MAX_RATE, MIN_RATE, PROTOCOLS, Address, Permit, is_never_scanned
from sekisho.domain.text import Text

LONGEST_LIFE = timedelta(seconds=180)
"""How long the kernel may let packets pass on the word of one grant, whatever happens to everybody who could stop it."""
RENEWED_AFTER = LONGEST_LIFE / 3
CLOCK_TOLERANCE = timedelta(seconds=5)
"""How far the issuer's clock may be ahead of the gate's."""
MOST_ADDRESSES = 256
PURPOSE = "sekisho-grant"
"""What a grant's signature is for; a signature for anything else opens nothing."""
_FORMAT = "sekisho-grant/1"


@dataclass(frozen=True, slots=True)
class Granted:
    """One address: `packets_per_second` is the consented rate, all protocols together; `ends_at` is exclusive."""

    address: Address
    protocols: frozenset[str]
    packets_per_second: int
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Grant:
    """Leave to send to `addresses` of one hospital through the gate called `gate`, until `expires_at` (exclusive)."""

    id: str
    gate: str
    hospital: str
    addresses: tuple[Granted, ...]
    issued_at: datetime
    expires_at: datetime

    def end_of(self, granted: Granted) -> datetime:
        """Return when one address closes: with the grant, or with its own window."""
        return min(self.expires_at, granted.ends_at)

    def is_due(self, now: datetime) -> bool:
        """Return True when it is time to ask for the next grant, early enough for two more tries."""
        return now - self.issued_at >= RENEWED_AFTER


class GrantRefused(Exception):
    """The gate stays closed. `rule` is stable (a key of `REFUSALS`), `reason` is for people."""

    def __init__(self, rule: str) -> None:
        self.rule, self.reason = rule, REFUSALS[rule]
        super().__init__(f"{rule}: {self.reason.en}")


def grants_for(permits: Iterable[Permit], *, gate: str, now: datetime, new_id: Callable[[], str]) -> tuple[Grant, ...]:
    """Return the grants for `permits` at `now` (aware), one for each hospital, for the gate called `gate`.

    `new_id` is called once for each. Permits that are over are left out.
    """
    of_hospital: dict[str, list[Granted]] = {}
    for one in permits:
        if now < one.ends_at:
            granted = Granted(one.address, one.protocols, one.packets_per_second, one.ends_at)
            of_hospital.setdefault(one.hospital, []).append(granted)
    return tuple(
        Grant(new_id(), gate, hospital, tuple(granted[at : at + MOST_ADDRESSES]), now, now + LONGEST_LIFE)
        for hospital, granted in of_hospital.items()
        for at in range(0, len(granted), MOST_ADDRESSES)
    )


def check_grant(grant: Grant, *, gate: str, now: datetime) -> None:
    """Check a grant whose signature holds, as the gate called `gate` does at `now` (aware).

    The rules of the ledger about addresses, protocols and rates are checked once more: a ledger with a mistake must
    not be enough to send a packet where nobody can consent to one.

    Raises:
        GrantRefused: with the first rule that is broken.
    """
    checks = (
        ("another-gate", grant.gate != gate),
        ("life", not timedelta() < grant.expires_at - grant.issued_at <= LONGEST_LIFE),
        ("not-yet", grant.issued_at > now + CLOCK_TOLERANCE),
        ("expired", grant.expires_at <= now),
        ("no-address", not grant.addresses),
        ("too-many", len(grant.addresses) > MOST_ADDRESSES),
        ("twice", len({one.address for one in grant.addresses}) != len(grant.addresses)),
        ("never-scanned", any(_is_refused_address(one.address) for one in grant.addresses)),
        ("protocol", any(not one.protocols or not one.protocols <= set(PROTOCOLS) for one in grant.addresses)),
        ("rate", any(not MIN_RATE <= one.packets_per_second <= MAX_RATE for one in grant.addresses)),
    )
    for rule, is_broken in checks:
        if is_broken:
            raise GrantRefused(rule)


def _is_refused_address(address: Address) -> bool:
    """Return True also for an IPv4 address in an IPv6 coat and for one with a zone: the filter would not know them."""
    coated = isinstance(address, IPv6Address) and (address.ipv4_mapped is not None or address.scope_id is not None)
    return coated or is_never_scanned(address)


# ---- written form ----


def write_grant(grant: Grant) -> bytes:
    """Return the one way to write `grant`: sorted keys, no spaces, times in UTC. This is what is signed."""
    document = {
        "format": _FORMAT,
        "id": grant.id,
        "gate": grant.gate,
        "hospital": grant.hospital,
        "issued_at": _written(grant.issued_at),
        "expires_at": _written(grant.expires_at),
        "addresses": [
            {
                "address": str(one.address),
                "protocols": sorted(one.protocols),
                "packets_per_second": one.packets_per_second,
                "ends_at": _written(one.ends_at),
            }
            for one in grant.addresses
        ],
    }
    return json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def read_grant(raw: bytes) -> Grant:
    """Return the grant that `raw` writes. Only what `write_grant` would write again, byte for byte, is read.

    Raises:
        GrantRefused: `unreadable`: anything else, such as a host name, a range, a time without a zone, a second key.
    """
    try:
        grant = _grant_of(json.loads(raw))
        is_same = write_grant(grant) == raw
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError):
        raise GrantRefused("unreadable") from None
    if not is_same:
        raise GrantRefused("unreadable")
    return grant


def _grant_of(document: dict[str, Any]) -> Grant:
    return Grant(
        id=_text(document["id"]),
        gate=_text(document["gate"]),
        hospital=_text(document["hospital"]),
        addresses=tuple(_granted(one) for one in document["addresses"]),
        issued_at=_instant(document["issued_at"]),
        expires_at=_instant(document["expires_at"]),
    )


def _granted(document: dict[str, Any]) -> Granted:
    rate = document["packets_per_second"]
    if type(rate) is not int:
        raise TypeError(rate)
    return Granted(
        address=ip_address(_text(document["address"])),
        protocols=frozenset(_text(one) for one in document["protocols"]),
        packets_per_second=rate,
        ends_at=_instant(document["ends_at"]),
    )


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(value)
    return value


def _written(instant: datetime) -> str:
    return instant.astimezone(UTC).isoformat()


def _instant(value: object) -> datetime:
    instant = datetime.fromisoformat(_text(value))
    if instant.tzinfo is None:
        raise ValueError(value)
    return instant


# ---- rates ----


@dataclass(frozen=True, slots=True)
class Bucket:
    """A token bucket as nftables counts it: `rate` packets per second come in, it holds `burst` and starts full."""

    rate: int
    burst: int


def bucket(consented: int) -> Bucket:
    """Return the bucket that lets at most `consented` packets pass in any one second: the rate and the whole bucket.

    What bursts need is taken off the rate, and a hundredth is kept: packets that passed in more than a second may reach
    the line in less, when the machine pauses between its filter and its wire.
    """
    burst = max(2, consented * 9 // 200)
    return Bucket(rate=consented - consented // 100 - burst, burst=burst)


def asked_rate(consented: int) -> int:
    """Return the packets per second to ask a scanner for, so that next to nothing is dropped as over the rate.

    Ask nmap with `--min-rate` and `--max-rate` both: with the upper bound alone it sends in bursts of ten.
    """
    return bucket(consented).rate - consented // 50


def masscan_rate(consented: int) -> int:
    """Return the packets per second to ask masscan for: it sends a ninth of its rate at once (measured)."""
    return bucket(consented).burst * 9


def connect_rate(consented: int) -> int:
    """Return the attempts per second for scans by the kernel's own connections, where nothing counts the packets.

    The kernel asks again by itself and closes what it opened, so that an attempt takes up to two packets on its way.
    """
    return max(1, asked_rate(consented) // 2)


REFUSALS: dict[str, Text] = {
    "unsigned": Text(
        "許可証の署名が正しくありません。台帳から新しい許可証を受け取ってください。",
        "The signature of the grant is not valid. Get a new grant from the ledger.",
    ),
    "unreadable": Text(
        "許可証の形が正しくありません。アドレスは一つずつ、時刻は時差つきで書かれている必要があります。",
        "The grant cannot be read. It must name single addresses, and times with their zone.",
    ),
    "another-gate": Text(
        "この許可証は、別の実行のために出されたものです。使い回しはできません。",
        "This grant was given for another run. It cannot be used again here.",
    ),
    "life": Text(
        f"許可証の有効時間は{LONGEST_LIFE.seconds}秒までです。",
        f"A grant lives {LONGEST_LIFE.seconds} seconds at most.",
    ),
    "not-yet": Text(
        "許可証の発行時刻が、この機械の時計より先です。時計が戻っていないか確かめてください。",
        "The grant was issued later than this machine's clock says. Check whether the clock was set back.",
    ),
    "expired": Text("許可証の期限が切れています。", "The grant has expired."),
    "no-address": Text("許可証にアドレスがありません。", "The grant names no address."),
    "too-many": Text(
        f"一枚の許可証に書けるアドレスは{MOST_ADDRESSES}個までです。",
        f"A grant names {MOST_ADDRESSES} addresses at most.",
    ),
    "twice": Text("許可証に同じアドレスが二度あります。", "The grant names an address twice."),
    "never-scanned": Text(
        "許可証に、誰も同意できないアドレス（プライベート・予約済みなど）があります。",
        "The grant names an address that nobody can consent to (private or reserved).",
    ),
    "protocol": Text(
        "許可証のプロトコルは tcp と udp だけです。", "The protocols of a grant are tcp and udp, nothing else."
    ),
    "rate": Text(
        f"許可証の毎秒のパケット数は{MIN_RATE}から{MAX_RATE}までです。",
        f"The packet rate of a grant is from {MIN_RATE} to {MAX_RATE} packets per second.",
    ),
    "another-hospital": Text(
        "このアドレスは、この実行で別の病院のものとして開かれました。どちらのものか確かめるまで閉じたままにします。",
        "This address was opened for another hospital in this run. It stays closed until it is clear whose it is.",
    ),
    "revoked": Text(
        "このアドレスの許可は取り消されました。取り消しより前の許可証では開けません。",
        "Leave for this address was taken back. A grant from before that opens nothing.",
    ),
    "superseded": Text(
        "このアドレスには、もっと新しい許可証が使われています。",
        "A newer grant is in use for this address.",
    ),
    "in-use": Text(
        "このアドレスは、この機械の別の診断が使っています。終わるまで待ってください。",
        "Another run on this machine is scanning this address. Wait until it has ended.",
    ),
    "own-address": Text(
        "このアドレスはこの機械自身のものです。外からの診断になりません。別の場所から診断してください。",
        "This address is this machine's own. That would not be a look from outside: scan from another place.",
    ),
    "no-route": Text(
        "この機械からこのアドレスへの経路がありません。ネットワークの設定を確かめてください。",
        "This machine has no route to this address. Check its network settings.",
    ),
    "stopped": Text(
        "緊急停止がかかっています。止めた人が解除するまで送信しません。",
        "The emergency stop is on. Nothing is sent until whoever stopped it lifts it.",
    ),
    "closed": Text(
        "送信の関門は閉じられています。もう一度診断を始めてください。",
        "The gate is closed. Start the run again.",
    ),
}
"""Why a grant opens nothing, by the stable id of the rule."""
