"""What is known of each line after the diagnosis: 注目情報 (注意 / - / 調査不可), by rules with ids.

Rules are asked in order and the first that holds speaks; a line for which nothing is known is 調査不可, never "-".
Source: programme deck 2024, scope and report sample (the three words, closed lines are not scanned, a dynamic address
that nobody confirmed on the day cannot be examined); the order and the further rules are ours.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from ipaddress import ip_address, ip_network

from sekisho.domain.diagnosis.results import AddressScan, ObservedPort
from sekisho.domain.facts import known
from sekisho.domain.register.records import Line
from sekisho.domain.reporting.document import Mark, same
from sekisho.domain.reporting.wording import joined, spoken
from sekisho.domain.text import Text

RULES_VERSION = "1.1"

FACES_INTERNET = frozenset({"internet", "internet_vpn"})
"""Forms of communication that are scanned when they have a global address."""


class Attention(Enum):
    """The three words of the programme's report."""

    CAUTION = "caution"
    NONE = "none"
    NOT_EXAMINED = "not_examined"

    @property
    def word(self) -> Text:
        """Return 注意, - or 調査不可."""
        return _WORDS[self]

    @property
    def mark(self) -> Mark | None:
        """Return the mark that is printed beside the word."""
        return {Attention.CAUTION: Mark.CAUTION, Attention.NOT_EXAMINED: Mark.UNKNOWN}.get(self)


_WORDS = {
    Attention.CAUTION: Text("注意", "Caution"),
    Attention.NONE: Text("-", "-"),
    Attention.NOT_EXAMINED: Text("調査不可", "Not examined"),
}


@dataclass(frozen=True, slots=True)
class Seen:
    """All runs over one address as one result. A port of two runs has the state of the later one."""

    address: str
    last_at: datetime | None
    is_up: bool
    ports: tuple[ObservedPort, ...]
    evidence: tuple[str, ...]
    tools: tuple[str, ...]
    is_complete: bool = True
    """False when no run over the address came to its end or could show that it missed nothing."""

    @property
    def open_ports(self) -> tuple[ObservedPort, ...]:
        """Return the ports that surely answered, TCP first, by number."""
        return tuple(port for port in self.ports if port.state == "open")

    @property
    def undecided_ports(self) -> tuple[ObservedPort, ...]:
        """Return the ports of which the run could not tell whether they are open."""
        return tuple(port for port in self.ports if port.state in {"open|filtered", "unfiltered", "unknown"})


@dataclass(frozen=True, slots=True)
class LineResult:
    """The result for one line: the word, the rule that gave it, and the sentence in the report."""

    line: Line
    attention: Attention
    rule_id: str
    result: Text
    address: str | None
    seen: Seen | None
    is_examined: bool = False
    """True when a run really covered the line's address."""


def results(lines: Iterable[Line], scans: Sequence[AddressScan]) -> tuple[LineResult, ...]:
    """Return one result per line, in their order."""
    seen = merge(scans)
    return tuple(_judge(line, seen) for line in lines)


def merge(scans: Sequence[AddressScan]) -> dict[str, Seen]:
    """Return one result per address, by canonical address."""
    by_address: dict[str, list[AddressScan]] = {}
    for scan in scans:
        by_address.setdefault(canonical(scan.address), []).append(scan)
    return {address: _merged(address, runs) for address, runs in sorted(by_address.items())}


def canonical(address: str) -> str:
    """Return the canonical spelling of an address, or the text as it is when it is none."""
    try:
        return str(ip_address(address.strip()))
    except ValueError:
        return address.strip()


def examined_address(line: Line) -> str | None:
    """Return the address that a diagnosis of `line` must reach; None when it is not known.

    A dynamic address counts only when it was confirmed on the day of the diagnosis.
    """
    if line.address_assignment == "dynamic":
        address = line.scan_day_address if line.scan_day_check == "confirmed" else None
    else:
        address = line.global_address
    return canonical(address) if isinstance(address, str) and address.strip() else None


def is_inside_address(address: str | None) -> bool:
    """Return True for an address that no packet from outside can have as its target, or that is no address."""
    if address is None:
        return False
    try:
        parsed = ip_address(address)
    except ValueError:
        return True
    # Not `is_private`: that is also true of the ranges reserved for documentation, which samples and training use.
    return any(parsed.version == network.version and parsed in network for network in _INSIDE)


_INSIDE = tuple(
    ip_network(text)
    for text in (
        *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12"),
        *("192.168.0.0/16", "224.0.0.0/3", "::/127", "fc00::/7", "fe80::/10", "ff00::/8"),
    )
)
"""Private use, carrier-grade translation, loopback, link-local, multicast, reserved (RFC 1918, 6598, 6890)."""


def _merged(address: str, runs: list[AddressScan]) -> Seen:
    # A run without a time counts as the oldest; among equals "open" wins, because it asks for more care.
    ordered = sorted(runs, key=lambda run: run.started_at.timestamp() if run.started_at else 0.0)
    ports: dict[tuple[str, int], ObservedPort] = {}
    for run in ordered:
        for port in sorted(run.ports, key=lambda port: port.state == "open"):
            ports[port.protocol, port.port] = port
    times = [run.started_at for run in ordered if run.started_at]
    return Seen(
        address=address,
        last_at=times[-1] if times else None,
        is_up=any(run.is_up for run in runs),
        ports=tuple(ports[key] for key in sorted(ports)),
        evidence=tuple(dict.fromkeys(run.evidence for run in ordered if run.evidence)),
        tools=tuple(dict.fromkeys(run.tool for run in ordered if run.tool)),
        is_complete=any(run.is_complete for run in runs),
    )


@dataclass(frozen=True, slots=True)
class _Facts:
    """What the rules look at."""

    line: Line
    address: str | None
    seen: Seen | None

    @property
    def communication(self) -> str | None:
        return known(self.line.communication)

    @property
    def is_closed(self) -> bool:
        return self.communication in CLOSED

    @property
    def is_covered(self) -> bool:
        return self.seen is not None and self.seen.is_up and self.seen.is_complete


CLOSED = frozenset({"ip_vpn", "leased_line", "closed_mobile", "other_closed"})
"""Closed networks: not scanned. A form in neither set is one that we cannot place, and so unknown."""


@dataclass(frozen=True, slots=True)
class AttentionRule:
    """One rule: its id, when it holds, and what it says."""

    id: str
    attention: Attention
    holds: Callable[[_Facts], bool]
    says: Text


RULES: tuple[AttentionRule, ...] = (
    AttentionRule(
        "ATT-OPEN",
        Attention.CAUTION,
        lambda f: bool(f.seen and f.seen.open_ports),
        Text(
            "外から応答する入口（ポート）：{ports}。意味と依頼の文は「診断結果」をご覧ください。",
            "Doors (ports) that answer from outside: {ports}. See “Diagnosis” for what they mean and what to ask.",
        ),
    ),
    AttentionRule(
        "OUT-NO-EHR",
        Attention.NONE,
        lambda f: f.line.ehr_connection == "no" and not f.seen,
        Text(
            "電子カルテのネットワークにつながらないため、診断対象外です。",
            "Not diagnosed: no connection to the EHR network.",
        ),
    ),
    AttentionRule(
        "UNK-CLOSED-GLOBAL",
        Attention.NOT_EXAMINED,
        lambda f: f.is_closed and f.line.global_ip == "yes",
        Text(
            "閉域の回線なのにグローバルIPが「あり」です。どちらが正しいか、回線事業者に確認してください。",
            "Said to be closed and yet to have a global IP. Ask the carrier which is right.",
        ),
    ),
    AttentionRule(
        "OUT-CLOSED",
        Attention.NONE,
        lambda f: f.is_closed,
        Text("閉域の回線のため、診断対象外です。", "Not diagnosed: a closed line."),
    ),
    AttentionRule(
        "UNK-COMMUNICATION",
        Attention.NOT_EXAMINED,
        lambda f: f.communication not in FACES_INTERNET,
        Text(
            "通信形態が不明で、インターネットに面しているか判断できません。回線事業者に確認してください。",
            "The form of communication is not known, nor therefore whether the line faces the internet. Ask the carrier.",
        ),
    ),
    AttentionRule(
        "UNK-DYNAMIC",
        Attention.NOT_EXAMINED,
        lambda f: f.line.address_assignment == "dynamic" and f.address is None,
        Text(
            "動的IPで、診断当日のアドレスが未確認です。診断日にルータの「WAN」の番号を確認してください。",
            "A dynamic address that was not confirmed on the day. Read “WAN” on the router on that day.",
        ),
    ),
    AttentionRule(
        "OUT-NO-GLOBAL",
        Attention.NONE,
        lambda f: f.line.global_ip == "no" and f.address is None,
        Text(
            "外から届くアドレス（グローバルIP）がないため、診断対象外です。",
            "Not diagnosed: no global IP that can be reached from outside.",
        ),
    ),
    AttentionRule(
        "UNK-ADDRESS",
        Attention.NOT_EXAMINED,
        lambda f: f.address is None,
        Text(
            "IPアドレス不明。契約書類かルータの画面で確認し、記入してください。",
            "IP address unknown. Look in the contract or on the router, and fill it in.",
        ),
    ),
    AttentionRule(
        "UNK-INSIDE-ADDRESS",
        Attention.NOT_EXAMINED,
        lambda f: is_inside_address(f.address),
        Text(
            "記入されたアドレスは病院の内側の番号で、外からは調べられません。ルータの「WAN」の番号を記入してください。",
            "The address entered is one of the inside and cannot be examined from outside. Enter the router's “WAN” number.",
        ),
    ),
    AttentionRule(
        "UNK-INCOMPLETE",
        Attention.NOT_EXAMINED,
        lambda f: f.seen is not None and f.seen.is_up and not f.seen.is_complete,
        Text(
            "診断しましたが、見落としがないとまでは言えません。見つからなかったことは、閉じている証拠になりません。再診断を依頼してください。",
            "Diagnosed, but it cannot be said that nothing was missed: what was not found is not proven shut. Ask again.",
        ),
    ),
    AttentionRule(
        "UNK-NO-ANSWER",
        Attention.NOT_EXAMINED,
        lambda f: f.seen is not None and not f.is_covered,
        Text(
            "診断に応答がなく、調べられたか確かめられません。アドレスと機器の電源を確認し、再診断を依頼してください。",
            "No answer, so it is not sure that it was examined. Check address and power, then ask again.",
        ),
    ),
    AttentionRule(
        "OK-UNDECIDED",
        Attention.NONE,
        lambda f: bool(f.is_covered and f.seen and f.seen.undecided_ports),
        Text(
            "オープンポートは確認されませんでした（{when}）。ただし {undecided} は返事がなく、閉じているとまでは言えません。",
            "No open port was found ({when}). Yet {undecided} gave no answer, which does not prove them closed.",
        ),
    ),
    AttentionRule(
        "OK-NO-OPEN",
        Attention.NONE,
        lambda f: f.is_covered,
        Text("オープンポートは確認されませんでした（{when}）。", "No open port was found ({when})."),
    ),
    AttentionRule(
        "UNK-DECLINED",
        Attention.NOT_EXAMINED,
        lambda f: f.line.scan_wanted in {"no", "not_wanted"},
        Text(
            "診断の希望がないため、調べていません。状態は不明です。",
            "Not examined, because no diagnosis was asked for. The state is unknown.",
        ),
    ),
    AttentionRule(
        "UNK-NOT-SCANNED",
        Attention.NOT_EXAMINED,
        lambda f: True,
        Text(
            "診断結果がまだありません。同意と日程を確認し、診断を依頼してください。",
            "Not diagnosed yet. Check consent and date, and ask for it.",
        ),
    ),
)


def _judge(line: Line, seen_by_address: dict[str, Seen]) -> LineResult:
    address = examined_address(line)
    facts = _Facts(line, address, seen_by_address.get(address) if address else None)
    rule = next(rule for rule in RULES if rule.holds(facts))
    return LineResult(
        line=line,
        attention=rule.attention,
        rule_id=rule.id,
        result=rule.says.filled(**_places(facts.seen)),
        address=address,
        seen=facts.seen,
        is_examined=facts.is_covered,
    )


def _places(seen: Seen | None) -> dict[str, Text]:
    """Return what the sentences of the rules may name."""
    if seen is None:
        return {"ports": same(""), "undecided": same(""), "when": same("")}
    return {
        "ports": _named(seen.open_ports),
        "undecided": _named(seen.undecided_ports),
        "when": when(seen),
    }


def _named(ports: tuple[ObservedPort, ...], limit: int = 8) -> Text:
    names = [spoken(port.name) for port in ports[:limit]]
    if len(ports) > limit:
        names.append(Text("ほか{n}個", "{n} more").filled(n=len(ports) - limit))
    return joined(names)


def when(seen: Seen) -> Text:
    """Return when and with what an address was examined."""
    day = same(f"{seen.last_at:%Y-%m-%d}") if seen.last_at else Text("診断日の記録なし", "date not recorded")
    tools = [spoken(tool) for tool in seen.tools]
    return joined([day, *tools])
