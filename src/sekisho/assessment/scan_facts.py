"""What port scans say of the facts behind threats: an opening that should not face outside disproves, nothing proves.

That all was scanned and nothing found counts for "no unintended opening" only when every line facing the internet was
really covered; of firmware a port scan says nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sekisho.catalogue.reporting import load_report_knowledge
from sekisho.domain.diagnosis.results import AddressScan
from sekisho.domain.judgement.fact_sources import Basis, FactReading
from sekisho.domain.judgement.line_paths import CLOSED, FACES_INTERNET
from sekisho.domain.judgement.register_measures import lines_in_scope
from sekisho.domain.register.records import Register
from sekisho.domain.reporting.attention import results
from sekisho.domain.text import Text

EXPECTED = 1
"""The urgency of ports that are meant to answer (VPN); everything more urgent should not."""


@dataclass(frozen=True, slots=True)
class ScanFacts:
    """What the scans of a hospital's lines say. `unwanted` are "回線5 8443/tcp"; `all_covered` as said above."""

    unwanted: tuple[str, ...] = ()
    all_covered: bool = False

    @classmethod
    def of(cls, register: Register, scans: Sequence[AddressScan]) -> "ScanFacts":
        """Return what `scans` say of the lines of `register` that reach the EHR network."""
        known = load_report_knowledge()
        facing = [line for line in lines_in_scope(register) if line.communication in FACES_INTERNET]
        found = results(facing, scans)
        unwanted = tuple(
            f"{result.line.reference} {port.name}"
            for result in found
            for port in (result.seen.open_ports if result.seen else ())
            if known.port(port.name).urgency > EXPECTED
        )
        is_every_line_known = all(line.communication in FACES_INTERNET | CLOSED for line in lines_in_scope(register))
        return cls(unwanted, bool(found) and is_every_line_known and all(result.is_examined for result in found))

    def reading(self, fact: str) -> FactReading | None:
        """Return what the scans say of `fact`, None when they say nothing."""
        if fact not in ("management_closed", "exposed_settings_checked"):
            return None
        if self.unwanted:
            source = _OPEN.filled(count=len(self.unwanted))
            return FactReading("no", Basis.OBSERVED, source, "、".join(self.unwanted))
        if fact == "exposed_settings_checked" and self.all_covered:
            return FactReading("yes", Basis.OBSERVED, _NONE_OPEN)
        return None


_OPEN = Text("脆弱性診断：外に要らない入口 {count}か所", "Scan: {count} openings that should not face outside")
_NONE_OPEN = Text("脆弱性診断：外に要らない入口なし", "Scan: no opening that should not face outside")
