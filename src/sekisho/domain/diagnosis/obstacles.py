"""What stands between a line of the register and a consent to scan it, in words for the clerk who can mend it.

Whether a packet may leave is never decided here: that is `consents.scope_at`. This says beforehand what it would miss.

Source: programme deck 2024 (scope: lines with internet and a global address; closed lines are not scanned; a dynamic
address is confirmed on the day of the scan).
"""

from dataclasses import dataclass
from enum import Enum

from sekisho.domain.diagnosis.consents import is_never_scanned, public_address
from sekisho.domain.facts import Unknown, known
from sekisho.domain.register.records import Line
from sekisho.domain.text import Text

CLOSED = frozenset({"ip_vpn", "leased_line", "closed_mobile", "other_closed"})
"""Forms of communication that never touch the internet."""


class Weight(Enum):
    """How much an obstacle weighs."""

    OUT_OF_SCOPE = "out-of-scope"
    """The line is not scanned at all, and nothing is missing."""
    MISSING = "missing"
    """Somebody has to answer something first."""
    ON_THE_DAY = "on-the-day"
    """Nothing now: it is done on the day of the scan."""


@dataclass(frozen=True, slots=True)
class Obstacle:
    """One obstacle. `rule` is stable; `key` names the answer of the register that mends it, "" when none does."""

    rule: str
    weight: Weight
    text: Text
    key: str = ""


def obstacles_of(line: Line, *, is_confirmed_today: bool = False) -> tuple[Obstacle, ...]:
    """Return what stands in the way, the most telling first; one that puts the line out of scope stands alone."""
    out = next((rule for rule, holds in _out_of_scope(line) if holds), None)
    if out is not None:
        return (OBSTACLES[out],)
    rules = [rule for rule, holds in _missing(line) if holds]
    if known(line.address_assignment) == "dynamic" and not is_confirmed_today:
        rules.append("not-confirmed-today")
    return tuple(OBSTACLES[rule] for rule in rules)


def _out_of_scope(line: Line) -> tuple[tuple[str, bool], ...]:
    return (
        ("no-ehr", known(line.ehr_connection) == "no"),
        ("closed-line", known(line.communication) in CLOSED),
        ("no-global-ip", known(line.global_ip) == "no"),
    )


def _missing(line: Line) -> tuple[tuple[str, bool], ...]:
    address = known(line.global_address)
    is_dynamic = known(line.address_assignment) == "dynamic"
    return (
        ("communication-unknown", known(line.communication) is None),
        ("global-ip-unknown", known(line.global_ip) is None),
        ("assignment-unknown", known(line.address_assignment) is None),
        ("no-address", not is_dynamic and address is None),
        ("address-unusable", not is_dynamic and address is not None and not _is_one_public_address(address)),
        ("scan-not-wanted", known(line.scan_wanted) == "not_wanted" or isinstance(line.scan_wanted, Unknown)),
    )


def _is_one_public_address(text: str) -> bool:
    try:
        return not is_never_scanned(public_address(text))
    except ValueError:
        return False


_OUT, _MISSING, _DAY = Weight.OUT_OF_SCOPE, Weight.MISSING, Weight.ON_THE_DAY
OBSTACLES: dict[str, Obstacle] = {
    one.rule: one
    for one in (
        Obstacle(
            "no-ehr",
            _OUT,
            Text(
                "電子カルテのネットワークにつながらない回線なので、診断の対象ではありません。",
                "Not connected to the network of the electronic records, so it is not scanned.",
            ),
            "ehr_connection",
        ),
        Obstacle(
            "closed-line",
            _OUT,
            Text(
                "閉域の回線（インターネットに出ない回線）なので、診断の対象ではありません。",
                "A closed line, which never touches the internet, so it is not scanned.",
            ),
            "communication",
        ),
        Obstacle(
            "no-global-ip",
            _OUT,
            Text(
                "インターネットから名指しできる番号（グローバルIP）がないので、診断の対象ではありません。",
                "It has no address that the internet can name (global IP), so it is not scanned.",
            ),
            "global_ip",
        ),
        Obstacle(
            "communication-unknown",
            _MISSING,
            Text(
                "通信形態が決まっていません。インターネットか閉域か、回線事業者に確かめて台帳に書いてください。",
                "The form of communication is not known. Ask the carrier whether it is the internet or a closed network.",
            ),
            "communication",
        ),
        Obstacle(
            "global-ip-unknown",
            _MISSING,
            Text(
                "グローバルIPを使うかどうかが決まっていません。プロバイダの契約書で確かめて台帳に書いてください。",
                "Whether it uses a global IP is not known. The provider's contract says so.",
            ),
            "global_ip",
        ),
        Obstacle(
            "assignment-unknown",
            _MISSING,
            Text(
                "固定IPか動的IPかが決まっていません。契約書に「固定IP」となければ、ふつうは動的IPです。",
                "Fixed or dynamic is not known. Unless the contract says “fixed”, it is usually dynamic.",
            ),
            "address_assignment",
        ),
        Obstacle(
            "no-address",
            _MISSING,
            Text(
                "固定IPのアドレスが書かれていません。プロバイダの通知書か、ルータの「WAN」の番号を台帳に書いてください。",
                "The fixed address is missing. It is on the provider's notice, or “WAN” on the router's screen.",
            ),
            "global_address",
        ),
        Obstacle(
            "address-unusable",
            _MISSING,
            Text(
                "書かれている番号は、インターネットから届く一つのアドレスではありません（院内の番号、予約された番号、範囲など）。"
                "ルータの「WAN」の番号を確かめてください。",
                "What is written is not one address that the internet can reach (an inner or reserved one, or a range). "
                "Look at “WAN” on the router's screen.",
            ),
            "global_address",
        ),
        Obstacle(
            "scan-not-wanted",
            _MISSING,
            Text(
                "台帳で、脆弱性診断の希望が「なし」です。診断するときは「調査希望あり」に直してください。",
                "The register says that no scan is wanted. Change that first if it is to be scanned.",
            ),
            "scan_wanted",
        ),
        Obstacle(
            "not-confirmed-today",
            _DAY,
            Text(
                "動的IP（ときどき変わる番号）です。診断する日に、その日の番号を確かめます。今日はまだです。",
                "A dynamic address, which changes now and then. It is looked up on the day of the scan; today it has not been.",
            ),
            "scan_day_address",
        ),
    )
}
"""Every obstacle by its rule."""
