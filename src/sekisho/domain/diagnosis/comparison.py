"""What became of findings between two runs: new, still there, fixed, or not looked at this time.

A finding is fixed only when the later run asked the same address, port and check and did not see it; whatever else is
missing from the later run was not looked at, and the reason says why. Source of the rule: the ticket rules of CISA's cyber
hygiene scans. Findings are matched by key alone (`Finding.key`).
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import Enum

from sekisho.domain.diagnosis.findings import Finding, Key
from sekisho.domain.diagnosis.knowledge import FindingKnowledge
from sekisho.domain.diagnosis.results import AddressScan
from sekisho.domain.text import Text

BY_ITSELF = "port", "service"
"""Entries of a kind's `needs` that are no checks."""


class Change(Enum):
    """What became of one finding. A word and a shape."""

    NEW = "new"
    STILL_OPEN = "still_open"
    FIXED = "fixed"
    NOT_LOOKED_AT = "not_looked_at"

    @property
    def word(self) -> Text:
        """Return the word that screens and reports print."""
        return _WORDS[self]

    @property
    def shape(self) -> str:
        """Return the sign that stands before the word."""
        return {"new": "＋", "still_open": "＝", "fixed": "✓", "not_looked_at": "？"}[self.value]


_WORDS = {
    Change.NEW: Text("新しく見つかった", "New"),
    Change.STILL_OPEN: Text("まだ残っている", "Still there"),
    Change.FIXED: Text("直った", "Fixed"),
    Change.NOT_LOOKED_AT: Text("今回は調べていない", "Not looked at this time"),
}


@dataclass(frozen=True, slots=True)
class Compared:
    """One finding with what became of it. `finding` is the later one where there is one, else the earlier.

    `rule` and `why` say why a missing one was not looked at ("" otherwise), or that a new one had not been looked at
    before. `changed` names the facts that are not what they were.
    """

    finding: Finding
    change: Change
    rule: str = ""
    why: Text | None = None
    changed: tuple[str, ...] = ()


class Coverage:
    """What one run looked at, by place (`Finding.place`, or the address)."""

    def __init__(self, scans: Iterable[tuple[str, AddressScan]]) -> None:
        """Take each scan with the place it is about; several may be about one."""
        self._scans: dict[str, list[AddressScan]] = {}
        for place, scan in scans:
            self._scans.setdefault(place, []).append(scan)

    @classmethod
    def of(cls, scans: Iterable[AddressScan], place_of: Callable[[str], str] = lambda address: "") -> "Coverage":
        """Return the coverage of `scans`; `place_of` names the place of an address, "" for the address itself."""
        return cls((place_of(scan.address) or scan.address, scan) for scan in scans)

    def why_not_looked_at(self, finding: Finding, needs: Sequence[str]) -> str:
        """Return the rule by which the absence of `finding` proves nothing, "" when it was looked at and is not there.

        Of several scans of one place one that looked is enough, unless another still shows the port open unexamined.
        """
        scans = self._scans.get(finding.place or finding.address, [])
        rules = [_why_not(scan, finding, needs) for scan in scans]
        if not rules:
            return "address-not-scanned"
        return "" if "" in rules else min(rules, key=_TELLING.index)


def _why_not(scan: AddressScan, finding: Finding, needs: Sequence[str]) -> str:
    """Return why this scan does not show that the finding is gone, "" when it does."""
    if not finding.port:
        return "" if _asked_again(scan, finding, needs) else "check-not-asked"
    port = scan.port(finding.protocol, finding.port)
    if port is not None and port.state == "closed":
        return ""
    if not scan.was_asked(finding.protocol, finding.port):
        return "port-not-asked"
    if port is not None and port.state == "open":
        return "" if _asked_again(scan, finding, needs) else "check-not-asked"
    if scan.is_undecided(finding.protocol, finding.port):
        return "silent"
    return "" if scan.is_complete and scan.is_up else "incomplete"


def _asked_again(scan: AddressScan, finding: Finding, needs: Sequence[str]) -> bool:
    """Return True when what once showed the finding was asked of the open port again."""
    checks = {evidence.check for evidence in finding.evidence if evidence.check}
    families = {f"{check.split(':', 1)[0]}:*" for check in checks if ":" in check}
    done = [one for one in scan.checks if (one.protocol, one.port) == (finding.protocol, finding.port)]
    asked = {name for one in done if one.is_looked_at for name in (one.check, *one.asks)} | scan.asked_scripts
    wanted = checks | families | {need for need in needs if need not in BY_ITSELF}
    if asked & wanted:
        return True
    if checks or not set(needs) & set(BY_ITSELF):
        return False
    return "service" not in needs or scan.asked_services


_TELLING = ("check-not-asked", "incomplete", "silent", "port-not-asked", "address-not-scanned")
"""Rules, the most telling first: how far the nearest of several scans came."""


def compare(
    earlier: Iterable[Finding],
    later: Iterable[Finding],
    coverage: Coverage,
    knowledge: FindingKnowledge,
    *,
    before: Coverage | None = None,
) -> tuple[Compared, ...]:
    """Return every finding of both runs once, with what became of it: the later ones first, in their order.

    `coverage` is what the later run looked at. With `before`, what the earlier one looked at, a new finding says whether
    it is new or was only not looked at then.
    """
    old, new = _by_key(earlier), _by_key(later)
    found = [_found(finding, old.get(key), before, knowledge) for key, finding in new.items()]
    gone = [_missing(finding, coverage, knowledge) for key, finding in old.items() if key not in new]
    return tuple([*found, *gone])


def _by_key(findings: Iterable[Finding]) -> dict[Key, Finding]:
    return {finding.key: finding for finding in findings}


def _needs(finding: Finding, knowledge: FindingKnowledge) -> Sequence[str]:
    kind = knowledge.kinds.get(finding.kind)
    return kind.needs if kind else ()


def _found(finding: Finding, earlier: Finding | None, before: Coverage | None, knowledge: FindingKnowledge) -> Compared:
    if earlier is not None:
        names = {*finding.facts, *earlier.facts}
        changed = [name for name in sorted(names) if finding.facts.get(name, "") != earlier.facts.get(name, "")]
        return Compared(finding, Change.STILL_OPEN, changed=tuple(changed))
    if before is not None and before.why_not_looked_at(finding, _needs(finding, knowledge)):
        return Compared(finding, Change.NEW, "first-looked", REASONS["first-looked"])
    return Compared(finding, Change.NEW)


def _missing(finding: Finding, coverage: Coverage, knowledge: FindingKnowledge) -> Compared:
    rule = coverage.why_not_looked_at(finding, _needs(finding, knowledge))
    if rule:
        return Compared(finding, Change.NOT_LOOKED_AT, rule, REASONS[rule])
    return Compared(finding, Change.FIXED)


REASONS: dict[str, Text] = {
    "address-not-scanned": Text("今回はこのアドレスを調べていません。", "This address was not scanned this time."),
    "port-not-asked": Text("今回はこの入口（ポート）を調べていません。", "This door (port) was not asked this time."),
    "check-not-asked": Text(
        "入口は今も開いていますが、この項目は今回調べていません。",
        "The door is still open, but this was not examined this time.",
    ),
    "incomplete": Text(
        "今回の診断は終わりまで届いていないため、なくなったとは言えません。",
        "This diagnosis was not complete, so it cannot be said to be gone.",
    ),
    "silent": Text(
        "返事がありませんでした。閉じたのか、返事が届かなかったのかは分かりません。",
        "There was no answer. Whether it was shut or the answer got lost is not known.",
    ),
    "first-looked": Text(
        "前回は調べていなかった項目です。前からあったかもしれません。",
        "It was not looked at last time, and may have been there before.",
    ),
}
"""Why a finding was not looked at, by the stable id of the rule."""
